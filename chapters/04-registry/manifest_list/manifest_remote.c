#include "manifest_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "descriptor.h"
#include "manifest_record.h"
#include "memory.h"
#include "remote_inspect.h"
#include "remote_manifest.h"
#include "remote_upload.h"

/* -- from there -- */

static fallible inspect(const struct remote_session *session, const struct reference *ref,
			json_t **answer, struct buffer *document)
{
	struct error *e = remote_inspect(session, ref, answer, document);

	if (!e || e->class != ERROR_NOT_FOUND)
		return e;
	autofree char *name = reference_normalized(ref);
	error_free(e);
	return error_new(ERROR_NOT_FOUND, "no such manifest: %s", name);
}

fallible manifest_remote_get(const struct remote_session *session, const struct reference *ref,
			     json_t **record, json_t **list)
{
	autofree char *name = reference_normalized(ref);
	autojson *answer = NULL, *document = NULL;
	autobuffer bytes = {0};

	*record = *list = NULL;
	TRY(inspect(session, ref, &answer, &bytes));
	TRY(json_parse(bytes.data, bytes.length, "the manifest", &document));
	if (json_is_array(json_object_get(document, "manifests"))) {
		*list = steal(&document);
		return NULL;
	}
	json_t *descriptor = json_object_get(answer, "Descriptor");
	json_t *platform = json_array_get(json_object_get(answer, "Platforms"), 0);
	if (platform)
		json_object_set(descriptor, "platform", platform);
	return manifest_record_create(name, descriptor, &bytes, record);
}

static fallible get_member(const struct remote_session *session, const struct reference *list,
			   const json_t *entry, json_t *records)
{
	struct reference ref = *list; /* borrows the texts */
	autojson *record = NULL, *none = NULL;
	struct descriptor descriptor;

	TRY(descriptor_parse(entry, "a member of the list", &descriptor));
	ref.digest = descriptor.digest;
	TRY(manifest_remote_get(session, &ref, &record, &none));
	if (!record)
		return error_new(ERROR_INVALID, "%s is a list in a list", descriptor.digest.text);
	json_object_set(json_object_get(record, "Descriptor"), "platform",
			json_object_get(entry, "platform"));
	json_array_append(records, record);
	return NULL;
}

fallible manifest_remote_get_all(const struct remote_session *session, const struct reference *ref,
				 const json_t *list, json_t **records)
{
	autojson *all = json_array();
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(list, "manifests"), i, entry)
		TRY(get_member(session, ref, entry, all));
	*records = steal(&all);
	return NULL;
}

/* -- and there -- */

struct push {
	const struct reference *ref;
	const json_t *records;
	struct buffer list;
	const char *type; /* of the list */
};

static fallible mount_blob(struct remote_registry *registry, const json_t *blob, const char *from)
{
	struct descriptor descriptor;
	struct remote_upload upload = {
		.registry = registry, .blob = &descriptor, .mount_from = from};

	TRY(descriptor_parse(blob, "a blob of the manifest", &descriptor));
	return remote_upload_mount(&upload);
}

static fallible mount_blobs(struct remote_registry *registry, const struct buffer *document,
			    const char *from)
{
	autojson *manifest = NULL;
	json_t *layer;
	size_t i;

	TRY(json_parse(document->data, document->length, "the manifest", &manifest));
	TRY(mount_blob(registry, json_object_get(manifest, "config"), from));
	json_array_foreach (json_object_get(manifest, "layers"), i, layer)
		TRY(mount_blob(registry, layer, from));
	return NULL;
}

/* A manifest of another repository: a list can only name what its own has. */
static fallible bring(struct push *push, struct remote_registry *registry, const json_t *record)
{
	const json_t *descriptor = json_object_get(record, "Descriptor");
	const char *digest = json_string_at(descriptor, "digest", NULL);
	autofree char *repository = reference_repository(push->ref);
	autoreference source = {0};
	autobuffer document = {0};

	TRY(reference_parse(json_string_at(record, "Ref", NULL), &source));
	if (strcmp(source.path, push->ref->path) == 0)
		return NULL;
	TRY(manifest_record_document(record, &document));
	remote_registry_add_scope(registry, source.path, AUTH_PULL);
	TRY(mount_blobs(registry, &document, source.path));
	TRY(remote_manifest_put(registry, json_string_at(descriptor, "mediaType", NULL), &document,
				digest));
	printf("Pushed ref %s@%s with digest: %s\n", repository, digest, digest);
	return NULL;
}

static fallible speak(void *context, struct remote_registry *registry)
{
	struct push *push = context;
	const struct reference *ref = push->ref;
	struct digest digest;
	json_t *record;
	size_t i;

	json_array_foreach (push->records, i, record)
		TRY(bring(push, registry, record));
	digest_of(push->list.data, push->list.length, &digest);
	TRY(remote_manifest_put(registry, push->type, &push->list,
				digest_is_none(&ref->digest) ? ref->tag : ref->digest.text));
	puts(digest.text);
	return NULL;
}

static fallible check_domains(const struct reference *ref, const json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record) {
		autoreference source = {0};

		TRY(reference_parse(json_string_at(record, "Ref", NULL), &source));
		if (strcmp(source.domain, ref->domain) != 0)
			return error_new(ERROR_INVALID,
					 "cannot use source images from a different registry than "
					 "the target image: %s != %s",
					 source.domain, ref->domain);
	}
	return NULL;
}

fallible manifest_remote_push(const struct remote_session *session, const struct reference *ref,
			      const json_t *records)
{
	autojson *list = NULL;
	struct push push = {.ref = ref, .records = records};
	const struct remote_conversation conversation = {
		.session = session,
		.domain = ref->domain,
		.path = ref->path,
		.actions = AUTH_PULL | AUTH_PUSH,
		.speak = speak,
		.context = &push,
	};

	TRY(check_domains(ref, records));
	TRY(manifest_list_of_records(records, &list));
	push.type = json_string_at(list, "mediaType", NULL);
	json_append_indented(&push.list, list, "   ");
	struct error *e = remote_registry_each(&conversation);
	buffer_finish(&push.list);
	return e;
}
