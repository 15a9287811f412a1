#include "remote_manifest.h"

#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "memory.h"

const char remote_manifest_accept[] =
	MEDIA_MANIFEST ", " MEDIA_INDEX ", " MEDIA_DOCKER_MANIFEST ", " MEDIA_DOCKER_LIST;

static fallible ask(struct remote_registry *registry, const char *method, const char *reference,
		    struct remote_reply *reply)
{
	struct remote_request request = {.method = method, .limit = REMOTE_MANIFEST_LIMIT};
	autofree char *path =
		format("%s/manifests/%s", remote_registry_repository(registry), reference);
	uint64_t began = explain_clock();

	http_fields_add(&request.headers, "Accept", remote_manifest_accept);
	struct error *e = remote_registry_perform(registry, &request, path, reply);
	http_fields_finish(&request.headers);
	TRY(e);
	explain(began, "4.6", "a tag becomes a digest, and a digest a list of layers",
		"curl -X %s -H 'Accept: %s' %s/v2/%s # %d", method, MEDIA_INDEX,
		remote_registry_base(registry), path, reply->status);
	return NULL;
}

/* -- what the answer is -- */

/* "application/json; charset=utf-8": without what follows. The document says it itself, or else the
 * header does. */
static void find_type(const json_t *document, const struct remote_reply *reply,
		      struct descriptor *out)
{
	const char *header = http_fields_header(&reply->headers, "Content-Type");
	const char *own = json_string_at(document, "mediaType", NULL);
	autofree char *text =
		*own ? duplicate(own)
		     : duplicate_range(header ? header : "", header ? strcspn(header, "; ") : 0);
	struct descriptor told = {.media_type = text};

	out->media_type = descriptor_known_type(&told);
	if (!*out->media_type && json_at(document, "manifests", NULL))
		out->media_type = MEDIA_INDEX;
	if (!*out->media_type && json_at(document, "layers", NULL))
		out->media_type = MEDIA_MANIFEST;
}

static fallible not_understood(const json_t *document, const char *reference)
{
	const char *type = json_string_at(document, "mediaType", NULL);

	if (json_integer_value(json_at(document, "schemaVersion", NULL)) == 1)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "the manifest of %s is of schema 1, which Docker gave up in 2019: "
				 "push the image again with a newer client",
				 reference);
	return error_new(ERROR_INVALID, "the manifest of %s is of no kind that is known here: '%s'",
			 reference, type);
}

static fallible read_document(const char *bytes, size_t length, const char *reference,
			      const struct remote_reply *reply, struct descriptor *out)
{
	autojson *document = NULL;
	autofree char *what = format("the manifest of %s", reference);

	TRY(json_parse(bytes ? bytes : "", length, what, &document));
	find_type(document, reply, out);
	return *out->media_type ? NULL : not_understood(document, reference);
}

/* What the registry says that the document is called. */
static bool told_digest(const struct remote_reply *reply, struct digest *out)
{
	const char *text = http_fields_header(&reply->headers, "Docker-Content-Digest");
	autoerror bad = text ? digest_parse(text, out) : NULL;

	return text && !bad;
}

static fallible check_digest(const char *bytes, size_t length, const struct digest *promised)
{
	struct digest actual;
	autohasher *hasher = hasher_create(promised);

	hasher_update(hasher, bytes, length);
	hasher_finish(hasher, &actual);
	if (digest_equal(promised, &actual))
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "manifest verification failed for digest %s: what came has the digest %s",
			 promised->text, actual.text);
}

/* By a digest it must be what it is called; a tag may mean anything, but not two things at once. */
static fallible check_document(const char *reference, const struct remote_reply *reply,
			       struct descriptor *out)
{
	const struct buffer *body = &reply->body;
	struct digest promised = {0};
	autoerror a_tag = strchr(reference, ':') ? digest_parse(reference, &promised)
						 : error_new(ERROR_INVALID, "a tag");

	if (!a_tag || told_digest(reply, &promised))
		TRY(check_digest(body->data ? body->data : "", body->length, &promised));
	else
		digest_of(body->data ? body->data : "", body->length, &promised);
	out->digest = promised;
	out->size = (int64_t)body->length;
	return read_document(body->data, body->length, reference, reply, out);
}

fallible remote_manifest_get(struct remote_registry *registry, const char *reference,
			     struct descriptor *out, struct buffer *bytes)
{
	auto_remote_reply reply = {0};

	TRY(ask(registry, "GET", reference, &reply));
	if (reply.status != 200)
		return remote_registry_refusal(&reply);
	TRY(check_document(reference, &reply, out));
	buffer_append(bytes, reply.body.data, reply.body.length);
	return NULL;
}

/* A failure has no body to tell why, and some registries do not answer HEAD: then GET says it. */
static fallible head(struct remote_registry *registry, const char *reference,
		     struct descriptor *out, bool *told)
{
	auto_remote_reply reply = {0};

