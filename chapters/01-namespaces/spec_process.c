#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "capability.h"
#include "capability_name.h"
#include "hook.h"
#include "memory.h"
#include "rlimit.h"
#include "runtime.h"
#include "security_module.h"
#include "spec_parts.h"
#include "user.h"

static fallible read_size(const json_t *size, int64_t *height, int64_t *width)
{
	int64_t fallback = size ? SPEC_REQUIRED : 0;

	TRY(spec_get_number(size, "height", fallback, 0, UINT16_MAX, height));
	return spec_get_number(size, "width", fallback, 0, UINT16_MAX, width);
}

fallible spec_add_console(struct spec_build *build)
{
	json_t *size, *user;
	int64_t height, width, uid;

	if (!build->terminal)
		return NULL;
	TRY(error_wrap(json_get_object(build->process, "consoleSize", &size), "process"));
	TRY(error_wrap(read_size(size, &height, &width), "process.consoleSize"));
	TRY(error_wrap(json_get_object(build->process, "user", &user), "process"));
	TRY(error_wrap(json_get_integer(user, "uid", 0, &uid), "process.user"));
	plan_step(build->plan, STEP_CONSOLE, .number = {height, width, uid});
	return NULL;
}

/* ---- limits ---- */

/* RLIM_INFINITY is 2^64-1, which the parser has as a real number or -1. */
static uint64_t limit_value(const json_t *value)
{
	if (json_is_real(value))
		return json_real_value(value) >= 9e18 ? UINT64_MAX
						      : (uint64_t)json_real_value(value);
	return json_integer_value(value) < 0 ? UINT64_MAX : (uint64_t)json_integer_value(value);
}

/* What is left to do up to execve(2) opens files, too. So what leaves no room for that is set
 * last; to lower a limit takes no right. */
#define FILES_ROOM 64

static int64_t at_least(uint64_t value, uint64_t least)
{
	return (int64_t)(value < least ? least : value);
}

static void add_small_files(struct spec_build *build)
{
	const struct spec_files *files = &build->files;

	if (files->small)
		plan_step(build->plan, STEP_RLIMIT,
			  .number = {RLIMIT_NOFILE, (int64_t)files->soft, (int64_t)files->hard},
			  .text = {"RLIMIT_NOFILE"});
	build->files.small = false;
}

static fallible add_rlimit(struct spec_build *build, const json_t *row, uint64_t *seen)
{
	const char *type;
	const json_t *soft = json_object_get(row, "soft"), *hard = json_object_get(row, "hard");

	TRY(json_get_string(row, "type", "", &type));
	int number = rlimit_number(type);
	if (number < 0)
		return error_new(ERROR_INVALID, "type: '%s' is no limit, as RLIMIT_NOFILE is one",
				 type);
	if (*seen & UINT64_C(1) << number)
		return error_new(ERROR_INVALID, "type: '%s' is there twice", type);
	*seen |= UINT64_C(1) << number;
	if (!json_is_number(soft) || !json_is_number(hard))
		return error_new(ERROR_INVALID, "soft and hard must be numbers");
	if (limit_value(soft) > limit_value(hard))
		return error_new(ERROR_INVALID, "soft (%" PRIu64 ") is above hard (%" PRIu64 ")",
				 limit_value(soft), limit_value(hard));
	bool small = number == RLIMIT_NOFILE && limit_value(soft) < FILES_ROOM;
	if (small)
		build->files = (struct spec_files){true, limit_value(soft), limit_value(hard)};
	plan_step(build->plan, STEP_RLIMIT,
		  .number = {number, at_least(limit_value(soft), small ? FILES_ROOM : 0),
			     at_least(limit_value(hard), small ? FILES_ROOM : 0)},
		  .text = {type});
	return NULL;
}

