#include "runtime_limit.h"

#include <stdbool.h>
#include <string.h>

void runtime_warn(struct buffer *warnings, const char *text)
{
	/* Each device rule would say the same. */
	if (!warnings->data || !strstr(warnings->data, text))
		buffer_printf(warnings, "%s\n", text);
}

fallible runtime_forgive(struct error *e, struct buffer *warnings)
{
	if (!e || e->class != ERROR_UNAVAILABLE)
		return e;
	runtime_warn(warnings, e->message);
	error_free(e);
	return NULL;
}

fallible runtime_limit(const struct cgroup *cgroup, const struct step *step,
		       struct buffer *warnings)
{
	if (step->number[0] < 0 || step->number[0] >= CGROUP_LIMIT_COUNT)
		return error_new(ERROR_CORRUPT, "the plan has a limit that does not exist");
	return runtime_forgive(cgroup_set(cgroup, step->number[0], step->text[0]), warnings);
}

/* *refused: one was, and others may have made room for it since. */
static fallible set_all(const struct cgroup *cgroup, const struct plan *plan,
			struct buffer *warnings, bool *refused)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, &step) > 0) {
		struct error *e = runtime_limit(cgroup, &step, warnings);

		if (e && (e->class != ERROR_INVALID || !refused))
			return e;
		if (e)
			*refused = true;
		error_free(e);
	}
	return NULL;
}

fallible runtime_limit_all(const struct cgroup *cgroup, const struct plan *plan,
			   struct buffer *warnings)
{
	bool refused = false;

	TRY(set_all(cgroup, plan, warnings, &refused));
	return refused ? set_all(cgroup, plan, warnings, NULL) : NULL;
}
