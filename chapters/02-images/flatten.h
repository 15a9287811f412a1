/*
 * flatten.h - layers become one tree of plain files, by copying
 *
 * What overlayfs shows without copying anything (overlay.h), for where there is no overlayfs and
 * for who wants a folder of his own. Whiteouts have done their work in it and are gone.
 *
 * Book: 2.6
 */
#ifndef MINI_FLATTEN_H
#define MINI_FLATTEN_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* layers: trees (layer_open), lowest first; target: an empty folder. All borrowed. *bytes (may be
 * NULL): of content that was copied. What was made so far stays when it fails. */
fallible flatten(const int *layers, size_t count, int target, uint64_t *bytes);

#endif