static fallible add_rlimits(struct spec_build *build)
{
	const json_t *row;
	json_t *list;
	uint64_t seen = 0;
	size_t i;

	TRY(error_wrap(json_get_array(build->process, "rlimits", &list), "process"));
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_rlimit(build, row, &seen), "process.rlimits[%zu]", i));
	return NULL;
}

/* ---- capabilities ---- */

struct capability_sets {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

static fallible read_set(struct spec_build *build, const json_t *sets, const char *member,
			 uint64_t *mask)
{
	const json_t *name;
	json_t *list;
	size_t i;

	*mask = 0;
	TRY(json_get_array(sets, member, &list));
	json_array_foreach (list, i, name) {
		int number = json_is_string(name) ? capability_number(json_string_value(name)) : -1;

		if (!json_is_string(name))
			return error_new(ERROR_INVALID, "%s[%zu] must be a string", member, i);
		if (number < 0)
			spec_warn(build,
				  "process.capabilities.%s[%zu]: there is no capability '%s' here; "
				  "it is left out",
				  member, i, json_string_value(name));
		else
			*mask |= UINT64_C(1) << number;
	}
	return NULL;
}

static fallible read_sets(struct spec_build *build, struct capability_sets *sets)
{
	json_t *object;

	TRY(json_get_object(build->process, "capabilities", &object));
	TRY(read_set(build, object, "bounding", &sets->bounding));
	TRY(read_set(build, object, "effective", &sets->effective));
	TRY(read_set(build, object, "permitted", &sets->permitted));
	TRY(read_set(build, object, "inheritable", &sets->inheritable));
	return read_set(build, object, "ambient", &sets->ambient);
}

/* In a user namespace of its own a process holds all of them; elsewhere only what we do. */
static void warn_not_held(struct spec_build *build, const struct capability_sets *sets)
{
	bool all = (build->new_namespaces | build->joined) & CLONE_NEWUSER;
	uint64_t lacking = all ? 0 : sets->bounding & ~capability_bounding(sets->bounding);

	for (int c = 0; lacking && c < CAPABILITY_COUNT; c++) {
		if (!(lacking & UINT64_C(1) << c))
			continue;
		autofree char *name = capability_name(c);
		spec_warn(build, "%s cannot be given: this process does not have it", name);
	}
}

/* The kernel lets only what is permitted and inheritable be ambient. */
static void warn_not_ambient(struct spec_build *build, const struct capability_sets *sets)
{
	uint64_t refused = sets->ambient & ~(sets->permitted & sets->inheritable);

	for (int c = 0; refused && c < CAPABILITY_COUNT; c++) {
		if (!(refused & UINT64_C(1) << c))
			continue;
		autofree char *name = capability_name(c);
		spec_warn(build,
			  "process.capabilities.ambient: %s is left out, as it must be permitted "
			  "and inheritable too",
			  name);
	}
}

/* ---- the user ---- */

static fallible read_groups(const json_t *user, gid_t groups[USER_GROUPS_MAX], size_t *count)
{
	const json_t *group;
	json_t *list;
	size_t i;

	*count = 0;
	TRY(json_get_array(user, "additionalGids", &list));
	if (json_array_size(list) > USER_GROUPS_MAX)
		return error_new(ERROR_INVALID, "additionalGids: there are more than %d",
				 USER_GROUPS_MAX);
	json_array_foreach (list, i, group) {
		json_int_t gid = json_is_integer(group) ? json_integer_value(group) : -1;

		if (gid < 0 || gid >= UINT32_MAX)
			return error_new(ERROR_INVALID, "additionalGids[%zu] is no group id", i);
		groups[(*count)++] = gid;
	}
	return NULL;
}

static fallible add_numeric_user(struct spec_build *build, const json_t *user)
{
	gid_t groups[USER_GROUPS_MAX];
	int64_t uid, gid;
	size_t count;

	TRY(spec_get_number(user, "uid", 0, 0, UINT32_MAX - 1, &uid));
	TRY(spec_get_number(user, "gid", 0, 0, UINT32_MAX - 1, &gid));
	TRY(error_wrap(spec_check_mapped(build, "uidMappings", uid), "uid"));
	TRY(error_wrap(spec_check_mapped(build, "gidMappings", gid), "gid"));
	TRY(read_groups(user, groups, &count));
	plan_step(build->plan, STEP_USER, .number = {uid, gid}, .bytes = groups,
		  .bytes_length = count * sizeof(groups[0]));
	return NULL;
}

static void add_named_user(struct spec_build *build)
{
	autofree char *groups = duplicate(spec_annotation(build, "mini-docker.groups"));
	size_t length = strlen(groups);

	for (char *comma = strchr(groups, ','); comma; comma = strchr(comma, ','))
		*comma = '\0';
	plan_step(build->plan, STEP_USER_NAME, .text = {spec_annotation(build, "mini-docker.user")},
		  .bytes = groups, .bytes_length = length ? length + 1 : 0);
}

static fallible add_user(struct spec_build *build)
{
	json_t *user;

	TRY(error_wrap(json_get_object(build->process, "user", &user), "process"));
	if (!*spec_annotation(build, "mini-docker.user"))
		return error_wrap(add_numeric_user(build, user), "process.user");
	add_named_user(build);
	return NULL;
}

/* ---- what is run ---- */

static fallible add_cwd(struct spec_build *build)
{
	const char *cwd;

	TRY(error_wrap(json_get_string(build->process, "cwd", "", &cwd), "process"));
	if (*cwd != '/')
		return error_new(ERROR_INVALID, "process.cwd: '%s' is not an absolute path", cwd);
	plan_step(build->plan, STEP_CWD, .text = {cwd});
	return NULL;
}

static fallible join_texts(const json_t *process, const char *member, struct buffer *texts)
{
	const json_t *text;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_array(process, member, &list), "process"));
	json_array_foreach (list, i, text) {
		if (!json_is_string(text))
			return error_new(ERROR_INVALID, "process.%s[%zu] must be a string", member,
					 i);
		buffer_append(texts, json_string_value(text), json_string_length(text) + 1);
	}
	return NULL;
}

