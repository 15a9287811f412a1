/*
 * runtime_resctrl.h - STEP_RESCTRL, for those who create, change and delete containers
 *
 * A plan has one of it at most. Book: 1.6
 */
#ifndef MINI_RUNTIME_RESCTRL_H
#define MINI_RUNTIME_RESCTRL_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "plan.h"
#include "resctrl.h"

/* The plan's step, borrowed from it; false: it has none. */
bool runtime_resctrl_find(const void *plan, size_t length, const char **root,
			  struct resctrl_request *request);
/* The three that resctrl.h has for a new container. */
fallible runtime_resctrl_create(const struct step *step);
fallible runtime_resctrl_assign(const struct step *step, pid_t pid);
fallible runtime_resctrl_remove(const void *plan, size_t length);
/* The schemata of the plan's step, for the group as it is. */
fallible runtime_resctrl_change(const void *plan, size_t length);

#endif
