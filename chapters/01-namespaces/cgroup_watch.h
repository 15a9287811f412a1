/*
 * cgroup_watch.h - to be told when a group runs out of memory
 *
 *	cgroup_watch_begin(&watch, &cgroup);
 *	poll(watch.fd) ... POLLIN: cgroup_watch_take(&watch, &happened);
 *
 * Version 1 has an eventfd that is registered in cgroup.event_control; version 2 changes
 * memory.events, which inotify(7) tells.
 *
 * Standard: Linux Documentation/admin-guide/cgroup-v1/memory.rst, section 9; cgroup-v2.rst,
 * "memory.events". Book: 1.6
 */
#ifndef MINI_CGROUP_WATCH_H
#define MINI_CGROUP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "error.h"

struct cgroup_watch {
	int fd;               /* readable: something may have happened */
	struct cgroup cgroup; /* owned handle */
	uint64_t kills;       /* that were known */
};

/* ERROR_UNAVAILABLE where no controller counts the group's memory. */
fallible cgroup_watch_begin(struct cgroup_watch *watch, const struct cgroup *cgroup);
/* Whether memory ran out since the last time. May be asked at any time. */
fallible cgroup_watch_take(struct cgroup_watch *watch, bool *happened);
void cgroup_watch_end(struct cgroup_watch *watch);

#endif
