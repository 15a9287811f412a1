/*
 * image_api.h - what the routes of images share, and what other nouns ask about images
 *
 * Book: 2.1, 3.3
 */
#ifndef MINI_IMAGE_API_H
#define MINI_IMAGE_API_H

#include <stdint.h>

#include "api.h"
#include "image.h"
#include "platform.h"

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
/* The same for a platform that was read; NULL: any. */
fallible image_api_is_for(struct engine *engine, const char *reference,
			  const struct platform *wanted);
/* What --platform has become in a query: one JSON object. *wanted is NULL where there is none or
 * the client speaks an API older than minor version `since`, and else `room`. ERROR_INVALID in
 * Docker's words, also for more than one. */
fallible image_api_platform(const struct http_exchange *ex, const char *parameter, int since,
			    struct platform *room, const struct platform **wanted);
/* The image that the route's {name} means, for that platform; the caller frees. */
fallible image_api_find(const struct api *api, const struct http_exchange *ex,
			const struct platform *wanted, struct image **image);

/* repo and tag as the API has them, as one name: a tag that repo brings gives way to `tag`.
 * ERROR_INVALID. The caller frees *name. */
fallible image_api_name(const char *repo, const char *tag, char **name);

/* Tells an event of an image, with its labels; config may be NULL. */
void image_api_event(struct engine *engine, const char *action, const char *id, const char *name,
		     const json_t *config);

/* The event "tag"; name may be the normalized one. */
void image_api_tag_event(struct engine *engine, const struct image *image, const char *name);

/* POST /images/create. A later chapter that can pull has a row of its own for that path, in a
 * table asked before image_transfer_routes, and hands on here what is no pull. */
fallible image_api_create(void *context, struct http_exchange *ex);

#endif
