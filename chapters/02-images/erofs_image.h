/*
 * erofs_image.h - the names and inodes of a layer's image, when its data is there
 *
 * First each inode gets its place, so that folders can name it; then all are written, and at the
 * very end the superblock: without it the file is nothing.
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_IMAGE_H
#define MINI_EROFS_IMAGE_H

#include <stdint.h>

#include "erofs_tree.h"
#include "error.h"

/* block: the first one that is free behind the data of all files. */
fallible erofs_image_write(struct erofs_tree *tree, int fd, uint64_t block);

/* crc32c (RFC 3720, appendix B.4), without the inversion at its end: what EROFS has as checksum. */
uint32_t erofs_image_checksum(const void *bytes, size_t length);

#endif
