/*
 * packer_digest.h - a digest of what a layer's tree contains
 *
 * Of all that packer_tree() would write, and of what it hides of the layers below, in either form
 * (whiteout.h). Where a file has holes does not matter.
 *
 * Book: 2.5
 */
#ifndef MINI_PACKER_DIGEST_H
#define MINI_PACKER_DIGEST_H

#include "digest.h"
#include "error.h"

fallible packer_digest(int root, struct digest *digest);

#endif
