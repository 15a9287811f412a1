/* GET and HEAD of what another registry has: it is made to be here, and the registry answers. */
#include <string.h>

#include "distribution_error.h"
#include "explain.h"
#include "log.h"
#include "memory.h"
#include "mirror_fetch.h"
#include "mirror_room.h"
#include "registry_api.h"
#include "registry_document.h"
#include "remote_manifest.h"
#include "text.h"

#define LIST_LIMIT (4 << 20) /* bytes of a list that is handed on */

/* -- manifests -- */

struct wanted {
	struct mirror *mirror;
	const char *name, *reference;
};

/* What a manifest needs comes when somebody asks for it. */
static void need_nothing(struct registry_manifest *manifest)
{
	for (size_t i = 0; i < manifest->edge_count; i++)
		manifest->edges[i].optional = true;
}

static fallible keep_manifest(const struct wanted *wanted, const struct descriptor *found,
			      const struct buffer *bytes)
{
	struct registry *registry = wanted->mirror->registry;
	auto_registry_manifest manifest = {.digest = found->digest, .size = found->size};
	autowords tags = {0};
	int64_t repository;

	if (!strchr(wanted->reference, ':'))
		words_append(&tags, wanted->reference);
	TRY(registry_document_read(bytes->data, bytes->length, found->media_type, &manifest));
	need_nothing(&manifest);
	TRY(registry_store_create(registry->store, wanted->name, &repository));
	TRY(mirror_make_room(registry, repository, manifest.size));
	return registry_put_manifest(registry, repository, &manifest, bytes, &tags);
}

/* Whether `reference` leads here to what it leads to there. */
static bool is_known(const struct wanted *wanted, const char *reference,
		     const struct digest *digest)
{
	struct registry_store *store = wanted->mirror->registry->store;
	auto_registry_manifest known = {0};
	autoerror missing = registry_store_find_manifest(store, wanted->name, reference, &known);

	return !missing && digest_equal(&known.digest, digest);
}

/* The document: from the answer, from here when only the tag is new, or fetched. */
static fallible get_document(const struct wanted *wanted, struct remote_registry *remote,
			     struct descriptor *found, struct buffer *bytes)
{
	autofree char *digest = duplicate(found->digest.text);

	if (bytes->length)
		return NULL;
	if (is_known(wanted, digest, &found->digest))
		return content_read_verified(wanted->mirror->registry->content, &found->digest,
					     found->size, bytes);
	return remote_manifest_get(remote, digest, found, bytes);
}

static fallible ask_for_tag(void *context, struct remote_registry *remote)
{
	const struct wanted *wanted = context;
	struct descriptor found;
	autobuffer bytes = {0};

	TRY(remote_manifest_look_up(remote, wanted->reference, &found, &bytes));
	if (is_known(wanted, wanted->reference, &found.digest))
		return NULL;
	TRY(get_document(wanted, remote, &found, &bytes));
	return keep_manifest(wanted, &found, &bytes);
}

static fallible fetch_by_digest(void *context, struct remote_registry *remote)
{
	const struct wanted *wanted = context;
	struct descriptor found;
	autobuffer bytes = {0};

	TRY(remote_manifest_get(remote, wanted->reference, &found, &bytes));
	return keep_manifest(wanted, &found, &bytes);
}

static bool is_here(const struct wanted *wanted)
{
	struct registry_store *store = wanted->mirror->registry->store;
	auto_registry_manifest known = {0};
	autoerror missing =
		registry_store_find_manifest(store, wanted->name, wanted->reference, &known);

	return !missing;
}

/* RFC 9111 has given the header up, but nothing has taken its place: people see it, and caches that
 * stand behind us. */
static void tell_stale(const struct wanted *wanted, struct http_exchange *ex, struct error *e)
{
	http_exchange_add_header(ex, "Warning", "110 mini-registry \"Response is Stale\"");
	log_dropped(LOG_LEVEL_WARN, e, "%s:%s is served as it was: %s does not answer",
		    wanted->name, wanted->reference, wanted->mirror->domain);
}

