#include "seccomp_profile.h"

#include <seccomp.h>

#include "capability.h"
#include "capability_name.h"
#include "json.h"
#include "memory.h"
#include "seccomp_default.h"

static const struct sock_filter docker_default[] = {
#include "seccomp_default.inc"
};

fallible seccomp_default_filter(uint64_t capabilities, struct buffer *bpf)
{
	if (capabilities != CAPABILITY_DOCKER)
		return seccomp_default_make(capabilities, bpf);
	buffer_append(bpf, docker_default, sizeof(docker_default));
	return NULL;
}

/* ---- the words of config.json ---- */

#define FLAG_NEW_LISTENER       (1u << 3) /* SECCOMP_FILTER_FLAG_*, missing in older headers */
#define FLAG_WAIT_KILLABLE_RECV (1u << 5)

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{"SCMP_ACT_KILL", SCMP_ACT_KILL},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0)},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0)},
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
	{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
	{0},
};

static const struct word operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
	{0},
};

static const struct word flag_words[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", FLAG_WAIT_KILLABLE_RECV},
	{0},
};

static fallible find_word(const struct word *words, const char *member, const char *name,
			  uint32_t *value)
{
	*value = 0;
	for (; words->name; words++)
		if (strcmp(words->name, name) == 0) {
			*value = words->value;
			return NULL;
		}
	return error_new(ERROR_INVALID, "%s: '%s' is not known", member, name);
}

static fallible read_action(const json_t *object, const char *member, const char *errno_member,
			    uint32_t *action)
{
	const char *name;
	int64_t number;

	TRY(json_get_string(object, member, "", &name));
	TRY(json_get_integer(object, errno_member, EPERM, &number));
	TRY(find_word(actions, member, name, action));
	bool is_errno = *action == SCMP_ACT_ERRNO(0), trace = *action == SCMP_ACT_TRACE(0);
	int64_t most =
		is_errno ? 4095 : UINT16_MAX; /* the kernel's largest errno; a tracer's data */
	if (!is_errno && !trace)
		return json_is_integer(json_object_get(object, errno_member))
			       ? error_new(ERROR_INVALID, "%s: %s does not take one", errno_member,
					   name)
			       : NULL;
	if (number < 0 || number > most)
		return error_new(ERROR_INVALID, "%s: it must be 0 to %d", errno_member, (int)most);
	*action |= number;
	return NULL;
}

/* ---- rules ---- */

#define CONDITIONS_MAX 6 /* a call has so many arguments */

struct rule {
	uint32_t action;
	struct scmp_arg_cmp condition[CONDITIONS_MAX];
	size_t conditions;
	bool same_argument; /* several conditions on one argument: any of them is enough */
};

static fallible read_condition(const json_t *row, struct scmp_arg_cmp *condition)
{
	int64_t index, value, second;
	uint32_t operator;
	const char *name;

	TRY(json_get_integer(row, "index", -1, &index));
	if (!json_is_integer(json_object_get(row, "value")))
		return error_new(ERROR_INVALID, "value: it must be a number, and is missing");
	TRY(json_get_integer(row, "value", 0, &value));
	TRY(json_get_integer(row, "valueTwo", 0, &second));
	TRY(json_get_string(row, "op", "", &name));
	TRY(find_word(operators, "op", name, &operator));
	if (index < 0 || index >= CONDITIONS_MAX)
		return error_new(ERROR_INVALID, "index: it must be 0 to %d", CONDITIONS_MAX - 1);
	*condition = (struct scmp_arg_cmp){index, operator, value, second};
	return NULL;
}

static fallible read_conditions(const json_t *row, struct rule *rule)
{
	const json_t *argument;
	json_t *list;
	size_t i;

	TRY(json_get_array(row, "args", &list));
	if (json_array_size(list) > CONDITIONS_MAX)
		return error_new(ERROR_INVALID, "args: there are more than %d", CONDITIONS_MAX);
	json_array_foreach (list, i, argument) {
		TRY(error_wrap(read_condition(argument, &rule->condition[i]), "args[%zu]", i));
		for (size_t j = 0; j < i; j++)
			if (rule->condition[j].arg == rule->condition[i].arg)
				rule->same_argument = true;
	}
	rule->conditions = json_array_size(list);
	return NULL;
}

static int add_call(scmp_filter_ctx filter, const struct rule *rule, int number)
{
	int result = 0;

	if (!rule->same_argument)
		return seccomp_rule_add_array(filter, rule->action, number, rule->conditions,
					      rule->condition);
	for (size_t i = 0; i < rule->conditions && result == 0; i++)
		result = seccomp_rule_add_array(filter, rule->action, number, 1,
						&rule->condition[i]);
	return result;
}

