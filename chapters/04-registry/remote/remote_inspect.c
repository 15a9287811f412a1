#include "remote_inspect.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "remote_manifest.h"

struct inspection {
	const char *wanted; /* tag or digest */
	json_t *result;
	struct buffer *bytes; /* of the document; NULL: not wanted */
	char *type;           /* of the config */
	json_t *config;
};

static fallible get_config(struct remote_registry *registry, const json_t *manifest,
			   json_t **config)
{
	struct remote_request request = {.method = "GET", .limit = CONTENT_DOCUMENT_LIMIT};
	auto_remote_reply reply = {0};
	struct descriptor blob;
	struct digest actual;

	TRY(descriptor_parse(json_at(manifest, "config", NULL), "the manifest's config", &blob));
	autofree char *path =
		format("%s/blobs/%s", remote_registry_repository(registry), blob.digest.text);
	TRY(remote_registry_perform(registry, &request, path, &reply));
	if (reply.status != 200)
		return remote_registry_refusal(&reply);
	digest_of(reply.body.data ? reply.body.data : "", reply.body.length, &actual);
	if (!digest_equal(&actual, &blob.digest))
		return error_new(ERROR_CORRUPT, "the config %s has the digest %s", blob.digest.text,
				 actual.text);
	return json_parse(reply.body.data, reply.body.length, "the image's config", config);
}

static fallible read_config(struct remote_registry *registry, const json_t *manifest,
			    json_t *platforms)
{
	autojson *config = NULL;

	TRY(get_config(registry, manifest, &config));
	json_t *platform = json_object();
	static const char *const keys[] = {"architecture", "os", "os.version", "os.features",
					   "variant"};
	for (size_t i = 0; i < countof(keys); i++) {
		json_t *value = json_object_get(config, keys[i]);

		if (json_string_length(value) || json_array_size(value))
			json_object_set(platform, keys[i], value);
	}
	json_array_append_new(platforms, platform);
	return NULL;
}

static fallible read_platforms(struct remote_registry *registry, const json_t *document,
			       json_t *platforms)
{
	json_t *entries, *entry;
	size_t i;

	TRY(json_get_array(document, "manifests", &entries));
	if (!entries)
		return read_config(registry, document, platforms);
	json_array_foreach (entries, i, entry)
		if (json_at(entry, "platform", NULL))
			json_array_append(platforms, json_at(entry, "platform", NULL));
	return NULL;
}

/* The document that the name leads to, found and read. */
static fallible get_manifest(struct remote_registry *registry, const struct inspection *inspection,
			     struct descriptor *found, json_t **document)
{
	const char *wanted = inspection->wanted;
	autobuffer bytes = {0};

	TRY(remote_manifest_look_up(registry, wanted, found, &bytes));
	autofree char *digest = duplicate(found->digest.text);
	if (!bytes.length)
		TRY(remote_manifest_get(registry, digest, found, &bytes));
	if (inspection->bytes) {
		inspection->bytes->length = 0;
		buffer_append(inspection->bytes, bytes.data, bytes.length);
	}
	return json_parse(bytes.data, bytes.length, "the manifest", document);
}

static fallible speak(void *context, struct remote_registry *registry)
{
	struct inspection *inspection = context;
	autojson *document = NULL, *platforms = json_array();
	struct descriptor found;

	TRY(get_manifest(registry, inspection, &found, &document));
	TRY(read_platforms(registry, document, platforms));
	inspection->result = json_pack("{s:o, s:O}", "Descriptor", descriptor_json(&found),
				       "Platforms", platforms);
	return NULL;
}

static fallible speak_of_config(void *context, struct remote_registry *registry)
{
	struct inspection *inspection = context;
	autojson *document = NULL;
	struct descriptor found;

	TRY(get_manifest(registry, inspection, &found, &document));
	if (!json_at(document, "config", NULL))
		return error_new(ERROR_NOT_FOUND, "%s has no config: it is '%s'",
				 inspection->wanted, found.media_type);
	free(inspection->type);
	inspection->type = duplicate(json_string_at(document, "config", "mediaType", NULL));
	return get_config(registry, document, &inspection->config);
}

static fallible ask(const struct remote_session *session, const struct reference *ref,
		    fallible (*speak_of)(void *, struct remote_registry *),
		    struct inspection *inspection)
{
	const struct remote_conversation conversation = {
		.session = session,
		.domain = ref->domain,
		.path = ref->path,
		.actions = AUTH_PULL,
		.speak = speak_of,
		.context = inspection,
	};

	inspection->wanted = digest_is_none(&ref->digest) ? ref->tag : ref->digest.text;
	return remote_registry_each(&conversation);
}

fallible remote_inspect(const struct remote_session *session, const struct reference *ref,
			json_t **out, struct buffer *document)
{
	struct inspection inspection = {.bytes = document};

	TRY(ask(session, ref, speak, &inspection));
	*out = inspection.result;
	return NULL;
}

fallible remote_inspect_config(const struct remote_session *session, const struct reference *ref,
			       char **type, json_t **config)
{
	struct inspection inspection = {0};
	struct error *e = ask(session, ref, speak_of_config, &inspection);

	if (e) { /* of an address that failed behind its first half */
		free(inspection.type);
		return e;
	}
	*type = inspection.type;
	*config = inspection.config;
	return NULL;
}
