/*
 * erofs_xattrs.h - extended attributes in the form that an EROFS inode has behind it
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_XATTRS_H
#define MINI_EROFS_XATTRS_H

#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/*
 * Sets one, or sets it anew, of a file of this mode. As with a file system that can be written to,
 * names of a kind that is not known are left out, and so is user.* of what is neither file nor
 * folder. ERROR_INVALID for what no file system would take; path is for messages.
 */
fallible erofs_xattrs_set(struct buffer *xattrs, mode_t mode, const char *name, const void *value,
			  size_t size, const char *path);

#endif
