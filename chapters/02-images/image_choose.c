#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"

#define INDEX_DEPTH    8   /* of indexes in indexes */
#define DOCUMENT_LIMIT 256 /* that one choice may have to read */
#define OFFERED_LIMIT  400 /* bytes of a message */

struct choice {
	struct image_store *store;
	const struct platform *wanted;
	struct descriptor best;
	unsigned int rank; /* of the best; 0: none yet */
	size_t documents;
	struct buffer offered; /* platforms that there are, for the message */
};

static fallible read_document(struct choice *c, const struct descriptor *descriptor, json_t **out)
{
	if (++c->documents > DOCUMENT_LIMIT)
		return error_new(ERROR_TOO_LARGE, "the image's index leads to more than %d others",
				 DOCUMENT_LIMIT);
	return image_read_document(c->store, descriptor, "the image's index", out);
}

/* Where the index does not say it, the config does. What is not here cannot be run either. */
static fallible platform_of_manifest(struct choice *c, const struct descriptor *manifest,
				     struct platform *out)
{
	autojson *document = NULL, *config = NULL;
	struct descriptor descriptor;

	TRY(read_document(c, manifest, &document));
	TRY(descriptor_parse(json_at(document, "config", NULL), "the manifest's config",
			     &descriptor));
	TRY(read_document(c, &descriptor, &config));
	platform_read(config, out);
	return NULL;
}

static void note_offered(struct choice *c, const struct platform *platform)
{
	autofree char *text = platform_text(platform);

	if (c->offered.length < OFFERED_LIMIT)
		buffer_printf(&c->offered, "%s%s", c->offered.length ? ", " : "", text);
}

static void offer(struct choice *c, const struct descriptor *manifest,
		  const struct platform *platform)
{
	unsigned int rank = platform_rank(c->wanted, platform);

	note_offered(c, platform);
	if (rank <= c->rank)
		return;
	c->rank = rank;
	c->best = *manifest;
	c->best.media_type = descriptor_known_type(manifest); /* the document goes */
}

static fallible choose_in(struct choice *c, const struct descriptor *index, int depth);

static fallible consider(struct choice *c, const json_t *entry, int depth)
{
	const json_t *told = json_at(entry, "platform", NULL);
	struct descriptor descriptor;
	struct platform platform;

	TRY(descriptor_parse(entry, "an entry of the image's index", &descriptor));
	if (*json_string_at(entry, "artifactType", NULL))
		return NULL;
	if (descriptor_kind(&descriptor) == DESCRIPTOR_INDEX)
		return choose_in(c, &descriptor, depth + 1);
	if (descriptor_kind(&descriptor) != DESCRIPTOR_MANIFEST)
		return NULL;
	platform_read(told, &platform);
	if (!told) {
		autoerror unknown = platform_of_manifest(c, &descriptor, &platform);

		if (unknown && unknown->class == ERROR_TOO_LARGE)
			return steal(&unknown);
		if (unknown)
			return NULL;
	}
	/* What belongs to an image without being one is for "unknown". */
	if (strcmp(platform.os, "unknown") != 0)
		offer(c, &descriptor, &platform);
	return NULL;
}

static fallible choose_in(struct choice *c, const struct descriptor *index, int depth)
{
	autojson *document = NULL;
	json_t *entry;
	size_t i;

	if (depth == INDEX_DEPTH)
		return error_new(ERROR_INVALID, "the image's index is in more than %d indexes",
				 INDEX_DEPTH);
	autoerror missing = content_stat(c->store->content, &index->digest, NULL);
	if (missing && depth)
		return NULL;
	TRY(read_document(c, index, &document));
	json_array_foreach (image_index_entries(document), i, entry)
		TRY(consider(c, entry, depth));
	return NULL;
}

static fallible choose(struct choice *c, const struct descriptor *index)
{
	autofree char *wanted = platform_text(c->wanted);

	TRY(choose_in(c, index, 0));
	if (c->rank)
		return NULL;
	if (!c->offered.length)
		return error_new(ERROR_NOT_EXECUTABLE,
				 "%s is kept, but has no image that could be run",
				 index->digest.text);
	return error_new(ERROR_NOT_FOUND,
			 "no match for platform in manifest: the image is not for %s, only for %s",
			 wanted, c->offered.data);
}

fallible image_choose_manifest(struct image_store *store, const struct descriptor *from,
			       const struct platform *wanted, struct descriptor *out)
{
	struct platform host;
	struct choice c = {.store = store, .wanted = wanted ? wanted : &host};

	*out = *from;
	if (descriptor_kind(from) == DESCRIPTOR_OTHER)
		return error_new(ERROR_NOT_EXECUTABLE,
				 "%s is kept, but is no image that could be run: it is '%s'",
				 from->digest.text, from->media_type);
	if (descriptor_kind(from) == DESCRIPTOR_MANIFEST)
		return NULL;
	platform_host(&host);
	struct error *e = choose(&c, from);
	*out = c.best;
	buffer_finish(&c.offered);
	return e;
}
