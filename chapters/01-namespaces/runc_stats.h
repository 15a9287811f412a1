/*
 * runc_stats.h - the statistics of a group as `runc events` prints them
 *
 * The members, their order and which are left out when they are 0 are runc's, since programs read
 * it: types/events.go of runc has the names. It is written as text, as an unlimited limit is
 * 2^64-1, which no JSON library of C holds. Book: 1.12
 */
#ifndef MINI_RUNC_STATS_H
#define MINI_RUNC_STATS_H

#include "buffer.h"
#include "cgroup_stats.h"
#include "resctrl_stats.h"

/* Appends the JSON object, without a newline. */
void runc_stats_print(struct buffer *out, const struct cgroup_stats *stats,
		      const struct resctrl_stats *caches);

#endif
