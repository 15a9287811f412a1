/*
 * mount_proc.h - what may be mounted on /proc and in it
 *
 * Whoever covers /proc, or a part of it, decides what a runtime reads and writes there: its labels
 * for exec, its limits, its sysctls. An image can ask for that with a VOLUME and a link. So only a
 * proc file system comes on /proc, and in it only files that tell programs how large the machine
 * is, which lxcfs and others have an answer of their own for. runc has the same list.
 *
 * Standard: CVE-2019-16884, CVE-2019-19921. Book: 1.4
 */
#ifndef MINI_MOUNT_PROC_H
#define MINI_MOUNT_PROC_H

#include "error.h"

/* at: the place that was opened for target. ERROR_FORBIDDEN. */
fallible mount_proc_check(int mountfd, int rootfd, int at, const char *target);

#endif
