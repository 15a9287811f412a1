/*
 * container_size.h - how much disk a container uses
 *
 * Standard: Engine API, SizeRw and SizeRootFs. Book: 2.6
 */
#ifndef MINI_CONTAINER_SIZE_H
#define MINI_CONTAINER_SIZE_H

#include <stdint.h>

#include "container.h"
#include "engine.h"

/* Bytes of what the container has written: the upper folder of its overlay. */
fallible container_size_written(const struct engine *engine, const struct container *container,
				uint64_t *bytes);
/* Adds SizeRw and SizeRootFs to the container's document or to its row in a list. */
fallible container_size_add(struct engine *engine, const struct container *container,
			    json_t *document);

#endif
