#include "remote_tags.h"

#include <string.h>

#include "memory.h"
#include "reference.h"

#define PAGE_LIMIT (4 << 20)

static bool has(const json_t *tags, const char *tag)
{
	const json_t *item;
	size_t i;

	json_array_foreach (tags, i, item)
		if (strcmp(json_string_value(item), tag) == 0)
			return true;
	return false;
}

static fallible add_page(const struct remote_reply *reply, json_t *tags)
{
	autojson *document = NULL;
	json_t *list, *item;
	size_t i;

	TRY(json_parse(reply->body.data ? reply->body.data : "", reply->body.length,
		       "the registry's list of tags", &document));
	TRY(json_get_array(document, "tags", &list));
	json_array_foreach (list, i, item) {
		const char *tag = json_string_value(item);

		if (!tag || !reference_is_tag(tag))
			return error_new(ERROR_INVALID, "the registry lists a tag that is none");
		if (json_array_size(tags) == REMOTE_TAGS_LIMIT)
			return error_new(ERROR_TOO_LARGE, "the registry lists more than %d tags",
					 REMOTE_TAGS_LIMIT);
		if (!has(tags, tag))
			json_array_append(tags, item);
	}
	return NULL;
}

/* </v2/a/b/tags/list?last=x&n=100>; rel="next" */
static char *next_page(const struct remote_reply *reply)
{
	const char *link = http_fields_header(&reply->headers, "Link");
	const char *end = link && *link == '<' ? strchr(link, '>') : NULL;

	if (!end || !strstr(end, "next") || link[1] != '/')
		return NULL;
	return duplicate_range(link + 1, end - link - 1);
}

fallible remote_tags(struct remote_registry *registry, json_t **out)
{
	autofree char *path = format("%s/tags/list", remote_registry_repository(registry));
	autojson *tags = json_array();

	/* A page without a new tag would lead to itself for ever. */
	for (size_t before = SIZE_MAX; path && json_array_size(tags) != before;) {
		struct remote_request request = {.method = "GET", .limit = PAGE_LIMIT};
		auto_remote_reply reply = {0};
		autofree char *this_page = steal(&path);

		before = json_array_size(tags);
		TRY(remote_registry_perform(registry, &request, this_page, &reply));
		if (reply.status != 200)
			return remote_registry_refusal(&reply);
		TRY(add_page(&reply, tags));
		path = next_page(&reply);
	}
	*out = steal(&tags);
	return NULL;
}