/* A name that is there again replaces the value and keeps the place, as setenv(3) does: which of
 * two a program sees would be its library's choice. */
static fallible note_variable(json_t *variables, const char *text)
{
	size_t length = strcspn(text, "=");
	autofree char *name = duplicate_range(text, length);

	if (!length || !text[length])
		return error_new(ERROR_INVALID, "process.env: '%s' is not NAME=value", text);
	json_object_set_new(variables, name, json_string(text));
	return NULL;
}

static fallible add_environment(struct spec_build *build)
{
	autojson *variables = json_object();
	autobuffer given = {0}, kept = {0};
	const char *name;
	json_t *text;

	TRY(join_texts(build->process, "env", &given));
	for (const char *at = given.data; at && at < given.data + given.length;
	     at += strlen(at) + 1)
		TRY(note_variable(variables, at));
	json_object_foreach (variables, name, text)
		buffer_append(&kept, json_string_value(text), json_string_length(text) + 1);
	plan_step(build->plan, STEP_ENVIRONMENT, .bytes = kept.data, .bytes_length = kept.length);
	return NULL;
}

static fallible add_program(struct spec_build *build)
{
	autobuffer texts = {0};

	TRY(join_texts(build->process, "args", &texts));
	plan_step(build->plan, STEP_EXEC, .bytes = texts.data, .bytes_length = texts.length);
	return NULL;
}

/* The words are read twice: the first is looked for before the start, all are used after it. */
static fallible add_lookup(struct spec_build *build)
{
	autobuffer texts = {0};

	TRY(join_texts(build->process, "args", &texts));
	if (!texts.length)
		return error_new(ERROR_INVALID, "process.args: there is no command to run");
	plan_step(build->plan, STEP_PROGRAM, .text = {texts.data});
	return NULL;
}

