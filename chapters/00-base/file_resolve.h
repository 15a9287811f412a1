/*
 * file_resolve.h - where a path leads below a root, also where nothing is yet
 *
 * openat2(2) follows links, but only to what is there. Images have links that lead nowhere until
 * somebody makes the place: /etc/resolv.conf to a file of systemd's in an empty /run. Who wants to
 * make it has to know where it goes.
 *
 * Standard: path_resolution(7). Book: 1.4
 */
#ifndef MINI_FILE_RESOLVE_H
#define MINI_FILE_RESOLVE_H

#include "error.h"

/* "/run/systemd/stub" for "/etc/resolv.conf": absolute, without "." and "..", and without links at
 * the moment when it was looked at. Since they can come back, it is to be opened below the root
 * (file_open_in_root) as any other. More than 40 links are an error with ELOOP. The caller frees.
 */
fallible file_resolve_in_root(int rootfd, const char *path, char **resolved);

#endif
