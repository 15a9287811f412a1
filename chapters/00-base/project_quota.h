/*
 * project_quota.h - how much a folder may hold
 *
 * xfs and ext4 count blocks by project: a number that a file has as it has an owner. A folder can
 * hand its own on to all that is made below it, and the kernel refuses what would exceed the limit
 * of a project (ENOSPC, EDQUOT); in such a folder df(1) shows that limit. So a folder with a size
 * is a project of its own.
 *
 * Which project a folder is, the file system itself remembers: there is no record to lose. A number
 * is free when nothing on the file system has it, whatever is left of a limit; who takes one looks
 * whether he is the only one, so two daemons may share a file system. Numbers begin at
 * PROJECT_QUOTA_FIRST: those below are for people (/etc/projid) and for Docker.
 *
 * It takes xfs mounted with pquota, or ext4 made with the features quota and project and mounted
 * with prjquota; CAP_SYS_ADMIN; Linux 5.14. Who is root of the machine's own user namespace in a
 * container can give his files another project, here and with Docker: against him only
 * --userns-remap helps. Thread-safe.
 *
 * Standard: quotactl(2), FS_IOC_FSSETXATTR in ioctl_xfs_fsgetxattr(2). Book: 3.4, 5.1
 */
#ifndef MINI_PROJECT_QUOTA_H
#define MINI_PROJECT_QUOTA_H

#include <stdint.h>

#include "error.h"

#define PROJECT_QUOTA_FIRST 0x6d640000 /* far from what people choose */

/* Whether the file system of this folder limits projects. ERROR_NOT_IMPLEMENTED: it cannot, or was
 * not mounted so. */
fallible project_quota_check(int folder);

/* An empty folder becomes a project with a limit, in whole blocks of 512 bytes; one that is a
 * project of ours already gets another limit. */
fallible project_quota_set(int folder, uint64_t bytes);
/* Takes the limit away, before the folder goes; one that is no project of ours is left alone. */
fallible project_quota_clear(int folder);

/* An empty folder belongs to the project of another one, if that has any: between two projects
 * nothing can be renamed (EXDEV). */
fallible project_quota_follow(int folder, int other);

#endif
