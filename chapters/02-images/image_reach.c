#include "image_reach.h"

#include "image_store.h"
#include "json.h"
#include "memory.h"

void image_reach_finish(struct image_reach *reach)
{
	digest_set_finish(&reach->seen);
}

static fallible reach_one(struct image_reach *reach, const json_t *json, const char *what,
			  int depth);

static fallible reach_each(struct image_reach *reach, const json_t *document, const char *key,
			   int depth)
{
	json_t *array, *item;
	size_t i;

	TRY(json_get_array(document, key, &array));
	json_array_foreach (array, i, item)
		TRY(reach_one(reach, item, key, depth));
	return NULL;
}

static fallible reach_member(struct image_reach *reach, const json_t *document, const char *key,
			     int depth)
{
	const json_t *member = json_at(document, key, NULL);

	return member ? reach_one(reach, member, key, depth) : NULL;
}

/* Members that lead on. Those of a kind are not there in the other: image_read_document() sees to
 * it. */
static fallible reach_members(struct image_reach *reach, const struct descriptor *descriptor,
			      int depth)
{
	autojson *document = NULL;

	if (++reach->documents > IMAGE_REACH_DOCUMENTS)
		return error_new(ERROR_TOO_LARGE, "an image leads to more than %d documents",
				 IMAGE_REACH_DOCUMENTS);
	TRY(image_read_document(reach->store, descriptor, "an image's manifest or index",
				&document));
	TRY(reach_each(reach, document, "manifests", depth));
	TRY(reach_member(reach, document, "config", depth));
	TRY(reach_each(reach, document, "layers", depth));
	TRY(reach_member(reach, document, "subject", depth));
	if (descriptor_kind(descriptor) == DESCRIPTOR_MANIFEST && reach->manifest)
		return reach->manifest(reach->context, descriptor);
	return NULL;
}

static fallible reach_there(struct image_reach *reach, const struct descriptor *descriptor,
			    const char *what, int depth)
{
	bool document = *descriptor->media_type && descriptor_kind(descriptor) != DESCRIPTOR_OTHER;

	if (reach->visit)
		TRY(reach->visit(reach->context, descriptor));
	/* Without a media type it is a manifest only where manifests are listed. */
	if (!document && (*descriptor->media_type || depth))
		return NULL;
	if (depth == IMAGE_REACH_DEPTH)
		return error_new(ERROR_TOO_LARGE,
				 "%s: documents lead to each other more than %d times", what,
				 IMAGE_REACH_DEPTH);
	return reach_members(reach, descriptor, depth + 1);
}

static fallible is_there(struct image_reach *reach, const struct descriptor *descriptor,
			 bool *there)
{
	struct error *e = content_stat(reach->store->content, &descriptor->digest, NULL);

	*there = !e;
	if (e && e->class != ERROR_NOT_FOUND)
		return e;
	error_free(e);
	return NULL;
}

static fallible reach_one(struct image_reach *reach, const json_t *json, const char *what,
			  int depth)
{
	struct descriptor descriptor;

	TRY(descriptor_parse(json, what, &descriptor));
	if (!digest_set_add(&reach->seen, &descriptor.digest))
		return NULL;
	bool there;
	TRY(is_there(reach, &descriptor, &there));
	if (!there && reach->missing) {
		TRY(reach->missing(reach->context, &descriptor));
		TRY(is_there(reach, &descriptor, &there));
	}
	return there ? reach_there(reach, &descriptor, what, depth) : NULL;
}

fallible image_reach(struct image_reach *reach, const json_t *descriptor)
{
	reach->documents = 0;
	return reach_one(reach, descriptor, "an entry of index.json", 0);
}
