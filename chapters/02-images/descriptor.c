#include "descriptor.h"

#include <string.h>

#include "json.h"

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

bool descriptor_is_index(const struct descriptor *descriptor)
{
	return strcmp(descriptor->media_type, MEDIA_INDEX) == 0 ||
	       strcmp(descriptor->media_type, MEDIA_DOCKER_LIST) == 0;
}

bool descriptor_is_manifest(const struct descriptor *descriptor)
{
	return strcmp(descriptor->media_type, MEDIA_MANIFEST) == 0 ||
	       strcmp(descriptor->media_type, MEDIA_DOCKER_MANIFEST) == 0;
}
