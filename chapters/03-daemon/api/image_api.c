#include "image_api.h"

#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "image_json.h"
#include "image_user.h"
#include "memory.h"
#include "platform.h"
#include "reference.h"

/* -- for others -- */

int64_t image_api_count(struct engine *engine)
{
	struct image **images = NULL;
	size_t count = 0;
	autoerror e = image_list(engine->images, &images, &count);

	if (e)
		return 0;
	image_list_free(images, count);
	return count;
}

char *image_api_id(struct engine *engine, const char *reference)
{
	autoimage *image = NULL;
	autoerror e = image_resolve(engine->images, reference, &image);

	return e ? NULL : duplicate(image->id.text);
}

int64_t image_api_size(struct engine *engine, const char *id)
{
	autoimage *image = NULL;
	autoerror e = image_resolve_kept(engine->images, id, &image);

	return e ? 0 : image->size;
}

static fallible check_platform(const struct image *image, const char *reference,
			       const struct platform *wanted)
{
	struct platform offered;

	platform_set(&offered, image->os, image->architecture, image->variant);
	if (platform_rank(wanted, &offered))
		return NULL;
	autofree char *has = platform_text(&offered), *whole = platform_text(wanted);
	return error_new(ERROR_NOT_FOUND,
			 "image with reference %s was found but its platform (%s) does not match "
			 "the specified platform (%s)",
			 reference, has, whole);
}

fallible image_api_is_for(struct engine *engine, const char *reference,
			  const struct platform *wanted)
{
	autoimage *image = NULL;

	if (!wanted)
		return NULL;
	autoerror e = image_resolve(engine->images, reference, &image);
	return e ? NULL /* told by who needs the image */
		 : check_platform(image, reference, wanted);
}

fallible image_api_check_platform(struct engine *engine, const char *reference,
				  const char *platform)
{
	struct platform wanted;

	if (!*platform)
		return NULL;
	TRY(platform_parse(platform, &wanted));
	return image_api_is_for(engine, reference, &wanted);
}

static fallible read_platform(const char *text, struct platform *out)
{
	autojson *json = NULL;

	TRY(json_parse(text, strlen(text), "failed to parse platform", &json));
	const char *variant = json_string_at(json, "variant", NULL);
	platform_read(json, out);
	if (!*out->os && !*out->architecture && *variant)
		return error_new(ERROR_INVALID, "optional platform fields provided, but OS and "
						"Architecture are missing");
	if (!*out->os || !*out->architecture)
		return error_new(ERROR_INVALID, "both OS and Architecture must be provided");
	return NULL;
}

fallible image_api_platform(const struct http_exchange *ex, const char *parameter, int since,
			    struct platform *room, const struct platform **wanted)
{
	autowords given = {0};

	*wanted = NULL;
	if (ex->version >= since)
		api_query_all(ex, parameter, &given);
	if (given.count > 1)
		return error_new(ERROR_INVALID, "multiple platform parameters not supported");
	if (!given.count || !*given.items[0])
		return NULL;
	TRY(read_platform(given.items[0], room));
	*wanted = room;
	return NULL;
}

fallible image_api_find(const struct api *api, const struct http_exchange *ex,
			const struct platform *wanted, struct image **out)
{
	const char *name = http_exchange_parameter(ex, "name");
	autoimage *image = NULL;

	TRY(image_resolve_for(api->engine->images, name, wanted, &image));
	if (wanted)
		TRY(check_platform(image, name, wanted));
	*out = steal(&image);
	return NULL;
}

fallible image_api_name(const char *repo, const char *tag, char **name)
{
	autoreference ref = {0};

	TRY(reference_parse(repo, &ref));
	if (!digest_is_none(&ref.digest))
		return error_new(ERROR_INVALID,
				 "refusing to create a tag with a digest reference: '%s'", repo);
	if (*tag && !reference_is_tag(tag))
		return error_new(ERROR_INVALID, "invalid tag format: '%s'", tag);
	autofree char *repository = reference_repository(&ref);
	*name = format("%s:%s", repository, *tag ? tag : ref.tag ? ref.tag : "latest");
	return NULL;
}

