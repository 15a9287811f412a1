#include <fnmatch.h>
#include <string.h>

#include "filters.h"
#include "image_api.h"
#include "image_json.h"
#include "memory.h"
#include "reference.h"

static const char *const filter_names[] = {
	"before", "dangling", "label", "reference", "since", "until", NULL,
};

struct image_wish {
	struct filters filters;
	bool has_dangling, dangling;
	struct timespec before, since, until;
	bool has_before, has_since, has_until;
	int version;
};
static void image_wish_finish(struct image_wish *wish)
{
	filters_finish(&wish->filters);
}
#define auto_image_wish __attribute__((cleanup(image_wish_finish))) struct image_wish

/* When the image was made that a filter names. */
static fallible resolve(struct image_store *store, const struct filters *filters, const char *name,
			bool *has, struct timespec *time)
{
	const json_t *values = filters_values(filters, name);
	autoimage *image = NULL;

	*has = values;
	if (!values)
		return NULL;
	TRY(image_resolve(store, json_string_value(json_array_get(values, 0)), &image));
	*time = image->created;
	return NULL;
}

static fallible image_wish_read(struct image_store *store, const struct http_exchange *ex,
				struct image_wish *wish)
{
	const struct filters *filters = &wish->filters;

	wish->version = ex->version;
	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), filter_names, &wish->filters));
	wish->has_dangling = filters_values(filters, "dangling");
	TRY(filters_boolean(filters, "dangling", false, &wish->dangling));
	TRY(resolve(store, filters, "before", &wish->has_before, &wish->before));
	TRY(resolve(store, filters, "since", &wish->has_since, &wish->since));
	wish->has_until = filters_values(filters, "until");
	return api_until_parse(filters, &wish->until);
}

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* "busy*", "busybox", "busybox:1*": the pattern of a reference filter, as Docker takes it. */
static bool matches_reference(const char *pattern, const char *tag)
{
	autoreference ref = {0};
	autoerror e = reference_parse(tag, &ref);

	if (e)
		return false;
	autofree char *repository = reference_familiar_repository(&ref);
	return fnmatch(pattern, tag, FNM_PATHNAME) == 0 ||
	       fnmatch(pattern, repository, FNM_PATHNAME) == 0;
}

static bool is_wanted_tag(const struct filters *filters, const char *tag)
{
	const json_t *patterns = filters_values(filters, "reference");
	const json_t *pattern;
	size_t i;

	json_array_foreach (patterns, i, pattern)
		if (matches_reference(json_string_value(pattern), tag))
			return true;
	return !patterns;
}

static json_t *wanted_tags(const struct filters *filters, const struct image *image)
{
	json_t *tags = json_array();

	for (size_t i = 0; i < image->tag_count; i++)
		if (is_wanted_tag(filters, image->tags[i]))
			json_array_append_new(tags, json_string(image->tags[i]));
	return tags;
}

static bool matches(const struct image_wish *wish, const struct image *image, const json_t *tags)
{
	const json_t *labels = json_at(image->config, "config", "Labels", NULL);

	if (wish->has_dangling && wish->dangling != (image->tag_count == 0))
		return false;
	if (wish->has_before && !is_before(image->created, wish->before))
		return false;
	if (wish->has_since && !is_before(wish->since, image->created))
		return false;
	if (wish->has_until && !is_before(image->created, wish->until))
		return false;
	if (filters_values(&wish->filters, "reference") && !json_array_size(tags))
		return false;
	return filters_match_labels(&wish->filters, "label", labels);
}

static json_t *rows_json(const struct image_wish *wish, struct image *const *images, size_t count)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < count; i++) {
		autojson *tags = wanted_tags(&wish->filters, images[i]);

		if (matches(wish, images[i], tags))
			json_array_append_new(rows,
					      image_summary_json(images[i], tags, wish->version));
	}
	return rows;
}

static fallible list(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	auto_image_wish wish = {0};
	struct image **images = NULL;
	size_t count = 0;

	TRY(image_wish_read(api->engine->images, ex, &wish));
	TRY(image_list(api->engine->images, &images, &count));
	autojson *rows = rows_json(&wish, images, count);
	image_list_free(images, count);
	return http_reply_json(ex, 200, rows);
}

const struct route image_list_routes[] = {
	{"GET", "/images/json", list, "2.1"},
	{0},
};
