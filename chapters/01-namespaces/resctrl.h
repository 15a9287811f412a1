/*
 * resctrl.h - shares of the caches and of the memory bandwidth of a processor
 *
 * Intel RDT and its like. A group is a folder of the resctrl file system with a file `schemata`,
 * lines that say what is the group's of each resource ("L3:0=7f0;1=1f"), and a file `tasks`, whose
 * processes are in it. The kernel makes the files with the folder. A monitoring group is a folder
 * below mon_groups/ of a group; it only counts.
 *
 * A container without a class (closID) gets a group of its own, named after it. That and its
 * monitoring group are the container's and end with it; a class with a name is shared with others
 * and stays.
 *
 * Standard: Linux Documentation/filesystems/resctrl.rst; OCI runtime-spec 1.3, config-linux.md,
 * "IntelRdt". Book: 1.6
 */
#ifndef MINI_RESCTRL_H
#define MINI_RESCTRL_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct resctrl_request {
	const char *class;    /* closID: "" is none, "/" the default group */
	const char *id;       /* the container's */
	const char *schemata; /* lines to write, newline-terminated; "" leaves them as they are */
	bool monitored;
};

/* Where the file system is mounted, from the text of /proc/self/mountinfo; the caller frees.
 * ERROR_UNAVAILABLE when it is not. */
fallible resctrl_root_in(const char *mountinfo, char **root);
fallible resctrl_root(char **root);

/* Its folder and that of its monitoring group; the caller frees. */
char *resctrl_group(const char *root, const struct resctrl_request *request);
char *resctrl_monitor(const char *root, const struct resctrl_request *request);

/* The folders that it takes. A class that is there and is divided in another way is
 * ERROR_CONFLICT; one that is not and nobody says how to divide it, ERROR_NOT_FOUND. */
fallible resctrl_create(const char *root, const struct resctrl_request *request);
/* Gives a new group its part, and a process to the group. */
fallible resctrl_assign(const char *root, const struct resctrl_request *request, pid_t pid);
/* Changes the part of a group that is there. */
fallible resctrl_change(const char *root, const struct resctrl_request *request);
/* What is the container's own; what is not there is as good. */
fallible resctrl_remove(const char *root, const struct resctrl_request *request);

#endif
