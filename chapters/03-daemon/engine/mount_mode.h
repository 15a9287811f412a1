/*
 * mount_mode.h - "ro,rslave,z": what stands behind the second colon of --volume
 *
 * Words of five kinds, separated by commas, of each kind one at most: rw or ro, a propagation, what
 * becomes of the image's files, an SELinux label, and hints for other systems. The last two are
 * taken and have no effect.
 *
 * Book: 1.4, 3.4
 */
#ifndef MINI_MOUNT_MODE_H
#define MINI_MOUNT_MODE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct mount_mode {
	bool read_only, no_copy;
	const char *propagation; /* a literal; NULL: none is named */
};

/* ERROR_INVALID "invalid mode: TEXT". */
fallible mount_mode_read(const char *text, struct mount_mode *mode);
bool mount_mode_is_valid(const char *text);
/* The literal that is this word, or NULL. */
const char *mount_mode_propagation(const char *word, size_t length);

#endif
