/*
 * How much disk everything takes, and what can go: `docker system df`, `docker container prune`,
 * `docker image prune`.
 */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "container_size.h"
#include "container_summary.h"
#include "digest_set.h"
#include "filters.h"
#include "image_api.h"
#include "image_json.h"
#include "image_user.h"
#include "memory.h"
#include "prune_wish.h"
#include "text.h"

/* -- df -- */

static fallible containers_json(struct engine *engine, json_t **out)
{
	auto_container_array all = {0};
	autojson *rows = json_array();

	container_array_fill(&all, engine);
	for (size_t i = 0; i < all.count; i++) {
		autojson *document = container_inspect(all.items[i]);
		json_t *row;

		TRY(container_row(engine, all.items[i], document, true, &row));
		json_array_append_new(rows, row);
	}
	*out = steal(&rows);
	return NULL;
}

static json_int_t count_users(const json_t *containers, const char *image_id)
{
	const json_t *row;
	json_int_t count = 0;
	size_t i;

	json_array_foreach (containers, i, row)
		count += strcmp(json_string_at(row, "ImageID", NULL), image_id) == 0;
	return count;
}

/* How many of the images have this layer. */
static size_t count_sharers(struct image *const *images, size_t count, const struct digest *chain)
{
	size_t sharers = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < images[i]->layer_count; k++)
			sharers += digest_equal(&images[i]->layers[k].chain_id, chain);
	return sharers;
}

static json_int_t shared_size(struct image *const *images, size_t count, const struct image *image)
{
	json_int_t shared = 0;

	for (size_t k = 0; k < image->layer_count; k++)
		if (count_sharers(images, count, &image->layers[k].chain_id) > 1)
			shared += image->layers[k].size;
	return shared;
}

/* Every layer once: a layer counts in the first image that has it. */
static json_int_t layers_size(struct image *const *images, size_t count)
{
	json_int_t size = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < images[i]->layer_count; k++)
			if (!count_sharers(images, i, &images[i]->layers[k].chain_id))
				size += images[i]->layers[k].size;
	return size;
}

static json_t *tags_json(const struct image *image)
{
	json_t *tags = json_array();

	for (size_t i = 0; i < image->tag_count; i++)
		json_array_append_new(tags, json_string(image->tags[i]));
	return tags;
}

static json_t *images_json(struct image *const *images, size_t count, const json_t *containers,
			   int version)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++) {
		autojson *tags = tags_json(images[i]);
		json_t *row = image_summary_json(images[i], tags, version);

		json_object_set_new(row, "SharedSize",
				    json_integer(shared_size(images, count, images[i])));
		json_object_set_new(row, "Containers",
				    json_integer(count_users(containers, images[i]->id.text)));
		json_array_append_new(rows, row);
	}
	return rows;
}

static fallible disk_usage(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *containers = NULL;
	struct image **images = NULL;
	size_t count = 0;

	TRY(containers_json(api->engine, &containers));
	TRY(image_list(api->engine->images, &images, &count));
	autojson *body =
		json_pack("{s:I, s:o, s:O, s:[], s:[]}", "LayersSize", layers_size(images, count),
			  "Images", images_json(images, count, containers, ex->version),
			  "Containers", containers, "Volumes", "BuildCache");
	image_list_free(images, count);
	TRY(lifecycle_usage(api->engine, body));
	return http_reply_json(ex, 200, body);
}

/* -- prune -- */

static const char *const prune_filters[] = {"dangling", "label", "label!", "until", NULL};

static bool is_idle(const json_t *document)
{
	static const char *const states[] = {"created", "exited", "dead"};
	const char *status = json_string_at(document, "State", "Status", NULL);

	for (size_t i = 0; i < countof(states); i++)
		if (strcmp(status, states[i]) == 0)
			return true;
	return false;
}