/* What is gone there must not come back when the other registry is away. */
static void forget_tag(const struct wanted *wanted)
{
	struct registry_store *store = wanted->mirror->registry->store;
	autoerror e = registry_store_remove_tag(store, wanted->name, wanted->reference);

	if (e && e->class != ERROR_NOT_FOUND)
		log_warn("%s:%s is gone there and not here: %s", wanted->name, wanted->reference,
			 e->message);
}

static fallible bring_tag(struct wanted *wanted, struct http_exchange *ex)
{
	struct error *e = mirror_converse(wanted->mirror, wanted->name, ask_for_tag, wanted);

	if (e && mirror_is_away(e) && is_here(wanted)) {
		tell_stale(wanted, ex, e);
		return NULL;
	}
	if (e && e->class == ERROR_NOT_FOUND)
		forget_tag(wanted);
	return mirror_refusal(wanted->mirror, &distribution_manifest_unknown, e);
}

static fallible bring_digest(struct wanted *wanted)
{
	if (is_here(wanted))
		return NULL;
	return mirror_refusal(wanted->mirror, &distribution_manifest_unknown,
			      mirror_converse(wanted->mirror, wanted->name, fetch_by_digest,
					      wanted));
}

static fallible manifest_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct wanted wanted = {.mirror = registry->mirror};
	auto_registry_manifest found = {0};

	TRY(registry_api_reference(ex, &wanted.name, &wanted.reference));
	if (strchr(wanted.reference, ':'))
		TRY(bring_digest(&wanted));
	else
		TRY(bring_tag(&wanted, ex));
	TRY(registry_store_find_manifest(registry->store, wanted.name, wanted.reference, &found));
	TRY(registry_store_touch_manifest(registry->store, wanted.name, &found.digest));
	return registry_manifest_get(context, ex);
}

/* -- blobs -- */

/* Only who has it says how large it is, and that it is in this repository. */
static fallible ask_for_size(void *context, struct remote_registry *remote)
{
	struct descriptor *blob = context;
	struct remote_request request = {.method = "HEAD"};
	auto_remote_reply reply = {0};
	autofree char *path =
		format("%s/blobs/%s", remote_registry_repository(remote), blob->digest.text);

	TRY(remote_registry_perform(remote, &request, path, &reply));
	if (reply.status != 200)
		return remote_registry_refusal(&reply);
	const char *length = http_fields_header(&reply.headers, "Content-Length");
	return integer_parse(length ? length : "", "the length of the blob", 0, INT64_MAX,
			     &blob->size);
}

static fallible reply_fetched(struct http_exchange *ex, struct mirror_fetch *fetch,
			      const struct descriptor *blob)
{
	struct content_range part;
	struct mirror_reader reader;
	struct source source;
	int status = registry_api_tell_blob(ex, &blob->digest, blob->size, &part);

	if (status == 416)
		return http_reply_empty(ex, status);
	TRY(mirror_reader_open(fetch, part.first, &reader, &source));
	struct error *e = http_reply_source(ex, status, "application/octet-stream", &source,
					    part.last - part.first + 1);
	mirror_reader_close(&reader);
	return e;
}

/* Another repository has brought it already: it need not come again. */
static fallible adopt(struct registry *registry, const char *name, const struct descriptor *blob)
{
	int64_t repository;

	TRY(content_stat(registry->content, &blob->digest, NULL));
	TRY(registry_store_create(registry->store, name, &repository));
	return registry_adopt(registry, repository, &blob->digest);
}

static fallible fetch_blob(struct registry *registry, struct http_exchange *ex, const char *name,
			   struct descriptor *blob)
{
	struct mirror_fetch *fetch;

	TRY(mirror_refusal(registry->mirror, &distribution_blob_unknown,
			   mirror_converse(registry->mirror, name, ask_for_size, blob)));
	if (strcmp(ex->request->method, "HEAD") == 0) {
		registry_api_tell_blob(ex, &blob->digest, blob->size, &(struct content_range){0});
		return http_reply_source(ex, 200, "application/octet-stream", NULL, blob->size);
	}
	autoerror absent = adopt(registry, name, blob);
	if (!absent)
		return registry_blob_get(registry, ex);
	TRY(mirror_fetch_join(registry->mirror, name, blob, &fetch));
	struct error *e = reply_fetched(ex, fetch, blob);
	mirror_fetch_leave(fetch);
	return e;
}

