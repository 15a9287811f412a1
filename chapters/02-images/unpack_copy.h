/*
 * unpack_copy.h - a tar that was not made to be a layer goes into a tree that is in use
 *
 * What `docker cp` does at its receiving end, in a container and on the user's own disk. Beside
 * unpack.h: names mean what they say, also those of whiteouts; folders that are there already stay
 * with all that is in them; the archive's root is the folder itself, whose owner and mode are left
 * alone. The tree may change meanwhile, by whoever works in it: each name is looked up below the
 * root when it is used, so the worst that can happen is that it lies elsewhere in that tree.
 *
 * Book: 2.4, 3.13
 */
#ifndef MINI_UNPACK_COPY_H
#define MINI_UNPACK_COPY_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "owners.h"
#include "source.h"

struct unpack_owner {
	uid_t uid;
	gid_t gid;
};

struct unpack_copy {
	int root;                         /* borrowed: nothing outside of it is reached */
	const char *folder;               /* in the root, where names begin; "" is the root */
	const char *shown;                /* the root's name, for messages: "" for "/" */
	const char *renamed;              /* for the first component of all names; may be NULL */
	const struct unpack_owner *owner; /* NULL: whom the archive names */
	const struct owners *owners; /* those owners are of a user namespace; NULL: they are not */
	bool keeps_kinds; /* no folder takes the place of a file, and no file that of a folder */
};

/* tar: not compressed. ERROR_INVALID for a broken archive, for a name that leads out of the folder,
 * and where kinds are kept. What was written before an error stays. */
fallible unpack_copy(const struct unpack_copy *copy, const struct source *tar);

#endif
