#include <string.h>

#include "descriptor.h"
#include "distribution_error.h"
#include "json.h"
#include "memory.h"
#include "registry_api.h"

#define REFERRERS_SIZE (3 << 20) /* bytes of a list, within what a manifest may have */

/* -- names: tags and repositories -- */

static void append(void *context, const char *name)
{
	json_array_append_new(context, json_text_value(name, strlen(name)));
}

static fallible reply_names(struct http_exchange *ex, const char *key, json_t *names, bool more,
			    const char *name)
{
	size_t count = json_array_size(names);
	autojson *body = json_object();

	if (name)
		json_object_set_new(body, "name", json_string(name));
	json_object_set(body, key, names);
	if (more && count)
		registry_api_tell_next(ex, json_string_value(json_array_get(names, count - 1)));
	return http_reply_json(ex, 200, body);
}

fallible registry_tags_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	autojson *names = json_array();
	struct registry_page page;
	const char *name;
	int64_t repository;
	bool more;

	TRY(registry_api_name(ex, &name));
	TRY(registry_api_page(ex, &page));
	TRY(registry_store_find(registry->store, name, &repository));
	TRY(registry_store_tags(registry->store, repository, page.last, page.most, append, names,
				&more));
	return reply_names(ex, "tags", names, more, name);
}

static fallible catalog_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	autojson *names = json_array();
	struct registry_page page;
	bool more;

	TRY(registry_api_page(ex, &page));
	TRY(registry_store_catalog(registry->store, page.last, page.most, append, names, &more));
	return reply_names(ex, "repositories", names, more, NULL);
}

/* -- referrers -- */

struct referrers {
	json_t *list;
	size_t size;        /* of the list's text, about */
	struct digest last; /* the list ends with it ... */
	bool more;          /* ... and there are others */
};

static json_t *describe(const struct registry_manifest *manifest)
{
	json_t *json = json_pack("{s:s, s:s, s:I}", "mediaType", manifest->media_type, "digest",
				 manifest->digest.text, "size", (json_int_t)manifest->size);
	autojson *annotations = NULL;

	if (manifest->artifact_type)
		json_object_set_new(json, "artifactType", json_string(manifest->artifact_type));
	if (!manifest->annotations)
		return json;
	/* Our own text: it was checked when it was written. */
	autoerror bad = json_parse(manifest->annotations, strlen(manifest->annotations),
				   "annotations", &annotations);
	if (!bad)
		json_object_set(json, "annotations", annotations);
	return json;
}

static bool add_referrer(void *context, const struct registry_manifest *manifest)
{
	struct referrers *referrers = context;
	size_t size = 400 + (manifest->annotations ? strlen(manifest->annotations) : 0);

	if (json_array_size(referrers->list) && referrers->size + size > REFERRERS_SIZE) {
		referrers->more = true;
		return false;
	}
	referrers->size += size;
	referrers->last = manifest->digest;
	json_array_append_new(referrers->list, describe(manifest));
	return true;
}

/* A repository that is not there has no referrers: who asks for them need not be told another way
 * (404 would mean that there is no such API). */
static fallible list_referrers(struct registry *registry, const struct http_exchange *ex,
			       const char *name, const struct digest *digest,
			       struct referrers *referrers)
{
	int64_t repository;
	struct error *e = registry_store_find(registry->store, name, &repository);

	if (e && e->class == ERROR_NOT_FOUND) {
		error_free(e);
		return NULL;
	}
	if (e)
		return e;
	return registry_store_referrers(registry->store, repository, digest,
					http_exchange_query(ex, "artifactType", NULL),
					http_exchange_query(ex, "last", NULL), add_referrer,
					referrers);
}

static fallible referrers_get(void *context, struct http_exchange *ex)
{
	autojson *list = json_array();
	struct referrers referrers = {.list = list};
	struct digest digest;
	const char *name;

	TRY(registry_api_name(ex, &name));
	TRY(registry_api_digest(http_exchange_parameter(ex, "digest"), &digest));
	TRY(list_referrers(context, ex, name, &digest, &referrers));
	if (http_exchange_query(ex, "artifactType", NULL))
		http_exchange_add_header(ex, "OCI-Filters-Applied", "artifactType");
	if (referrers.more)
		registry_api_tell_next(ex, referrers.last.text);
	autojson *index = json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType", MEDIA_INDEX,
				    "manifests", list);
	autofree char *text = json_text(index);
	return http_reply_bytes(ex, 200, MEDIA_INDEX, text, strlen(text));
}

const struct route registry_list_routes[] = {
	{"GET", "/v2/{name...}/tags/list", registry_tags_get, "4.2", ACTION_PULL},
	{"GET", "/v2/{name...}/referrers/{digest}", referrers_get, "4.2", ACTION_PULL},
	{"GET", "/v2/_catalog", catalog_get, "4.2", ACTION_CATALOG},
	{0},
};
