/*
 * resctrl_stats.h - what a container has and has used of the caches and of the memory bandwidth
 *
 * What the processor offers is below info/ of the file system; the part of a group is its schemata;
 * what it has used is below mon_data/ of the group, a folder for each domain of the last cache
 * ("mon_L3_00"). A processor that does not offer a thing has no files of it, and what has no files
 * is left out.
 *
 * Standard: Linux Documentation/filesystems/resctrl.rst. Book: 1.6
 */
#ifndef MINI_RESCTRL_STATS_H
#define MINI_RESCTRL_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "resctrl.h"

/* One domain of a cache. */
struct resctrl_usage {
	uint64_t total, local; /* bytes from and to memory: of all, of this domain's own */
	uint64_t occupancy;    /* bytes of the cache */
};

struct resctrl_stats {
	struct {
		bool known;
		char *mask; /* owned: the bits that there are */
		uint64_t least_bits, classes;
		char *whole, *part; /* owned: the lines of the default group and of this one */
	} cache;
	struct {
		bool known;
		uint64_t step, linear, least, classes;
		char *whole, *part; /* owned */
	} bandwidth;
	bool bandwidth_counted, occupancy_counted;
	struct buffer usage; /* owned: struct resctrl_usage, in the order of the folders */
};
#define autoresctrl __attribute__((cleanup(resctrl_stats_finish))) struct resctrl_stats

/* Of the monitoring group where the container has one. */
fallible resctrl_stats_read(const char *root, const struct resctrl_request *request,
			    struct resctrl_stats *stats);
void resctrl_stats_finish(struct resctrl_stats *stats);

#endif