static fallible add_umask(struct spec_build *build)
{
	const json_t *user = json_object_get(build->process, "user");
	int64_t mask;

	TRY(error_wrap(spec_get_number(user, "umask", 0022, 0, 0777, &mask), "process.user"));
	plan_step(build->plan, STEP_UMASK, .number = {mask});
	return NULL;
}

fallible spec_add_security_labels(struct spec_build *build)
{
	static const struct {
		const char *member;
		enum security_module module;
	} labels[] = {{"apparmorProfile", SECURITY_APPARMOR}, {"selinuxLabel", SECURITY_SELINUX}};

	for (size_t i = 0; i < countof(labels); i++) {
		const char *label;

		TRY(error_wrap(json_get_string(build->process, labels[i].member, "", &label),
			       "process"));
		if (!*label)
			continue;
		if (!security_module_is_on(labels[i].module))
			return error_new(ERROR_UNAVAILABLE,
					 "process.%s: '%s' cannot be applied, as this kernel runs "
					 "without %s; leave the member out",
					 labels[i].member, label,
					 security_module_name(labels[i].module));
		plan_step(build->plan, STEP_SECURITY_LABEL, .number = {labels[i].module},
			  .text = {label});
	}
	return NULL;
}

/* The filter goes last when nobody can gain a privilege any more (no_new_privs). Else loading it
 * takes CAP_SYS_ADMIN, so it comes before the capabilities go: what is done after it must then be
 * allowed by it. */
static fallible add_privileges(struct spec_build *build, const struct capability_sets *sets)
{
	autofilter filter = {0};
	bool no_new_privs;

	TRY(spec_read_seccomp(build, &filter));
	TRY(error_wrap(json_get_boolean(build->process, "noNewPrivileges", false, &no_new_privs),
		       "process"));
	if (no_new_privs)
		plan_step(build->plan, STEP_NO_NEW_PRIVS);
	TRY(add_lookup(build));
	if (!filter.notifies)
		plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_START});
	/* With the container's own rights it is no more than what hooks have left running in there.
	 */
	if (!build->init_pid)
		plan_step(build->plan, STEP_HIDE);
	/* A filter may forbid it; but hooks inside want files, too. */
	if (!filter.notifies && !(build->hooks & 1U << HOOK_START_CONTAINER))
		add_small_files(build);
	if (!no_new_privs)
		spec_add_seccomp(build, &filter, false);
	plan_step(build->plan, STEP_CAPABILITIES,
		  .number = {sets->effective, sets->permitted, sets->inheritable, sets->ambient});
	if (no_new_privs)
		spec_add_seccomp(build, &filter, true);
	/* Who starts may be another process than who creates, and has no way to the agent. */
	if (filter.notifies)
		plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_START});
	return NULL;
}

/* runc's name for it, so that an exec finds that of its container. */
static void add_keyring(struct spec_build *build)
{
	const char *id = build->options->id;
	autofree char *name = format("_ses.%s", id ? id : "");

	if (!build->options->no_keyring)
		plan_step(build->plan, STEP_KEYRING, .text = {id ? name : ""});
}

fallible spec_add_process(struct spec_build *build)
{
	struct capability_sets sets;

	TRY(spec_add_execution(build));
	add_keyring(build);
	TRY(add_rlimits(build));
	TRY(add_umask(build));
	TRY(add_environment(build));
	TRY(error_wrap(read_sets(build, &sets), "process.capabilities"));
	warn_not_held(build, &sets);
	warn_not_ambient(build, &sets);
	plan_step(build->plan, STEP_BOUNDING, .number = {sets.bounding});
	plan_step(build->plan, STEP_KEEP_CAPS);
	TRY(add_cwd(build));
	TRY(add_user(build));
	TRY(add_privileges(build, &sets));
	spec_add_start_hooks(build);
	add_small_files(build);
	return add_program(build);
}
