/*
 * volume_lifecycle.h - a container's volumes: found or made, filled, mounted, let go
 *
 * Which volume is where is settled when the container is made, and kept in its document (Mounts,
 * as `inspect` shows it): an anonymous one gets its name then, and --volumes-from what the other
 * container has then. Takes the place of no_volume_lifecycle.
 *
 * Book: 5.1
 */
#ifndef MINI_VOLUME_LIFECYCLE_H
#define MINI_VOLUME_LIFECYCLE_H

#include "lifecycle.h"

extern const struct lifecycle volume_lifecycle;

#endif
