#include "cpu_affinity.h"
#include "io_priority.h"
#include "memory_policy.h"
#include "personality.h"
#include "scheduler.h"
#include "spec_parts.h"

/* ---- process.scheduler, process.ioPriority ---- */

typedef int64_t name_function(const char *name);

/* The flags of a list of names, each a bit. */
static fallible read_flags(const json_t *object, name_function *number_of, int64_t *flags)
{
	const json_t *flag;
	json_t *list;
	size_t i;

	*flags = 0;
	TRY(json_get_array(object, "flags", &list));
	json_array_foreach (list, i, flag) {
		int64_t bit = json_is_string(flag) ? number_of(json_string_value(flag)) : -1;

		if (bit < 0)
			return error_new(ERROR_INVALID, "flags[%zu]: '%s' is not known here", i,
					 json_is_string(flag) ? json_string_value(flag) : "");
		*flags |= bit;
	}
	return NULL;
}

static fallible read_name(const json_t *object, const char *member, name_function *number_of,
			  int64_t *number)
{
	const char *name;

	*number = -1;
	TRY(json_get_string(object, member, "", &name));
	if (!*name)
		return error_new(ERROR_INVALID, "%s is missing", member);
	*number = number_of(name);
	return *number < 0 ? error_new(ERROR_INVALID, "%s: '%s' is not known here", member, name)
			   : NULL;
}

static fallible read_scheduler(const json_t *object, struct scheduler *scheduler)
{
	int64_t policy, nice, priority, flags, runtime, deadline, period;

	TRY(read_name(object, "policy", scheduler_policy, &policy));
	TRY(spec_get_number(object, "nice", 0, -20, 19, &nice));
	TRY(spec_get_number(object, "priority", 0, 0, 99, &priority));
	TRY(read_flags(object, scheduler_flag, &flags));
	TRY(spec_get_number(object, "runtime", 0, 0, INT64_MAX, &runtime));
	TRY(spec_get_number(object, "deadline", 0, 0, INT64_MAX, &deadline));
	TRY(spec_get_number(object, "period", 0, 0, INT64_MAX, &period));
	*scheduler = (struct scheduler){policy, nice, priority, flags, runtime, deadline, period};
	return scheduler_check(scheduler);
}

static fallible add_scheduler(struct spec_build *build)
{
	struct scheduler s;
	json_t *object;

	TRY(error_wrap(json_get_object(build->process, "scheduler", &object), "process"));
	if (!object)
		return NULL;
	TRY(error_wrap(read_scheduler(object, &s), "process.scheduler"));
	plan_step(build->plan, STEP_SCHEDULER,
		  .number = {s.policy, s.nice, s.priority, (int64_t)s.flags, (int64_t)s.runtime,
			     (int64_t)s.deadline, (int64_t)s.period});
	return NULL;
}

static fallible read_io_priority(const json_t *object, int64_t *class, int64_t *priority)
{
	TRY(read_name(object, "class", io_priority_class, class));
	return spec_get_number(object, "priority", SPEC_REQUIRED, 0, 7, priority);
}

static fallible add_io_priority(struct spec_build *build)
{
	int64_t class, priority;
	json_t *object;

	TRY(error_wrap(json_get_object(build->process, "ioPriority", &object), "process"));
	if (!object)
		return NULL;
	TRY(error_wrap(read_io_priority(object, &class, &priority), "process.ioPriority"));
	plan_step(build->plan, STEP_IO_PRIORITY, .number = {class, priority});
	return NULL;
}

fallible spec_add_scheduling(struct spec_build *build)
{
	TRY(add_scheduler(build));
	return add_io_priority(build);
}

/* ---- process.execCPUAffinity ---- */

fallible spec_add_affinity(struct spec_build *build, const char *member, enum step_kind kind)
{
	struct number_list cpus;
	const char *text;
	json_t *object;

	TRY(error_wrap(json_get_object(build->process, "execCPUAffinity", &object), "process"));
	TRY(error_wrap(json_get_string(object, member, "", &text), "process.execCPUAffinity"));
	if (!*text)
		return NULL;
	TRY(error_wrap(number_list_parse(text, &cpus), "process.execCPUAffinity.%s", member));
	plan_step(build->plan, kind, .bytes = &cpus, .bytes_length = sizeof(cpus));
	return NULL;
}

/* ---- linux.personality, linux.memoryPolicy ---- */

static int64_t no_flag(const char *name)
{
	(void)name; /* the specification has none yet */
	return -1;
}

static fallible read_personality(const json_t *object, int64_t *domain)
{
	int64_t flags;

	TRY(read_name(object, "domain", personality_domain, domain));
	return read_flags(object, no_flag, &flags);
}

static fallible add_personality(struct spec_build *build)
{
	int64_t domain;
	json_t *object;

	TRY(error_wrap(json_get_object(build->linux, "personality", &object), "linux"));
	if (!object)
		return NULL;
	TRY(error_wrap(read_personality(object, &domain), "linux.personality"));
	plan_step(build->plan, STEP_PERSONALITY, .number = {domain});
	return NULL;
}

struct memory_policy {
	int64_t mode, flags;
	bool has_nodes;
	struct number_list nodes;
};

static fallible read_memory_policy(const json_t *object, struct memory_policy *policy)
{
	const char *nodes;

	TRY(read_name(object, "mode", memory_policy_mode, &policy->mode));
	TRY(read_flags(object, memory_policy_flag, &policy->flags));
	TRY(json_get_string(object, "nodes", "", &nodes));
	policy->has_nodes = *nodes;
	int wants = memory_policy_wants_nodes(policy->mode);
	if (wants > 0 && !*nodes)
		return error_new(ERROR_INVALID, "nodes: this mode needs at least one");
	if (wants < 0 && *nodes)
		return error_new(ERROR_INVALID, "nodes: this mode takes none");
	return *nodes ? error_wrap(number_list_parse(nodes, &policy->nodes), "nodes") : NULL;
}

static fallible add_memory_policy(struct spec_build *build)
{
	struct memory_policy policy;
	json_t *object;

	TRY(error_wrap(json_get_object(build->linux, "memoryPolicy", &object), "linux"));
	if (!object)
		return NULL;
	TRY(error_wrap(read_memory_policy(object, &policy), "linux.memoryPolicy"));
	plan_step(build->plan, STEP_MEMORY_POLICY, .number = {policy.mode | policy.flags},
		  .bytes = policy.has_nodes ? &policy.nodes : NULL,
		  .bytes_length = policy.has_nodes ? sizeof(policy.nodes) : 0);
	return NULL;
}

fallible spec_add_execution(struct spec_build *build)
{
	TRY(add_personality(build));
	return add_memory_policy(build);
}