/* One that starts or goes meanwhile is left alone: it is not idle any more. */
static void prune_container(const struct prune_wish *wish, struct container *container,
			    json_t *deleted, uint64_t *reclaimed)
{
	autojson *document = container_inspect(container);
	struct timespec created = {0};
	uint64_t size = 0;

	error_free(time_parse(json_string_at(document, "Created", NULL), &created));
	if (!is_idle(document) ||
	    !prune_wish_matches(wish, created, json_at(document, "Config", "Labels", NULL)))
		return;
	error_free(container_size_written(container->engine, container, &size));
	autoerror e = container_remove(container, false, false);
	if (e)
		return;
	json_array_append_new(deleted, json_string(container->id));
	*reclaimed += size;
}

static fallible prune_containers(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	auto_prune_wish wish = {0};
	auto_container_array all = {0};
	uint64_t reclaimed = 0;

	TRY(prune_wish_read(ex, prune_filters, &wish));
	autojson *deleted = json_array();
	container_array_fill(&all, api->engine);
	for (size_t i = 0; i < all.count; i++)
		prune_container(&wish, all.items[i], deleted, &reclaimed);
	prune_wish_tell(api->engine, "container", reclaimed);
	autojson *body = json_pack("{s:O, s:I}", "ContainersDeleted", deleted, "SpaceReclaimed",
				   (json_int_t)reclaimed);
	return http_reply_json(ex, 200, body);
}

/* Why an image stays: a container has it, or it has a name and only nameless ones were meant. */
static bool is_wanted(const struct image *image, bool dangling, const json_t *containers)
{
	return (dangling && image->tag_count) || count_users(containers, image->id.text);
}

/* What its layers took, of those that have gone; one that several images had, once. */
static uint64_t freed(struct layer_store *layers, const struct image *image,
		      struct digest_set *counted)
{
	uint64_t size = 0;

	for (size_t i = 0; i < image->layer_count; i++)
		if (!layer_exists(layers, &image->layers[i].chain_id) &&
		    digest_set_add(counted, &image->layers[i].chain_id))
			size += image->layers[i].size;
	return size;
}

/* Whether it has gone. */
static bool prune_image(struct engine *engine, const struct image *image, json_t *deleted)
{
	const struct image_remove_options options = {
		.force = true, .spare_used = true, .user = image_user, .context = engine};
	autojson *report = NULL;
	autoerror e = image_remove(engine->images, image->id.text, &options, &report);

	if (e)
		return false; /* taken into use or removed meanwhile */
	json_array_extend(deleted, report);
	image_api_event(engine, "delete", image->id.text, image->id.text, image->config);
	return true;
}

static fallible prune_images(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	auto_prune_wish wish = {0};
	autojson *containers = NULL;
	autodigest_set counted = {0};
	struct image **images = NULL;
	uint64_t reclaimed = 0;
	size_t count = 0, gone = 0;
	bool dangling = true;

	TRY(prune_wish_read(ex, prune_filters, &wish));
	TRY(filters_boolean(&wish.filters, "dangling", true, &dangling));
	TRY(containers_json(api->engine, &containers));
	TRY(image_list(api->engine->images, &images, &count));
	autojson *deleted = json_array();
	for (size_t i = 0; i < count; i++)
		if (!is_wanted(images[i], dangling, containers) &&
		    prune_wish_matches(&wish, images[i]->created,
				       json_at(images[i]->config, "config", "Labels", NULL)) &&
		    prune_image(api->engine, images[i], deleted)) {
			struct image *kept = images[gone]; /* the gone ones come first */

			images[gone++] = images[i];
			images[i] = kept;
		}
	for (size_t i = 0; i < gone; i++)
		reclaimed += freed(image_store_layers(api->engine->images), images[i], &counted);
	image_list_free(images, count);
	prune_wish_tell(api->engine, "image", reclaimed);
	autojson *body = json_pack("{s:o, s:I}", "ImagesDeleted",
				   json_array_size(deleted) ? json_incref(deleted) : json_null(),
				   "SpaceReclaimed", (json_int_t)reclaimed);
	return http_reply_json(ex, 200, body);
}

const struct route disk_usage_routes[] = {
	{"GET", "/system/df", disk_usage, "2.6"},
	{"POST", "/containers/prune", prune_containers, "3.4"},
	{"POST", "/images/prune", prune_images, "2.3"},
	{0},
};
