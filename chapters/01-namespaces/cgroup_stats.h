/*
 * cgroup_stats.h - what the kernel has counted in a group
 *
 * The same numbers from either version, in version 1's terms, which `runc events`, `docker stats`
 * and what reads them speak: nanoseconds, bytes, memory and swap together. What a version or the
 * machine does not count is 0.
 *
 * Standard: Linux Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. Book: 1.6
 */
#ifndef MINI_CGROUP_STATS_H
#define MINI_CGROUP_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "cgroup.h"
#include "error.h"

#define CGROUP_UNLIMITED  UINT64_MAX /* version 2's "max"; version 1 has a large number there */
#define CGROUP_PAGES_MAX  8
#define CGROUP_PAGES_NAME 24

struct cgroup_memory {
	uint64_t limit, usage, max, failures; /* bytes now, and at most; refused allocations */
};

/* Of one device; in a list, as a struct buffer of them. */
struct cgroup_io {
	uint64_t major, minor, value;
	char operation[16]; /* "Read", "Write"; version 1 has more */
};

struct cgroup_pages {
	char size[CGROUP_PAGES_NAME]; /* "2MB" */
	uint64_t usage, max, failures;
};

/* Part of the time in which some, or all, stood still for want of it: percent of the last 10, 60
 * and 300 s, and microseconds in all. Version 2 only. */
struct cgroup_stall {
	double average[3];
	uint64_t total;
};
struct cgroup_pressure {
	bool known;
	struct cgroup_stall some, full;
};

/* Flags of a version 1 cpuset, in the order of cgroup_cpuset_names. */
#define CGROUP_CPUSET_FLAGS 9
extern const char *const cgroup_cpuset_names[CGROUP_CPUSET_FLAGS];

struct cgroup_stats {
	struct {
		uint64_t total, kernel, user; /* nanoseconds */
		/* uint64_t for each processor; version 1 only */
		struct buffer per_cpu, per_cpu_kernel, per_cpu_user;
		uint64_t periods, throttled_periods, throttled_time;
		struct cgroup_pressure pressure;
	} cpu;
	struct {
		struct buffer cpus, mems; /* uint64_t: the numbers of "0-3,7" */
		int64_t flags[CGROUP_CPUSET_FLAGS];
	} cpuset; /* version 1 only */
	struct {
		uint64_t cache;
		struct cgroup_memory memory, swap, kernel, kernel_tcp; /* swap: with the memory */
		struct buffer raw; /* memory.stat: "NAME NUMBER\n" */
		struct cgroup_pressure pressure;
	} memory;
	struct {
		uint64_t current, limit; /* limit 0: none */
	} pids;
	struct {
		struct buffer bytes, operations; /* struct cgroup_io */
		struct cgroup_pressure pressure;
	} io;
	struct cgroup_pages pages[CGROUP_PAGES_MAX];
	size_t page_sizes;
};
#define autostats __attribute__((cleanup(cgroup_stats_finish))) struct cgroup_stats

/* Files that are not there are left out; ERROR_UNAVAILABLE without a group. */
fallible cgroup_stats_read(const struct cgroup *cgroup, struct cgroup_stats *stats);
void cgroup_stats_finish(struct cgroup_stats *stats);

#endif
