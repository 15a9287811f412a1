/*
 * image_api.h - questions about images that other nouns' routes have
 */
#ifndef MINI_IMAGE_API_H
#define MINI_IMAGE_API_H

#include <stdint.h>

#include "error.h"

struct engine;

/* How many images there are, with and without names. */
int64_t image_api_count(struct engine *engine);
/* The id ("sha256:...") that a reference means now, NULL for none. The caller frees. */
char *image_api_id(struct engine *engine, const char *reference);
/* Bytes of all layers of an image; 0 for an unknown one. */
int64_t image_api_size(struct engine *engine, const char *id);
/* platform: "linux/arm64", "linux", or "" for any. ERROR_NOT_FOUND when the image is there and is
 * for another one. An image that is not there is no error here. */
fallible image_api_check_platform(struct engine *engine, const char *reference,
				  const char *platform);

#endif