void image_api_event(struct engine *engine, const char *action, const char *id, const char *name,
		     const json_t *config)
{
	json_t *labels = json_at(config, "config", "Labels", NULL);
	json_t *attributes = json_is_object(labels) ? json_copy(labels) : json_object();

	json_object_set_new(attributes, "name", json_text_value(name, strlen(name)));
	event_emit(engine->events, "image", action, id, attributes);
}

void image_api_tag_event(struct engine *engine, const struct image *image, const char *name)
{
	autoreference ref = {0};
	autoerror e = reference_parse(name, &ref);
	autofree char *familiar = e ? duplicate(name) : reference_familiar(&ref);

	image_api_event(engine, "tag", image->id.text, familiar, image->config);
}

/* -- routes -- */

static fallible inspect(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	const struct platform *wanted;
	struct platform platform;
	autoimage *image = NULL;

	TRY(image_api_platform(ex, "platform", 49, &platform, &wanted));
	TRY(image_api_find(api, ex, wanted, &image));
	autofree char *parent = *image->parent ? image_api_id(api->engine, image->parent) : NULL;
	if (!parent)
		image->parent = ""; /* it may have been removed since */
	autojson *body = image_inspect_json(image, ex->version);
	return http_reply_json(ex, 200, body);
}

static fallible history(void *context, struct http_exchange *ex)
{
	const struct platform *wanted;
	struct platform platform;
	autoimage *image = NULL;

	TRY(image_api_platform(ex, "platform", 48, &platform, &wanted));
	TRY(image_api_find(context, ex, wanted, &image));
	autojson *body = image_history_json(image);
	return http_reply_json(ex, 200, body);
}

static fallible tag(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autoimage *image = NULL;
	autofree char *name = NULL;

	TRY(image_api_name(http_exchange_query(ex, "repo", ""), http_exchange_query(ex, "tag", ""),
			   &name));
	TRY(image_api_find(api, ex, NULL, &image));
	TRY(image_tag(api->engine->images, image->id.text, name));
	image_api_tag_event(api->engine, image, name);
	return http_reply_empty(ex, 201);
}

static void tell_removal(struct engine *engine, const struct image *image, const json_t *report)
{
	const json_t *row;
	size_t i;

	json_array_foreach (report, i, row) {
		const char *deleted = json_string_value(json_object_get(row, "Deleted"));

		if (json_object_get(row, "Untagged"))
			image_api_event(engine, "untag", image->id.text, image->id.text,
					image->config);
		else if (deleted && strcmp(deleted, image->id.text) == 0)
			image_api_event(engine, "delete", deleted, deleted, image->config);
	}
}

static fallible remove_handle(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	const struct platform *wanted;
	struct platform platform;
	autoimage *image = NULL;
	autojson *report = NULL;
	struct image_remove_options options = {
		.force = http_exchange_query_flag(ex, "force", false),
		.keep_parents = http_exchange_query_flag(ex, "noprune", false),
		.user = image_user,
		.context = api->engine,
	};

	TRY(image_api_platform(ex, "platforms", 50, &platform, &wanted));
	TRY(image_api_find(api, ex, NULL, &image));
	if (wanted)
		TRY(check_platform(image, http_exchange_parameter(ex, "name"), wanted));
	TRY(image_remove(api->engine->images, http_exchange_parameter(ex, "name"), &options,
			 &report));
	tell_removal(api->engine, image, report);
	return http_reply_json(ex, 200, report);
}

const struct route image_routes[] = {
	{"GET", "/images/{name...}/json", inspect, "2.1"},
	{"GET", "/images/{name...}/history", history, "2.1"},
	{"POST", "/images/{name...}/tag", tag, "2.3"},
	{"DELETE", "/images/{name...}", remove_handle, "2.3"},
	{0},
};
