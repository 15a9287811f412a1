#include "registry_document.h"

#include <stdbool.h>
#include <string.h>

#include "descriptor.h"
#include "distribution_error.h"
#include "json.h"
#include "memory.h"

#define EDGES_MOST 20000

/* -- the media type -- */

static bool is_known(const char *type)
{
	static const char *const known[] = {MEDIA_INDEX, MEDIA_MANIFEST, MEDIA_DOCKER_LIST,
					    MEDIA_DOCKER_MANIFEST};

	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(known[i], type) == 0)
			return true;
	return false;
}

/* The header without parameters; where there is none, what the document says. */
static fallible choose_type(const char *header, const char *own, char **out)
{
	size_t length = header ? strcspn(header, "; \t") : 0;
	autofree char *type = length ? duplicate_range(header, length) : duplicate(own);

	if (!*type)
		return error_coded(&distribution_manifest_invalid,
				   "a manifest needs a media type: the header Content-Type, or its "
				   "member 'mediaType'");
	if (*own && strcmp(own, type) != 0)
		return error_coded(&distribution_manifest_invalid,
				   "the manifest says that it is '%.200s', the header Content-Type "
				   "'%.200s'",
				   own, type);
	if (strlen(type) > 255 || strpbrk(type, "\r\n"))
		return error_coded(&distribution_manifest_invalid, "this is no media type");
	*out = steal(&type);
	return NULL;
}

/* -- what it needs -- */

/* A layer that is fetched elsewhere, as Windows' base layers were. */
static bool is_elsewhere(const json_t *descriptor)
{
	return json_array_size(json_object_get(descriptor, "urls")) > 0;
}

static fallible add_edge(struct registry_manifest *out, const json_t *json, bool manifest,
			 bool strict, const char *what)
{
	struct descriptor descriptor;
	autoerror bad = descriptor_parse(json, what, &descriptor);

	if (bad && strict)
		return error_coded(&distribution_manifest_invalid, "%s", bad->message);
	if (bad)
		return NULL;
	if (out->edge_count == EDGES_MOST)
		return error_coded(&distribution_manifest_invalid,
				   "the manifest needs more than %d others", EDGES_MOST);
	out->edges = reallocate(out->edges, out->edge_count + 1, sizeof(*out->edges));
	out->edges[out->edge_count++] = (struct registry_edge){
		.digest = descriptor.digest,
		.manifest = manifest,
		.optional = !strict || is_elsewhere(json) ||
			    (manifest && descriptor_kind(&descriptor) == DESCRIPTOR_OTHER),
	};
	return NULL;
}

static const struct member {
	const char *key;
	bool manifest;
} lists[] = {{"layers", false}, {"blobs", false}, {"manifests", true}};

static fallible add_list(struct registry_manifest *out, const json_t *document,
			 const struct member *member, bool strict)
{
	const json_t *list = json_object_get(document, member->key);
	const json_t *item;
	size_t i;

	if (list && !json_is_array(list) && strict)
		return error_coded(&distribution_manifest_invalid,
				   "'%s' of the manifest is no list", member->key);
	json_array_foreach (list, i, item)
		TRY(add_edge(out, item, member->manifest, strict, member->key));
	return NULL;
}

static fallible read_edges(struct registry_manifest *out, const json_t *document, bool strict)
{
	const json_t *config = json_object_get(document, "config");

	if (config)
		TRY(add_edge(out, config, false, strict, "config"));
	for (size_t i = 0; i < countof(lists); i++)
		TRY(add_list(out, document, &lists[i], strict));
	return NULL;
}

/* -- what a referrer is -- */

static fallible read_subject(struct registry_manifest *out, const json_t *document, bool strict)
{
	const json_t *subject = json_object_get(document, "subject");
	struct descriptor descriptor;

	if (!subject || json_is_null(subject))
		return NULL;
	autoerror bad = descriptor_parse(subject, "subject", &descriptor);
	if (bad && strict)
		return error_coded(&distribution_manifest_invalid, "%s", bad->message);
	if (!bad)
		out->subject = duplicate(descriptor.digest.text);
	return NULL;
}

/* Of an image manifest without one, the type of its config stands for it; of an index nothing. */
static void read_about(struct registry_manifest *out, const json_t *document)
{
	const char *type = json_string_at(document, "artifactType", NULL);
	const json_t *annotations = json_object_get(document, "annotations");

	if (!*type)
		type = json_string_at(document, "config", "mediaType", NULL);
	out->artifact_type = *type ? duplicate(type) : NULL;
	out->annotations = json_object_size(annotations) ? json_text(annotations) : NULL;
}

fallible registry_document_read(const char *bytes, size_t length, const char *type,
				struct registry_manifest *out)
{
	autojson *document = NULL;
	autoerror bad = json_parse(bytes, length, "the manifest", &document);

	if (bad)
		return error_coded(&distribution_manifest_invalid, "%s", bad->message);
	if (!json_is_object(document))
		return error_coded(&distribution_manifest_invalid,
				   "the manifest is no JSON object");
	TRY(choose_type(type, json_string_at(document, "mediaType", NULL), &out->media_type));
	bool strict = is_known(out->media_type);
	TRY(read_edges(out, document, strict));
	TRY(read_subject(out, document, strict));
	read_about(out, document);
	return NULL;
}
