/*
 * spec_mount_option.h - the options of one mount of config.json
 *
 * Later options win over earlier ones. "ro" sets a flag and "rw" clears it, which for a bind are
 * two things and for a new file system one: a bind begins with what its source has.
 *
 * Standard: OCI runtime-spec, config.md, "Linux mount options"; mount(8). Book: 1.4
 */
#ifndef MINI_SPEC_MOUNT_OPTION_H
#define MINI_SPEC_MOUNT_OPTION_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"

struct spec_mount {
	unsigned long set, clear;           /* MS_* */
	unsigned long tree_set, tree_clear; /* the r-prefixed ones */
	struct buffer propagations;         /* uint32_t: MS_SHARED and so on, in their order */
	struct buffer data;                 /* what is for the file system: "mode=755,size=1m" */
	unsigned long idmap;                /* MS_BIND: the mount, with MS_REC: the tree */
	bool copy_up;
};
#define automount __attribute__((cleanup(spec_mount_finish))) struct spec_mount

fallible spec_read_mount_options(const json_t *row, struct spec_mount *mount);
void spec_mount_finish(struct spec_mount *mount);

#endif