static fallible blob_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct descriptor blob = {0};
	const char *name;

	TRY(registry_api_name(ex, &name));
	TRY(registry_api_digest(http_exchange_parameter(ex, "digest"), &blob.digest));
	struct error *e =
		registry_store_find_blob(registry->store, name, &blob.digest, &blob.size, NULL);
	if (!e)
		return registry_blob_get(context, ex);
	if (e->class != ERROR_NOT_FOUND)
		return e;
	error_free(e);
	return fetch_blob(registry, ex, name, &blob);
}

/* -- lists, which are handed on as they are -- */

struct list {
	const char *path;
	struct remote_reply *reply;
};

static fallible ask_for_list(void *context, struct remote_registry *remote)
{
	struct list *list = context;
	struct remote_request request = {.method = "GET", .limit = LIST_LIMIT};

	remote_reply_finish(list->reply);
	TRY(remote_registry_perform(remote, &request, list->path, list->reply));
	return list->reply->status == 200 ? NULL : remote_registry_refusal(list->reply);
}

/* The next page is found here, too, when it is a path. */
static fallible reply_list(struct http_exchange *ex, const struct remote_reply *reply)
{
	static const char *const kept[] = {"Link", "OCI-Filters-Applied"};
	const char *type = http_fields_header(&reply->headers, "Content-Type");

	for (size_t i = 0; i < countof(kept); i++) {
		const char *value = http_fields_header(&reply->headers, kept[i]);

		if (value && (strcmp(kept[i], "Link") != 0 || strncmp(value, "</", 2) == 0))
			http_exchange_add_header(ex, kept[i], value);
	}
	return http_reply_bytes(ex, 200, type ? type : "application/json", reply->body.data,
				reply->body.length);
}

static fallible hand_on(struct mirror *mirror, struct http_exchange *ex, const char *name,
			const char *what)
{
	static const char *const asked[] = {"n", "last", "artifactType"};
	auto_remote_reply reply = {0};
	autobuffer path = {0};

	buffer_printf(&path, "%s/%s", name, what);
	for (size_t i = 0; i < countof(asked); i++)
		http_query_add(&path, asked[i], http_exchange_query(ex, asked[i], NULL));
	struct list list = {path.data, &reply};
	TRY(mirror_converse(mirror, name, ask_for_list, &list));
	return reply_list(ex, &reply);
}

/* When the list cannot be had, it is what was asked for so far. */
static fallible tags_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *name;

	TRY(registry_api_name(ex, &name));
	struct error *e = hand_on(registry->mirror, ex, name, "tags/list");
	if (!e || ex->replied)
		return e;
	if (!mirror_is_away(e))
		return mirror_refusal(registry->mirror, &distribution_name_unknown, e);
	log_dropped(LOG_LEVEL_WARN, e, "%s: only the tags that are here are listed", name);
	return registry_tags_get(context, ex);
}

static fallible referrers_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct digest digest;
	const char *name;

	TRY(registry_api_name(ex, &name));
	TRY(registry_api_digest(http_exchange_parameter(ex, "digest"), &digest));
	autofree char *what = format("referrers/%s", digest.text);
	struct error *e = hand_on(registry->mirror, ex, name, what);
	return ex->replied ? e : mirror_refusal(registry->mirror, &distribution_not_found, e);
}

const struct route mirror_routes[] = {
	{"GET", "/v2/{name...}/blobs/{digest}", blob_get, "4.12", ACTION_PULL},
	{"HEAD", "/v2/{name...}/blobs/{digest}", blob_get, "4.12", ACTION_PULL},
	{"GET", "/v2/{name...}/manifests/{reference}", manifest_get, "4.12", ACTION_PULL},
	{"HEAD", "/v2/{name...}/manifests/{reference}", manifest_get, "4.12", ACTION_PULL},
	{"GET", "/v2/{name...}/tags/list", tags_get, "4.12", ACTION_PULL},
	{"GET", "/v2/{name...}/referrers/{digest}", referrers_get, "4.12", ACTION_PULL},
	{0},
};
