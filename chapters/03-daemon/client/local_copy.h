/*
 * local_copy.h - docker cp's rules for what becomes of what
 *
 * Both ends of a copy are described by a struct copy_end, wherever they are; copy_settle() then
 *says into which folder the files go and under which name, as cp(1) would:
 *
 *	the target is a folder          into it, under the source's own name
 *	it is a file, or not there      beside it, under its name
 *	it ends in "/" and is no folder an error, unless a folder is copied
 *
 * A source that ends in "/." has the name ".": what is in it is copied, not the folder itself.
 *Paths on the user's own disk are absolute here.
 *
 * Standard: docs.docker.com, docker container cp. Book: 3.13
 */
#ifndef MINI_LOCAL_COPY_H
#define MINI_LOCAL_COPY_H

#include <stdbool.h>

#include "error.h"

struct copy_end {
	char *path;    /* owned */
	char *renamed; /* owned: the name it is to have, where that is not its own; or NULL */
	bool exists, is_folder;
};
void copy_end_finish(struct copy_end *end);
#define auto_copy_end __attribute__((cleanup(copy_end_finish))) struct copy_end

/* "/a/b/" is "/a" and "b", "/a/." is "/a" and ".". The caller frees both. */
void local_copy_split(const char *path, char **folder, char **name);
/* A path that a link led to, with the ending of the one that was asked for; *renamed: the name that
 * was asked for, if it is another; or NULL. The caller frees both. */
char *local_copy_followed(const char *asked, const char *target, char **renamed);

/* What is to be copied from the disk; `follow`: a link at the end, too. */
fallible local_copy_source(const char *path, bool follow, struct copy_end *end);
/* Where it is to go on the disk. Links are followed; what is not there needs a folder to be in. */
fallible local_copy_target(const char *path, struct copy_end *end);

/* *folder: where the files go; *name: for the first component of their names, NULL: as it is. The
 * caller frees both. ERROR_INVALID in Docker's words. */
fallible copy_settle(const struct copy_end *from, const struct copy_end *to, char **folder,
		     char **name);

#endif
