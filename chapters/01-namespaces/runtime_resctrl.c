#include "runtime_resctrl.h"

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

bool runtime_resctrl_find(const void *plan, size_t length, const char **root,
			  struct resctrl_request *request)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(plan, length, &offset, &step) > 0) {
		if (step.kind != STEP_RESCTRL)
			continue;
		*root = step.text[0];
		*request = request_of(&step);
		return true;
	}
	return false;
}

fallible runtime_resctrl_remove(const void *plan, size_t length)
{
	struct resctrl_request request;
	const char *root;

	return runtime_resctrl_find(plan, length, &root, &request) ? resctrl_remove(root, &request)
								   : NULL;
}

fallible runtime_resctrl_change(const void *plan, size_t length)
{
	struct resctrl_request request;
	const char *root;

	return runtime_resctrl_find(plan, length, &root, &request) ? resctrl_change(root, &request)
								   : NULL;
}
