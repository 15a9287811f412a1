#include <string.h>

#include "distribution_error.h"
#include "explain.h"
#include "memory.h"
#include "reference.h"
#include "registry_api.h"
#include "registry_document.h"
#include "text.h"

/* -- what is meant -- */

/* {reference} is a digest or a tag; only a digest has a colon. */
static fallible check_tag(const char *tag)
{
	if (reference_is_tag(tag))
		return NULL;
	return error_coded(&distribution_tag_invalid,
			   "'%.150s' is no tag: letters, digits, '_', '.' and '-', at most %d, and "
			   "no '.' or '-' first",
			   tag, REFERENCE_TAG_LIMIT);
}

static fallible check_reference(const char *reference)
{
	struct digest digest;

	return strchr(reference, ':') ? registry_api_digest(reference, &digest)
				      : check_tag(reference);
}

fallible registry_api_reference(const struct http_exchange *ex, const char **name,
				const char **reference)
{
	*reference = http_exchange_parameter(ex, "reference");
	TRY(registry_api_name(ex, name));
	return check_reference(*reference);
}

/* -- GET and HEAD -- */

static bool has_already(const struct http_exchange *ex, const char *tag)
{
	const char *known = http_exchange_header(ex, "If-None-Match");

	return known && (strstr(known, tag) || strcmp(known, "*") == 0);
}

static fallible reply_manifest(struct registry *registry, struct http_exchange *ex,
			       const struct registry_manifest *found)
{
	autofree char *tag = format("\"%s\"", found->digest.text);
	autoclose int fd = -1;

	registry_api_tell_digest(ex, &found->digest);
	http_exchange_add_header(ex, "ETag", tag);
	if (has_already(ex, tag))
		return http_reply_empty(ex, 304);
	TRY(content_open_blob(registry->content, &found->digest, found->size, &fd));
	return http_reply_file(ex, 200, found->media_type, fd, 0, found->size);
}

fallible registry_manifest_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	auto_registry_manifest found = {0};
	const char *name, *reference;

	TRY(registry_api_reference(ex, &name, &reference));
	uint64_t began = explain_clock();
	TRY(registry_store_find_manifest(registry->store, name, reference, &found));
	explain(began, "4.4", "a tag is a record that names a digest", "%s:%s -> %.20s...", name,
		reference, found.digest.text);
	return reply_manifest(registry, ex, &found);
}

/* -- PUT -- */

/* The tag of the path, or those of ?tag=...&tag=... beside a digest. */
static fallible read_tags(const struct http_exchange *ex, const char *reference, struct words *tags)
{
	const struct http_fields *query = &ex->request->query;

	if (!strchr(reference, ':'))
		words_append(tags, reference);
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->items[i].name, "tag") != 0)
			continue;
		TRY(check_tag(query->items[i].value));
		words_append(tags, query->items[i].value);
	}
	return NULL;
}

static fallible read_body(struct http_exchange *ex, struct buffer *body)
{
	struct error *e = http_connection_read_all(ex->connection, REGISTRY_MANIFEST_LIMIT, body);

	if (!e || e->class != ERROR_TOO_LARGE)
		return e;
	error_free(e);
	return error_coded(&distribution_manifest_too_large, "a manifest has at most %d bytes here",
			   REGISTRY_MANIFEST_LIMIT);
}

/* What it is called: as its path says, or by sha256. */
static fallible name_content(const char *reference, const struct buffer *body,
			     struct digest *digest)
{
	struct digest told = {0};

	digest_of(body->data, body->length, digest);
	if (!strchr(reference, ':'))
		return NULL;
	TRY(registry_api_digest(reference, &told));
	autohasher *hasher = hasher_create(&told);
	hasher_update(hasher, body->data, body->length);
	hasher_finish(hasher, digest);
	if (digest_equal(digest, &told))
		return NULL;
	return error_coded(&distribution_digest_invalid,
			   "the manifest has the digest %s, its path says %s", digest->text,
			   told.text);
}

static void tell_stored(struct http_exchange *ex, const char *name, const char *reference,
			const struct registry_manifest *manifest, const struct words *tags)
{
	registry_api_tell_location(ex, name, "manifests/%s", reference);
	registry_api_tell_digest(ex, &manifest->digest);
	if (manifest->subject)
		http_exchange_add_header(ex, "OCI-Subject", manifest->subject);
	if (strchr(reference, ':'))
		for (size_t i = 0; i < tags->count; i++)
			http_exchange_add_header(ex, "OCI-Tag", tags->items[i]);
}

static fallible manifest_put(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	auto_registry_manifest manifest = {0};
	autobuffer body = {0};
	autowords tags = {0};
	const char *name, *reference;
	int64_t repository;

	TRY(registry_api_reference(ex, &name, &reference));
	TRY(read_tags(ex, reference, &tags));
	TRY(read_body(ex, &body));
	TRY(name_content(reference, &body, &manifest.digest));
	manifest.size = (int64_t)body.length;
	TRY(registry_document_read(body.data, body.length, http_exchange_header(ex, "Content-Type"),
				   &manifest));
	TRY(registry_store_create(registry->store, name, &repository));
	TRY(registry_put_manifest(registry, repository, &manifest, &body, &tags));
	tell_stored(ex, name, reference, &manifest, &tags);
	return http_reply_empty(ex, 201);
}

/* -- DELETE -- */

static fallible manifest_delete(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *name, *reference;
	struct digest digest;

	TRY(registry_api_reference(ex, &name, &reference));
	if (!strchr(reference, ':')) {
		TRY(registry_store_remove_tag(registry->store, name, reference));
		return http_reply_empty(ex, 202);
	}
	TRY(registry_api_digest(reference, &digest));
	TRY(registry_store_remove_manifest(registry->store, name, &digest));
	TRY(registry_release(registry, &digest));
	return http_reply_empty(ex, 202);
}

const struct route registry_manifest_routes[] = {
	{"GET", "/v2/{name...}/manifests/{reference}", registry_manifest_get, "4.2", ACTION_PULL},
	{"HEAD", "/v2/{name...}/manifests/{reference}", registry_manifest_get, "4.2", ACTION_PULL},
	{"PUT", "/v2/{name...}/manifests/{reference}", manifest_put, "4.2", ACTION_PUSH},
	{"DELETE", "/v2/{name...}/manifests/{reference}", manifest_delete, "4.2", ACTION_DELETE},
	{0},
};