/* Until the agent has the listener nobody answers, and by this call it is sent. */
static fallible check_notified(const struct rule *rule, const char *name)
{
	if (rule->action != SCMP_ACT_NOTIFY || strcmp(name, "sendmsg") != 0)
		return NULL;
	return error_new(ERROR_INVALID, "action: SCMP_ACT_NOTIFY cannot be had for sendmsg, by "
					"which the agent gets the listener");
}

static fallible add_rule(scmp_filter_ctx filter, uint32_t default_action, const json_t *row)
{
	struct rule rule = {0};
	const json_t *name;
	json_t *names;
	size_t i;

	TRY(read_action(row, "action", "errnoRet", &rule.action));
	TRY(json_get_array(row, "names", &names));
	TRY(read_conditions(row, &rule));
	if (!json_array_size(names))
		return error_new(ERROR_INVALID, "names: there is none");
	if (rule.action == default_action) /* the library refuses what says nothing */
		return NULL;
	json_array_foreach (names, i, name) {
		if (!json_is_string(name))
			return error_new(ERROR_INVALID, "names[%zu] must be a string", i);
		TRY(check_notified(&rule, json_string_value(name)));
		int number = seccomp_syscall_resolve_name(json_string_value(name));
		if (number == __NR_SCMP_ERROR) /* profiles name calls of all architectures */
			continue;
		int result = add_call(filter, &rule, number);
		if (result < 0)
			return error_errno(ERROR_INVALID, -result, "cannot add the rule for '%s'",
					   json_string_value(name));
	}
	return NULL;
}

static fallible add_rules(scmp_filter_ctx filter, uint32_t default_action, const json_t *profile)
{
	const json_t *row;
	json_t *rows;
	size_t i;

	TRY(json_get_array(profile, "syscalls", &rows));
	json_array_foreach (rows, i, row)
		TRY(error_wrap(add_rule(filter, default_action, row), "syscalls[%zu]", i));
	return NULL;
}

static uint32_t architecture_token(const char *name)
{
	char lower[32];
	size_t i;

	if (strncmp(name, "SCMP_ARCH_", 10) != 0)
		return 0;
	for (i = 0; name[10 + i] && i < sizeof(lower) - 1; i++)
		lower[i] = name[10 + i] == '_' ? '_' : name[10 + i] | 0x20; /* digits stay */
	lower[i] = '\0';
	return seccomp_arch_resolve_name(lower);
}

static fallible add_architectures(scmp_filter_ctx filter, const json_t *profile)
{
	const json_t *name;
	json_t *list;
	size_t i;

	TRY(json_get_array(profile, "architectures", &list));
	json_array_foreach (list, i, name) {
		const char *text = json_is_string(name) ? json_string_value(name) : "";
		uint32_t token = architecture_token(text);

		if (!token)
			return error_new(
				ERROR_INVALID,
				"architectures[%zu]: '%s' is not known to libseccomp %u.%u", i,
				text, seccomp_version()->major, seccomp_version()->minor);
		int result = seccomp_arch_add(filter, token);
		/* EDOM is one of the other byte order, whose programs this machine cannot run. */
		if (result < 0 && result != -EEXIST && result != -EDOM)
			return error_errno(ERROR_INVALID, -result,
					   "architectures[%zu]: cannot add '%s'", i, text);
	}
	return NULL;
}

static fallible read_flags(const json_t *profile, uint32_t *flags)
{
	const json_t *name;
	json_t *list;
	size_t i;

	TRY(json_get_array(profile, "flags", &list));
	if (!list)
		return NULL;
	*flags = 0;
	json_array_foreach (list, i, name) {
		uint32_t flag;

		TRY(find_word(flag_words, "flags",
			      json_string_value(name) ? json_string_value(name) : "", &flag));
		*flags |= flag;
	}
	return NULL;
}

static bool notifies(const json_t *profile)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(profile, "syscalls"), i, row)
		if (strcmp(json_string_at(row, "action", NULL), "SCMP_ACT_NOTIFY") == 0)
			return true;
	return false;
}

/* Who loads it has one thread, and a listener and TSYNC exclude each other; what a listener's
 * calls may be interrupted by means nothing without one. */
static uint32_t flags_for(const json_t *profile, uint32_t flags)
{
	return notifies(profile) ? (flags & ~SECCOMP_FILTER_FLAG_TSYNC) | FLAG_NEW_LISTENER
				 : flags & ~FLAG_WAIT_KILLABLE_RECV;
}

static fallible fill(scmp_filter_ctx filter, uint32_t default_action, const json_t *profile)
{
	TRY(add_architectures(filter, profile));
	return add_rules(filter, default_action, profile);
}

