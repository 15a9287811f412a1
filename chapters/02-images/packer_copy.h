/*
 * packer_copy.h - a file, or a folder with all that is in it, as a tar under another name
 *
 * What `docker cp` does at its sending end, in a container and on the user's own disk. The tree may
 * be in use: what goes meanwhile is left out, no link is followed, no device is opened. Mounts are
 * crossed, but not those of the kernel itself (/proc, /sys, control groups), whose files have no
 * size and no end.
 *
 * Book: 2.7, 3.13
 */
#ifndef MINI_PACKER_COPY_H
#define MINI_PACKER_COPY_H

#include "error.h"
#include "owners.h"
#include "source.h"

/* `name` in `folder`, which is a descriptor; "." is the folder itself. Its name in the archive is
 * `as`, and what is in it is "as/...". owners: those of a
 * user namespace, to tell who files belong to in there; NULL: as they are. ERROR_INVALID for a file
 * of the kernel's. */
fallible packer_copy(int folder, const char *name, const char *as, const struct owners *owners,
		     const struct sink *out);

#endif
