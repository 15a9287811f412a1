/*
 * cpu_affinity.h - the CPUs that a process runs on
 *
 * For `exec` only: who joins a container must not take the CPUs that the host keeps for others,
 * not even for the moment before it is in the container's cgroup.
 *
 * Standard: sched_setaffinity(2); OCI runtime-spec 1.3, config.md, "process.execCPUAffinity".
 * Book: 1.13
 */
#ifndef MINI_CPU_AFFINITY_H
#define MINI_CPU_AFFINITY_H

#include "error.h"
#include "number_list.h"

/* Of the caller, and so of its later children. */
fallible cpu_affinity_set(const struct number_list *cpus);

#endif
