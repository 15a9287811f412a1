#include "cpu_affinity.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"

fallible cpu_affinity_set(const struct number_list *cpus)
{
	uint64_t began = explain_clock();

	if (syscall(SYS_sched_setaffinity, 0, sizeof(cpus->mask), cpus->mask) < 0)
		return error_system("cannot run on the CPUs of process.execCPUAffinity%s",
				    errno == EINVAL ? " (does the machine, and the container's "
						      "cpuset, have one of them?)"
						    : "");
	explain(began, "1.13", "the CPUs it may run on", "sched_setaffinity(0, first 0x%lx)",
		cpus->mask[0]);
	return NULL;
}
