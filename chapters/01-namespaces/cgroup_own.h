/*
 * cgroup_own.h - where the caller itself is, which is where a user may have groups
 *
 * With version 2 alone, systemd hands each user the group of his session's services ("delegation"):
 * the folder is his, he may make groups in it and move what is in there already. A group of version
 * 2 has either processes or groups with limits, so a new one goes beside the caller's, not below.
 *
 * Standard: cgroups(7), "Cgroups delegation". Book: 1.6
 */
#ifndef MINI_CGROUP_OWN_H
#define MINI_CGROUP_OWN_H

/* The group above the caller's own, "" for the top and wherever version 2 is not alone. The caller
 * frees. */
char *cgroup_own_parent(void);

#endif