	TRY(ask(registry, "HEAD", reference, &reply));
	const char *length = http_fields_header(&reply.headers, "Content-Length");
	*out = (struct descriptor){.size = length ? strtoll(length, NULL, 10) : 0};
	find_type(NULL, &reply, out);
	*told = reply.status == 200 && told_digest(&reply, &out->digest) && out->size > 0 &&
		*out->media_type;
	return NULL;
}

fallible remote_manifest_look_up(struct remote_registry *registry, const char *reference,
				 struct descriptor *out, struct buffer *bytes)
{
	bool told;

	TRY(head(registry, reference, out, &told));
	return told ? NULL : remote_manifest_get(registry, reference, out, bytes);
}

/* -- into the store -- */

/* Whether a document is here; its type is what it says. */
static bool is_stored(struct content *content, const char *reference, struct descriptor *out)
{
	const struct remote_reply none = {0};
	autobuffer bytes = {0};
	autoerror missing = content_read_verified(content, &out->digest, -1, &bytes);

	if (missing)
		return false;
	out->size = (int64_t)bytes.length;
	autoerror bad = read_document(bytes.data, bytes.length, reference, &none, out);
	return !bad;
}

static fallible store(struct content *content, const struct buffer *bytes,
		      const struct descriptor *named)
{
	autowriter *w = NULL;

	TRY(content_writer_open(content, &w));
	TRY(content_writer_write(w, bytes->data, bytes->length));
	TRY(content_writer_seal(w, &named->digest, named->size));
	return content_writer_commit(w);
}

static fallible get_and_store(struct remote_registry *registry, struct content *content,
			      const char *reference, struct descriptor *out)
{
	autobuffer bytes = {0};

	TRY(remote_manifest_get(registry, reference, out, &bytes));
	return store(content, &bytes, out);
}

fallible remote_manifest_fetch(struct remote_registry *registry, struct content *content,
			       const char *reference, struct descriptor *out)
{
	autobuffer bytes = {0};
	autoerror a_tag = digest_parse(reference, &out->digest);

	if (!a_tag)
		return is_stored(content, reference, out)
			       ? NULL
			       : get_and_store(registry, content, reference, out);
	TRY(remote_manifest_look_up(registry, reference, out, &bytes));
	if (bytes.length)
		return store(content, &bytes, out);
	autofree char *digest = duplicate(out->digest.text);
	return remote_manifest_fetch(registry, content, digest, out);
}

fallible remote_manifest_fetch_named(struct remote_registry *registry, struct content *content,
				     const struct descriptor *named)
{
	struct descriptor found = *named;

	TRY(remote_manifest_fetch(registry, content, named->digest.text, &found));
	if (found.size == named->size)
		return NULL;
	return error_new(ERROR_CORRUPT, "the manifest %s has %lld bytes where %lld were promised",
			 named->digest.text, (long long)found.size, (long long)named->size);
}

/* -- to there -- */

struct document_source {
	const struct buffer *bytes;
	size_t at;
};

static fallible give_document(void *context, void *bytes, size_t size, size_t *length)
{
	struct document_source *d = context;
	size_t left = d->bytes->length - d->at;

	*length = left < size ? left : size;
	memcpy(bytes, d->bytes->data + d->at, *length);
	d->at += *length;
	return NULL;
}

static fallible put_once(struct remote_registry *registry, const char *media_type,
			 const struct buffer *bytes, const char *path, struct remote_reply *reply)
{
	struct document_source from = {bytes, 0};
	const struct source body = {give_document, &from};
	struct remote_request request = {
		.method = "PUT", .body = &body, .body_size = (int64_t)bytes->length};

	http_fields_add(&request.headers, "Content-Type", media_type);
	struct error *e = remote_registry_perform(registry, &request, path, reply);
	http_fields_finish(&request.headers);
	return e;
}

fallible remote_manifest_put(struct remote_registry *registry, const char *media_type,
			     const struct buffer *document, const char *name)
{
	auto_remote_reply reply = {0};
	autofree char *path = format("%s/manifests/%s", remote_registry_repository(registry), name);
	uint64_t began = explain_clock();

	TRY(put_once(registry, media_type, document, path, &reply));
	if (reply.status == 401) { /* a token that has grown old: there is a new one now */
		remote_reply_finish(&reply);
		TRY(put_once(registry, media_type, document, path, &reply));
	}
	if (reply.status != 201 && reply.status != 200 && reply.status != 202)
		return remote_registry_refusal(&reply);
	explain(began, "4.8", "the last of all: with it the image is there",
		"curl -X PUT -H 'Content-Type: %s' --data-binary @manifest %s/v2/%s", media_type,
		remote_registry_base(registry), path);
	return NULL;
}
