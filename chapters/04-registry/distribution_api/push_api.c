/* POST /images/{name}/push. */
#include <stdlib.h>
#include <string.h>

#include "distribution_api.h"
#include "image_api.h"
#include "memory.h"
#include "remote_push.h"
#include "text.h"

/* What --platform asks for has to be what the image is for. */
static fallible check_platform(struct distribution *d, const char *image)
{
	struct platform room;
	const struct platform *wanted;

	TRY(image_api_platform(d->ex, "platform", 46, &room, &wanted));
	return image_api_is_for(d->engine, image, wanted);
}

static fallible push_one(struct distribution *d, const struct reference *ref)
{
	const struct remote_push_order order = {
		.session = &d->session,
		.store = d->engine->images,
		.ref = ref,
		.tell = distribution_tell,
		.context = d,
	};
	autofree char *whole = reference_familiar(ref);
	autofree char *name = reference_familiar_repository(ref);
	struct descriptor pushed;

	TRY(check_platform(d, whole));
	TRY(remote_push(&order, &pushed));
	distribution_tell_text(d, "%s: digest: %s size: %lld", ref->tag, pushed.digest.text,
			       (long long)pushed.size);
	distribution_tell_aux(d, json_pack("{s:s, s:s, s:I}", "Tag", ref->tag, "Digest",
					   pushed.digest.text, "Size", (json_int_t)pushed.size));
	autoimage *image = NULL;
	autoerror gone = image_resolve(d->engine->images, whole, &image);
	image_api_event(d->engine, "push", whole, name, gone ? NULL : image->config);
	return NULL;
}

/* The tags that the repository has here; an array of strings. */
static fallible tags_of(struct image_store *store, const struct reference *ref, json_t **tags)
{
	autofree char *repository = reference_familiar_repository(ref);
	autofree char *prefix = format("%s:", repository);
	struct image **images;
	size_t count;

	TRY(image_list(store, &images, &count));
	*tags = json_array();
	for (size_t i = 0; i < count; i++)
		for (size_t t = 0; t < images[i]->tag_count; t++)
			if (text_has_prefix(images[i]->tags[t], prefix))
				json_array_append_new(
					*tags, json_string(images[i]->tags[t] + strlen(prefix)));
	image_list_free(images, count);
	return NULL;
}

static fallible push_all(struct distribution *d, struct reference *ref)
{
	autofree char *name = reference_familiar_repository(ref);
	autojson *tags = NULL;
	json_t *tag;
	size_t i;

	TRY(tags_of(d->engine->images, ref, &tags));
	if (!json_array_size(tags))
		return error_new(ERROR_NOT_FOUND,
				 "An image does not exist locally with the tag: %s", name);
	json_array_foreach (tags, i, tag) {
		free(ref->tag);
		ref->tag = duplicate(json_string_value(tag));
		TRY(push_one(d, ref));
	}
	return NULL;
}

static fallible push_some(struct distribution *d, struct reference *ref)
{
	autofree char *repository = reference_repository(ref);
	autofree char *name = reference_familiar_repository(ref);
	autojson *tags = NULL;

	distribution_tell_text(d, "The push refers to repository [%s]", repository);
	if (!ref->tag)
		return push_all(d, ref);
	TRY(tags_of(d->engine->images, ref, &tags));
	if (!json_array_size(tags))
		return error_new(ERROR_NOT_FOUND,
				 "An image does not exist locally with the tag: %s", name);
	return push_one(d, ref);
}

static fallible read_reference(struct http_exchange *ex, struct reference *ref)
{
	const char *tag = http_exchange_query(ex, "tag", "");

	TRY(reference_parse(http_exchange_parameter(ex, "name"), ref));
	if (!digest_is_none(&ref->digest))
		return error_new(ERROR_INVALID, "cannot push a digest reference");
	if (*tag && !reference_is_tag(tag))
		return error_new(ERROR_INVALID, "invalid tag format: '%s'", tag);
	if (*tag) {
		free(ref->tag);
		ref->tag = duplicate(tag);
	}
	return NULL;
}

static fallible push(void *context, struct http_exchange *ex)
{
	auto_distribution d = {0};
	autoreference ref = {0};

	TRY(read_reference(ex, &ref));
	TRY(distribution_begin(context, ex, &d));
	return distribution_end(&d, push_some(&d, &ref));
}

const struct route push_routes[] = {
	{"POST", "/images/{name...}/push", push, "4.8"},
	{0},
};
