#include "manifest_record.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "descriptor.h"
#include "memory.h"

/* -- records -- */

fallible manifest_record_create(const char *ref, const json_t *descriptor,
				const struct buffer *document, json_t **out)
{
	const char *type = json_string_at(descriptor, "mediaType", NULL);
	bool docker = strcmp(type, MEDIA_DOCKER_MANIFEST) == 0;
	autofree char *raw = base64_encode(document->data, document->length);
	json_t *content;

	TRY(json_parse(document->data, document->length, "the manifest", &content));
	*out = json_pack("{s:s, s:O, s:s, s:o}", "Ref", ref, "Descriptor", descriptor, "Raw", raw,
			 docker ? "SchemaV2Manifest" : "OCIManifest", content);
	return NULL;
}

fallible manifest_record_document(const json_t *record, struct buffer *document)
{
	return error_wrap(base64_decode(json_string_at(record, "Raw", NULL), document),
			  "the manifest of %s, as it is kept here",
			  json_string_at(record, "Ref", NULL));
}

/* -- platforms -- */

/* The pairs that docker takes. */
static bool is_known(const char *os, const char *arch)
{
	static const struct {
		const char *os, *archs;
	} rows[] = {
		{"darwin", " 386 amd64 arm arm64 "},
		{"dragonfly", " amd64 "},
		{"freebsd", " 386 amd64 arm "},
		{"linux", " 386 amd64 arm arm64 mips64 mips64le ppc64le riscv64 s390x "},
		{"netbsd", " 386 amd64 arm "},
		{"openbsd", " 386 amd64 arm "},
		{"plan9", " 386 amd64 "},
		{"solaris", " amd64 "},
		{"windows", " 386 amd64 "},
	};
	autofree char *word = format(" %s ", arch);

	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].os, os) == 0)
			return *arch && !strchr(arch, ' ') && strstr(rows[i].archs, word);
	return false;
}

/* The members of a platform, in the order in which docker writes them; empty ones are left out. */
static json_t *ordered(const json_t *platform)
{
	static const char *const keys[] = {"architecture", "os", "os.version", "os.features",
					   "variant"};
	json_t *result = json_object();

	for (size_t i = 0; i < countof(keys); i++) {
		json_t *value = json_object_get(platform, keys[i]);

		if (json_string_length(value) || json_array_size(value))
			json_object_set(result, keys[i], value);
	}
	return result;
}

static void set(json_t *platform, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(platform, key, json_string(value));
}

static bool has(const json_t *features, const char *feature, size_t length)
{
	json_t *item;
	size_t i;

	json_array_foreach (features, i, item)
		if (json_string_length(item) == length &&
		    memcmp(json_string_value(item), feature, length) == 0)
			return true;
	return false;
}

/* "a,b" are two, as pflag has it for lists of strings. */
static void add_features(json_t *platform, const struct words *words)
{
	autojson *features = json_deep_copy(json_object_get(platform, "os.features"));

	if (!json_is_array(features)) {
		json_decref(features);
		features = json_array();
	}
	for (size_t i = 0; i < words->count; i++)
		for (const char *at = words->items[i]; *at;) {
			size_t length = strcspn(at, ",");

			if (length && !has(features, at, length))
				json_array_append_new(features, json_stringn(at, length));
			at += length + (at[length] == ',');
		}
	json_object_set(platform, "os.features", features);
}

fallible manifest_record_annotate(json_t *record, const struct manifest_options *options)
{
	json_t *descriptor = json_object_get(record, "Descriptor");
	autojson *platform = json_deep_copy(json_at(descriptor, "platform", NULL));

	if (!json_is_object(platform)) {
		json_decref(platform);
		platform = json_object();
	}
	set(platform, "os", options->os);
	set(platform, "architecture", options->arch);
	set(platform, "os.version", options->os_version);
	set(platform, "variant", options->variant);
	add_features(platform, &options->os_features);
	if (!is_known(json_string_at(platform, "os", NULL),
		      json_string_at(platform, "architecture", NULL)))
		return error_new(ERROR_INVALID,
				 "manifest entry for image has unsupported os/arch combination: "
				 "%s/%s",
				 options->os ? options->os : "",
				 options->arch ? options->arch : "");
	json_object_set_new(descriptor, "platform", ordered(platform));
	return NULL;
}

/* -- lists -- */

static json_t *entry_of(const json_t *descriptor)
{
	return json_pack("{s:O*, s:O*, s:O*, s:o}", "mediaType",
			 json_object_get(descriptor, "mediaType"), "size",
			 json_object_get(descriptor, "size"), "digest",
			 json_object_get(descriptor, "digest"), "platform",
			 ordered(json_object_get(descriptor, "platform")));
}

json_t *manifest_list_create(const json_t *entries)
{
	const char *first = json_string_at(json_array_get(entries, 0), "mediaType", NULL);
	json_t *manifests = json_array(), *entry;
	size_t i;

	json_array_foreach (entries, i, entry)
		json_array_append_new(manifests, entry_of(entry));
	return json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType",
			 strcmp(first, MEDIA_MANIFEST) == 0 ? MEDIA_INDEX : MEDIA_DOCKER_LIST,
			 "manifests", manifests);
}

fallible manifest_list_of_records(const json_t *records, json_t **out)
{
	autojson *entries = json_array();
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record) {
		if (!*json_string_at(record, "Descriptor", "platform", "architecture", NULL) ||
		    !*json_string_at(record, "Descriptor", "platform", "os", NULL))
			return error_new(ERROR_INVALID,
					 "manifest %s must have an OS and Architecture to be "
					 "pushed to a registry",
					 json_string_at(record, "Ref", NULL));
		json_array_append(entries, json_at(record, "Descriptor", NULL));
	}
	*out = manifest_list_create(entries);
	return NULL;
}
