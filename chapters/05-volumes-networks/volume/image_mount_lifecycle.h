/*
 * image_mount_lifecycle.h - --mount type=image: the files of another image, to read
 *
 * Which image a name means is settled when the container is made; its id is the Source in the
 * document's Mounts. At each start its layers become an overlay, mounted nowhere, as the
 * container's own root does.
 *
 * Standard: Engine API 1.48, Mount. Book: 5.3
 */
#ifndef MINI_IMAGE_MOUNT_LIFECYCLE_H
#define MINI_IMAGE_MOUNT_LIFECYCLE_H

#include "lifecycle.h"

extern const struct lifecycle image_mount_lifecycle;

#endif
