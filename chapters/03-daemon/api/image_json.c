#include "image_json.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "text.h"

static json_t *texts_json(char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_text_value(texts[i], strlen(texts[i])));
	return array;
}

/* A reference to the value, or null. */
static json_t *shared(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

json_t *image_summary_json(const struct image *image, const json_t *tags, int version)
{
	json_t *row =
		json_pack("{s:s, s:s, s:O, s:o, s:I, s:I, s:i, s:o, s:i}", "Id", image->id.text,
			  "ParentId", image->parent ? image->parent : "", "RepoTags", tags,
			  "RepoDigests", texts_json(image->digests, image->digest_count), "Created",
			  (json_int_t)image->created.tv_sec, "Size", (json_int_t)image->size,
			  "SharedSize", -1, "Labels",
			  shared(json_at(image->config, "config", "Labels", NULL)), "Containers",
			  -1);

	if (version < 44)
		json_object_set_new(row, "VirtualSize", json_integer(image->size));
	if (version < 43 && !json_array_size(tags) && !image->digest_count) {
		json_object_set_new(row, "RepoTags", json_pack("[s]", "<none>:<none>"));
		json_object_set_new(row, "RepoDigests", json_pack("[s]", "<none>@<none>"));
	}
	return row;
}

/* The comment of the config, or else of its last step. */
static const char *comment_of(const struct image *image)
{
	const json_t *history = json_object_get(image->config, "history");
	const char *comment = json_string_at(image->config, "comment", NULL);
	size_t count = json_array_size(history);

	if (*comment || !count)
		return comment;
	return json_string_at(json_array_get(history, count - 1), "comment", NULL);
}

static json_t *root_json(const struct image *image)
{
	json_t *layers = json_array();

	for (size_t i = 0; i < image->layer_count; i++)
		json_array_append_new(layers, json_string(image->layers[i].diff_id.text));
	return json_pack("{s:s, s:o}", "Type", "layers", "Layers", layers);
}

/* What only the daemon knows of it. */
static void add_local(json_t *body, const struct image *image)
{
	char tagged[TIME_TEXT_SIZE] = "0001-01-01T00:00:00Z"; /* never */

	if (image->tagged.tv_sec)
		time_text(image->tagged, tagged);
	json_object_set_new(body, "Parent", json_string(image->parent ? image->parent : ""));
	json_object_set_new(body, "Metadata", json_pack("{s:s}", "LastTagTime", tagged));
}

/* A config's own words for who made it are left out when empty, in newer versions. */
static void add_origin(json_t *body, const struct image *image, int version)
{
	char created[TIME_TEXT_SIZE];
	const char *variant = image->variant;

	time_text(image->created, created);
	if (json_object_get(image->config, "created"))
		json_object_set_new(body, "Created", json_string(created));
	else if (version < 44)
		json_object_set_new(body, "Created", json_string("0001-01-01T00:00:00Z"));
	if (*variant)
		json_object_set_new(body, "Variant", json_string(variant));
	if (version < 44)
		json_object_set_new(body, "VirtualSize", json_integer(image->size));
}

/* Up to API 1.49 a config had all members, those of a container too. Clients of that time rely on
 * it (Compose 1 on ContainerConfig, which went with 1.45). */
static json_t *full_config(const json_t *config)
{
	static const char defaults[] =
		"{\"Hostname\":\"\",\"Domainname\":\"\",\"User\":\"\",\"AttachStdin\":false,"
		"\"AttachStdout\":false,\"AttachStderr\":false,\"Tty\":false,"
		"\"OpenStdin\":false,\"StdinOnce\":false,\"Env\":null,\"Cmd\":null,"
		"\"Image\":\"\",\"Volumes\":null,\"WorkingDir\":\"\",\"Entrypoint\":null,"
		"\"OnBuild\":null,\"Labels\":null}";
	json_t *full = json_loads(defaults, 0, NULL);

	json_object_update(full, (json_t *)config);
	return full;
}

static void add_old_configs(json_t *body, const struct image *image, int version)
{
	if (version < 50)
		json_object_set_new(body, "Config", full_config(json_object_get(body, "Config")));
	if (version >= 45)
		return;
	json_object_set_new(body, "Container",
			    json_string(json_string_at(image->config, "container", NULL)));
	json_object_set_new(body, "ContainerConfig",
			    full_config(json_object_get(image->config, "container_config")));
}

json_t *image_inspect_json(const struct image *image, int version)
{
	json_t *config = json_at(image->config, "config", NULL);
	json_t *body = json_pack(
		"{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:{s:o, s:s}, s:o}", "Id",
		image->id.text, "RepoTags", texts_json(image->tags, image->tag_count),
		"RepoDigests", texts_json(image->digests, image->digest_count), "Comment",
		comment_of(image), "DockerVersion",
		json_string_at(image->config, "docker_version", NULL), "Author",
		json_string_at(image->config, "author", NULL), "Config",
		json_is_object(config) ? json_incref(config) : json_object(), "Architecture",
		image->architecture, "Os", image->os, "Size", (json_int_t)image->size,
		"GraphDriver", "Data", json_null(), "Name", "overlay2", "RootFS", root_json(image));

	add_local(body, image);
	add_origin(body, image, version);
	add_old_configs(body, image, version);
	return body;
}

static json_int_t step_created(const json_t *step)
{
	struct timespec time = {0};
	autoerror e = time_parse(json_string_at(step, "created", NULL), &time);

	return e ? 0 : time.tv_sec;
}

static json_t *step_json(const json_t *step, uint64_t size)
{
	return json_pack("{s:s, s:I, s:s, s:n, s:I, s:s}", "Id", "<missing>", "Created",
			 step_created(step), "CreatedBy", json_string_at(step, "created_by", NULL),
			 "Tags", "Size", (json_int_t)size, "Comment",
			 json_string_at(step, "comment", NULL));
}

/* A step that made no layer says so; the others have made the layers, in order. */
json_t *image_history_json(const struct image *image)
{
	json_t *rows = json_array();
	const json_t *step;
	size_t i, layer = 0;

	json_array_foreach (json_object_get(image->config, "history"), i, step) {
		bool empty = json_is_true(json_object_get(step, "empty_layer"));
		bool has_layer = !empty && layer < image->layer_count;

		json_array_insert_new(rows, 0,
				      step_json(step, has_layer ? image->layers[layer].size : 0));
		layer += has_layer;
	}
	json_t *top = json_array_get(rows, 0);
	if (top) {
		json_object_set_new(top, "Id", json_string(image->id.text));
		json_object_set_new(top, "Tags", texts_json(image->tags, image->tag_count));
	}
	return rows;
}
