#include "remote_inspect.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "remote_manifest.h"

struct inspection {
	const char *wanted; /* tag or digest */
	json_t *result, *manifest;
};

static fallible read_config(struct remote_registry *registry, const json_t *manifest,
			    json_t *platforms)
{
	struct remote_request request = {.method = "GET", .limit = CONTENT_DOCUMENT_LIMIT};
	auto_remote_reply reply = {0};
	autojson *config = NULL;
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
	TRY(json_parse(reply.body.data, reply.body.length, "the image's config", &config));
	json_t *platform = json_object();
	static const char *const keys[] = {"architecture", "os", "variant"};
	for (size_t i = 0; i < countof(keys); i++)
		if (*json_string_at(config, keys[i], NULL))
			json_object_set(platform, keys[i], json_object_get(config, keys[i]));
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

static fallible speak(void *context, struct remote_registry *registry)
{
	struct inspection *inspection = context;
	autojson *document = NULL, *platforms = json_array();
	autobuffer bytes = {0};
	struct descriptor found;

	TRY(remote_manifest_look_up(registry, inspection->wanted, &found, &bytes));
	autofree char *digest = duplicate(found.digest.text);
	if (!bytes.length)
		TRY(remote_manifest_get(registry, digest, &found, &bytes));
	TRY(json_parse(bytes.data, bytes.length, "the manifest", &document));
	TRY(read_platforms(registry, document, platforms));
	inspection->result = json_pack("{s:o, s:O}", "Descriptor", descriptor_json(&found),
				       "Platforms", platforms);
	inspection->manifest = steal(&document);
	return NULL;
}

fallible remote_inspect(const struct remote_session *session, const struct reference *ref,
			json_t **out, json_t **manifest)
{
	struct inspection inspection = {.wanted = digest_is_none(&ref->digest) ? ref->tag
									       : ref->digest.text};
	const struct remote_conversation conversation = {
		.session = session,
		.domain = ref->domain,
		.path = ref->path,
		.actions = AUTH_PULL,
		.speak = speak,
		.context = &inspection,
	};

	TRY(remote_registry_each(&conversation));
	*out = inspection.result;
	if (manifest)
		*manifest = inspection.manifest;
	else
		json_decref(inspection.manifest);
	return NULL;
}
