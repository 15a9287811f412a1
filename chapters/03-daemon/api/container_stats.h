/*
 * container_stats.h - what a container uses, as the API tells it
 *
 * Standard: Engine API, ContainerStatsResponse. Book: 3.14, 1.6
 */
#ifndef MINI_CONTAINER_STATS_H
#define MINI_CONTAINER_STATS_H

#include <stdint.h>
#include <time.h>

#include "cgroup_stats.h"
#include "json.h"

/* One look. A container that does not run has nothing to tell: stats is NULL. */
struct stats_sample {
	struct timespec time;
	const struct cgroup_stats *stats;
	uint64_t system; /* processor time of the whole machine, nanoseconds */
	unsigned int processors;
	uint64_t memory; /* bytes that the machine has: a larger limit is none */
};

/* Members that differ from look to look: cpu_stats, memory_stats, ... New. */
json_t *container_stats_json(const struct stats_sample *sample);
/* "cpu  USER NICE SYSTEM ...": the first line of /proc/stat, as nanoseconds. */
uint64_t container_stats_system_time(const char *proc_stat);

#endif
