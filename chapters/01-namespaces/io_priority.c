#include "io_priority.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "name_table.h"

#define WHO_PROCESS 1 /* IOPRIO_WHO_PROCESS; no C library declares the call */
#define CLASS_SHIFT 13

static const struct name_row classes[] = {
	{"IOPRIO_CLASS_RT", 1},
	{"IOPRIO_CLASS_BE", 2},
	{"IOPRIO_CLASS_IDLE", 3},
	{0},
};

int64_t io_priority_class(const char *name)
{
	return name_number(classes, name);
}

fallible io_priority_set(pid_t pid, int class, int priority)
{
	uint64_t began = explain_clock();

	if (syscall(SYS_ioprio_set, WHO_PROCESS, pid, class << CLASS_SHIFT | priority) < 0)
		return error_system("cannot set the I/O priority of the container's process%s",
				    errno == EPERM ? " (IOPRIO_CLASS_RT takes CAP_SYS_NICE)" : "");
	explain(began, "1.11", "when the disk serves it",
		"ioprio_set(IOPRIO_WHO_PROCESS, %d, class %d, priority %d)", pid, class, priority);
	return NULL;
}
