/*
 * inode_map.h - under which name an inode was met first: hard links are found by it
 */
#ifndef MINI_INODE_MAP_H
#define MINI_INODE_MAP_H

#include <stddef.h>
#include <sys/stat.h>

/* All zero is an empty map. */
struct inode_map {
	struct inode_name {
		dev_t device;
		ino_t inode;
		char *path; /* NULL: a free slot */
	} * slots;
	size_t count, size; /* size: a power of two */
};

/* The first path of an inode that has several names: NULL, and remembered, when this is it.
 * Borrowed. */
const char *inode_map_first(struct inode_map *map, const struct stat *st, const char *path);
void inode_map_finish(struct inode_map *map);

#endif
