/*
 * sysctl.h - kernel settings that a container may have for itself
 *
 * Standard: OCI runtime-spec, config-linux.md, "Sysctl"; proc(5), /proc/sys. Book: 1.10
 */
#ifndef MINI_SYSCTL_H
#define MINI_SYSCTL_H

#include "error.h"

/* Writes /proc/sys/NAME of the container, dots being slashes and slashes dots. Which names belong
 * to a namespace is checked when the plan is made. */
fallible sysctl_set(int rootfd, const char *name, const char *value);

#endif
