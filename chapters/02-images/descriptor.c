#include "descriptor.h"

#include <string.h>

#include "json.h"
#include "memory.h"

fallible descriptor_parse(const json_t *json, const char *what, struct descriptor *out)
{
	const char *digest;

	*out = (struct descriptor){0};
	if (!json_is_object(json))
		return error_new(ERROR_INVALID, "%s is not an object", what);
	TRY(error_wrap(json_get_string(json, "mediaType", "", &out->media_type), "%s", what));
	TRY(error_wrap(json_get_string(json, "digest", "", &digest), "%s", what));
	TRY(error_wrap(json_get_integer(json, "size", -1, &out->size), "%s", what));
	if (out->size < 0)
		return error_new(ERROR_INVALID, "%s has no valid size", what);
	return error_wrap(digest_parse(digest, &out->digest), "%s", what);
}

json_t *descriptor_json(const struct descriptor *descriptor)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", descriptor->media_type, "digest",
			 descriptor->digest.text, "size", (json_int_t)descriptor->size);
}

static const struct known_type {
	const char *name;
	enum descriptor_kind kind;
} known_types[] = {
	{MEDIA_INDEX, DESCRIPTOR_INDEX},
	{MEDIA_DOCKER_LIST, DESCRIPTOR_INDEX},
	{MEDIA_MANIFEST, DESCRIPTOR_MANIFEST},
	{MEDIA_DOCKER_MANIFEST, DESCRIPTOR_MANIFEST},
	{"", DESCRIPTOR_MANIFEST},
};

static const struct known_type *find_type(const struct descriptor *descriptor)
{
	for (size_t i = 0; i < countof(known_types); i++)
		if (strcmp(descriptor->media_type, known_types[i].name) == 0)
			return &known_types[i];
	return NULL;
}

enum descriptor_kind descriptor_kind(const struct descriptor *descriptor)
{
	const struct known_type *known = find_type(descriptor);

	return known ? known->kind : DESCRIPTOR_OTHER;
}

const char *descriptor_known_type(const struct descriptor *descriptor)
{
	const struct known_type *known = find_type(descriptor);

	return known ? known->name : "";
}

const char *descriptor_oci_layer_type(const char *media_type)
{
	static const struct {
		const char *docker, *oci;
	} types[] = {
		{MEDIA_DOCKER_LAYER, MEDIA_LAYER},
		{MEDIA_DOCKER_LAYER_GZIP, MEDIA_LAYER_GZIP},
		{MEDIA_DOCKER_LAYER_ZSTD, MEDIA_LAYER_ZSTD},
	};

	for (size_t i = 0; i < countof(types); i++)
		if (strcmp(media_type, types[i].docker) == 0)
			return types[i].oci;
	return media_type;
}
