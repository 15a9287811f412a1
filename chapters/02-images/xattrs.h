/*
 * xattrs.h - extended attributes of files that may not be openable
 *
 * A regular file or folder is reached by its descriptor, a link or device by its name in a folder.
 * trusted.overlay.* and user.overlay.* are orders to overlayfs: no archive gives or gets them.
 *
 * Book: 2.4
 */
#ifndef MINI_XATTRS_H
#define MINI_XATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

struct xattrs_of {
	int fd; /* -1: by name */
	int parent;
	const char *name;
	const char *path; /* for messages */
};

/* What no archive gives or gets: orders to overlayfs, and what is the host's (SELinux labels). */
bool xattrs_is_foreign(const char *name);

/* Those that belong to the file and not to overlayfs or to the host (SELinux labels). */
fallible xattrs_each(const struct xattrs_of *file,
		     fallible (*visit)(void *context, const char *name, const void *value,
				       size_t size),
		     void *context);
/* Its length; -1 and errno where there is none, or no room for it. */
ssize_t xattrs_get(const struct xattrs_of *file, const char *name, void *value, size_t size);
/* What a filesystem or a kind of file cannot have is left out, as Docker does. */
fallible xattrs_set(const struct xattrs_of *file, const char *name, const void *value, size_t size);
bool xattrs_are_same(const struct xattrs_of *a, const struct xattrs_of *b);
fallible xattrs_copy(const struct xattrs_of *from, const struct xattrs_of *to);

#endif
