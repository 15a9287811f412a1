/*
 * file.h - files and trees under a directory descriptor
 *
 * Paths are looked up under a descriptor that the caller opened once, so a rename or a symlink
 * elsewhere cannot redirect them. Paths that come from outside (a container, an image) are
 * resolved with openat2(2) and RESOLVE_IN_ROOT: absolute names and symlinks, also "..", stay
 * below the root descriptor, as chroot(2) would have it, without a chroot.
 *
 * Every descriptor is close-on-exec. `name` parameters are relative to dirfd; AT_FDCWD works.
 *
 * Book: 0.4
 */
#ifndef MINI_FILE_H
#define MINI_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/* Opens a directory that must exist (O_PATH is not set: it can be listed and synced). */
fallible directory_open(int dirfd, const char *name, int *fd);
/* Creates it with all parents that are missing, mode as given, and opens it. */
fallible directory_create(int dirfd, const char *name, mode_t mode, int *fd);

/* open(2) under a root: flags as for open(2), O_CLOEXEC is added. A path that leaves the root is
 * impossible, not an error. ERROR_NOT_FOUND when it does not exist. */
fallible file_open_in_root(int rootfd, const char *path, int flags, mode_t mode, int *fd);
/* mkdir -p under a root; symlinks on the way are followed inside the root, also those that lead
 * nowhere yet. Opens the last one. */
fallible directory_create_in_root(int rootfd, const char *path, mode_t mode, int *fd);
/* Opens the parent of path under a root and gives its last component. ERROR_INVALID for "" and
 * for paths that end in "..", which have no last component. The caller frees *base. */
fallible file_open_parent_in_root(int rootfd, const char *path, int *parentfd, char **base);

/* The whole file, at most limit bytes (more: ERROR_TOO_LARGE). Appended to b. */
fallible file_read(int dirfd, const char *name, size_t limit, struct buffer *b);
fallible file_read_fd(int fd, const char *what, size_t limit, struct buffer *b);

/* Writes all bytes, also over short writes and EINTR. `what` names the target in the message. */
fallible file_write_fd(int fd, const char *what, const void *bytes, size_t length);
/* open(O_WRONLY), write, close: for files of /proc, /sys and cgroups. */
fallible file_write(int dirfd, const char *name, const char *text);

enum durability {
	DURABLE,     /* survives power loss: fsync of the file and of the folder */
	NOT_DURABLE, /* survives kill -9 of every process: renamed when whole */
};

/* Replaces `name` as a whole or not at all: temporary name, write, [fsync,] rename, [fsync]. */
fallible file_write_atomic(int dirfd, const char *name, const void *bytes, size_t length,
			   mode_t mode, enum durability durability);
/* Removes what writers of `name` left that were killed; nobody may be writing it now. */
fallible file_clean_atomic(int dirfd, const char *name);

/* rm -rf. Never follows a symlink and never leaves the tree; stays on one mount (a mount point
 * inside is ERROR_CONFLICT). That the name does not exist is success. */
fallible tree_remove(int dirfd, const char *name);

/* Bytes that a tree holds, as Docker counts: st_size of every inode once, folders not counted.
 * Nothing there is 0. */
fallible tree_usage(int dirfd, const char *name, uint64_t *bytes);

/* Takes an exclusive lock (flock) on `name`, created if missing, held until *fd is closed.
 * ERROR_CONFLICT when another process has it and wait is false. */
fallible file_lock(int dirfd, const char *name, bool wait, int *fd);

#endif
