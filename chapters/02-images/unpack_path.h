/*
 * unpack_path.h - what the name of an archive's entry asks for
 *
 * Book: 2.4, 2.5
 */
#ifndef MINI_UNPACK_PATH_H
#define MINI_UNPACK_PATH_H

#include "error.h"

enum unpack_path_kind {
	UNPACK_PATH_NODE,
	UNPACK_PATH_WHITEOUT,
	UNPACK_PATH_OPAQUE,  /* of the folder that the path is in */
	UNPACK_PATH_IGNORED, /* the bookkeeping of another union filesystem */
};

/* Of a clean path in a layer; *name of what is hidden, borrowed. ERROR_INVALID for a whiteout that
 * hides nothing, or that is gone through. */
fallible unpack_path_classify(const char *path, enum unpack_path_kind *kind, const char **name);

#endif