fallible seccomp_profile_compile(const json_t *profile, struct buffer *bpf, uint32_t *flags)
{
	uint32_t default_action;

	*flags = SECCOMP_PROFILE_FLAGS;
	TRY(read_action(profile, "defaultAction", "defaultErrnoRet", &default_action));
	if (default_action == SCMP_ACT_NOTIFY)
		return error_new(
			ERROR_INVALID,
			"defaultAction: SCMP_ACT_NOTIFY would also stop the calls by which "
			"the agent gets the listener");
	TRY(read_flags(profile, flags));
	*flags = flags_for(profile, *flags);
	scmp_filter_ctx filter = seccomp_init(default_action);
	if (!filter)
		return error_new(ERROR_INVALID,
				 "cannot begin a seccomp filter with this defaultAction");
	struct error *e = fill(filter, default_action, profile);
	if (!e)
		e = seccomp_export(filter, (default_action & 0xffff0000) == SCMP_ACT_ERRNO(0), bpf);
	seccomp_release(filter);
	return e;
}

/* ---- Docker's default one, as a document ---- */

/* Docker's profile allows some calls only to who has the capability for them. */
uint64_t seccomp_capability_mask(const json_t *names)
{
	const json_t *name;
	uint64_t mask = 0;
	size_t i;

	json_array_foreach (names, i, name) {
		int number = json_is_string(name) ? capability_number(json_string_value(name)) : -1;

		if (number >= 0)
			mask |= UINT64_C(1) << number;
	}
	return mask;
}

static json_t *names_in(const char *text)
{
	autofree char *names = duplicate(text);
	json_t *array = json_array();
	char *save = NULL;

	for (char *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save))
		json_array_append_new(array, json_string(name));
	return array;
}

static const char *operator_name(enum scmp_compare comparison)
{
	for (const struct word *word = operators; word->name; word++)
		if (word->value == (uint32_t)comparison)
			return word->name;
	return "";
}

static json_t *rule_of(const struct seccomp_default_row *row)
{
	json_t *rule = json_pack("{s:o, s:s}", "names", names_in(row->names), "action",
				 row->not_there ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW");

	if (row->not_there)
		json_object_set_new(rule, "errnoRet", json_integer(ENOSYS));
	return rule;
}

static void add_condition(json_t *rules, const struct seccomp_default_row *row,
			  const struct scmp_arg_cmp *condition)
{
	json_t *rule = rule_of(row);

	json_object_set_new(rule, "args",
			    json_pack("[{s:i, s:I, s:I, s:s}]", "index", (int)condition->arg,
				      "value", (json_int_t)condition->datum_a, "valueTwo",
				      (json_int_t)condition->datum_b, "op",
				      operator_name(condition->op)));
	json_array_append_new(rules, rule);
}

static void add_row(json_t *rules, const struct seccomp_default_row *row)
{
	for (int i = 0; i < row->condition_count; i++)
		add_condition(rules, row, &seccomp_default_conditions[row->condition + i]);
	if (!row->condition_count)
		json_array_append_new(rules, rule_of(row));
}

json_t *seccomp_default_profile(uint64_t capabilities)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < countof(seccomp_default_rows); i++)
		if (seccomp_default_applies(&seccomp_default_rows[i], capabilities))
			add_row(rules, &seccomp_default_rows[i]);
	return json_pack("{s:s, s:i, s:o, s:o}", "defaultAction", "SCMP_ACT_ERRNO",
			 "defaultErrnoRet", EPERM, "architectures",
			 seccomp_arch_native() == SCMP_ARCH_X86_64
				 ? json_pack("[sss]", "SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
					     "SCMP_ARCH_X32")
				 : json_pack("[ss]", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
			 "syscalls", rules);
}

/* ---- features ---- */

static json_t *names_of(const struct word *words)
{
	json_t *names = json_array();

	for (; words->name; words++)
		json_array_append_new(names, json_string(words->name));
	return names;
}

/* Those of the specification that the library knows. */
static json_t *architecture_names(void)
{
	static const char *const known[] = {
		"SCMP_ARCH_AARCH64",     "SCMP_ARCH_ARM",    "SCMP_ARCH_LOONGARCH64",
		"SCMP_ARCH_M68K",        "SCMP_ARCH_MIPS",   "SCMP_ARCH_MIPS64",
		"SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
		"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
		"SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",
		"SCMP_ARCH_RISCV64",     "SCMP_ARCH_S390",   "SCMP_ARCH_S390X",
		"SCMP_ARCH_SH",          "SCMP_ARCH_SHEB",   "SCMP_ARCH_X32",
		"SCMP_ARCH_X86",         "SCMP_ARCH_X86_64",
	};
	json_t *names = json_array();

	for (size_t i = 0; i < countof(known); i++)
		if (architecture_token(known[i]))
			json_array_append_new(names, json_string(known[i]));
	return names;
}

json_t *seccomp_profile_features(void)
{
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "enabled", 1, "actions",
			 names_of(actions), "operators", names_of(operators), "archs",
			 architecture_names(), "knownFlags", names_of(flag_words), "supportedFlags",
			 names_of(flag_words));
}
