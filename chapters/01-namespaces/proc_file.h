/*
 * proc_file.h - files of /proc that are what they seem to be
 *
 * What is written to a file of /proc is an order to the kernel: under which rules the program shall
 * run, a setting of its namespace. In a container /proc is what its image and its mounts made of
 * it. If it is a folder of the image, the order is lost and nobody notices (CVE-2019-16884); if
 * something is mounted on the file, another file of /proc perhaps, the order goes to somebody else
 * (CVE-2025-52881). So the root of a real procfs is opened first, and from there on no mount may
 * be crossed.
 *
 * Standard: openat2(2), RESOLVE_NO_XDEV. Book: 1.10
 */
#ifndef MINI_PROC_FILE_H
#define MINI_PROC_FILE_H

#include "error.h"

/* "sys/net/ipv4/ip_forward" of the /proc below a root. O_CLOEXEC is added. ERROR_NOT_FOUND when
 * there is no such file, ERROR_FORBIDDEN when it is not the kernel's. */
fallible proc_file_open(int rootfd, const char *name, int flags, int *fd);
/* One write(2) of the text. */
fallible proc_file_write(int rootfd, const char *name, const char *text);

#endif
