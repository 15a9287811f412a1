#include "runtime_resctrl.h"

#include "resctrl.h"

static struct resctrl_request request_of(const struct step *step)
{
	return (struct resctrl_request){
		.class = step->text[1],
		.id = step->text[2],
		.schemata = step->text[3],
		.monitored = step->number[0],
	};
}

fallible runtime_resctrl_create(const struct step *step)
{
	const struct resctrl_request request = request_of(step);

	return resctrl_create(step->text[0], &request);
}

fallible runtime_resctrl_assign(const struct step *step, pid_t pid)
{
	const struct resctrl_request request = request_of(step);

	return resctrl_assign(step->text[0], &request, pid);
}

typedef fallible resctrl_function(const char *root, const struct resctrl_request *request);

static fallible each(const void *plan, size_t length, resctrl_function *function)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(plan, length, &offset, &step) > 0) {
		const struct resctrl_request request = request_of(&step);

		if (step.kind == STEP_RESCTRL)
			return function(step.text[0], &request);
	}
	return NULL;
}

fallible runtime_resctrl_remove(const void *plan, size_t length)
{
	return each(plan, length, resctrl_remove);
}

fallible runtime_resctrl_change(const void *plan, size_t length)
{
	return each(plan, length, resctrl_change);
}
