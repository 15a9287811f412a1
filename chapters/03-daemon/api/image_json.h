/*
 * image_json.h - an image in the forms of the API
 *
 * Standard: Engine API, ImageSummary, ImageInspect, ImageHistoryResponseItem. Book: 2.1
 */
#ifndef MINI_IMAGE_JSON_H
#define MINI_IMAGE_JSON_H

#include "image.h"

/* A row of a list. version: the minor API version that the client speaks. tags: those to show, an
 * array. The caller owns the result of each. */
json_t *image_summary_json(const struct image *image, const json_t *tags, int version);
json_t *image_inspect_json(const struct image *image, int version);
/* Newest step first. */
json_t *image_history_json(const struct image *image);

#endif
