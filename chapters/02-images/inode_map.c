#include "inode_map.h"

#include <stdint.h>
#include <stdlib.h>

#include "memory.h"

static struct inode_name *find_slot(const struct inode_map *map, dev_t device, ino_t inode)
{
	/* Fibonacci hashing: inodes often count up. */
	for (size_t at = (inode * UINT64_C(0x9e3779b97f4a7c15)) >> 20;; at++) {
		struct inode_name *slot = &map->slots[at & (map->size - 1)];

		if (!slot->path || (slot->inode == inode && slot->device == device))
			return slot;
	}
}

static void grow(struct inode_map *map)
{
	struct inode_map larger = {.size = map->size ? 2 * map->size : 64, .count = map->count};

	larger.slots = allocate(larger.size * sizeof(*larger.slots));
	for (size_t i = 0; i < map->size; i++)
		if (map->slots[i].path)
			*find_slot(&larger, map->slots[i].device, map->slots[i].inode) =
				map->slots[i];
	free(map->slots);
	*map = larger;
}

const char *inode_map_first(struct inode_map *map, const struct stat *st, const char *path)
{
	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	if (4 * map->count >= 3 * map->size)
		grow(map);
	struct inode_name *slot = find_slot(map, st->st_dev, st->st_ino);
	if (slot->path)
		return slot->path;
	*slot = (struct inode_name){st->st_dev, st->st_ino, duplicate(path)};
	map->count++;
	return NULL;
}

void inode_map_finish(struct inode_map *map)
{
	for (size_t i = 0; i < map->size; i++)
		free(map->slots[i].path);
	free(map->slots);
	*map = (struct inode_map){0};
}
