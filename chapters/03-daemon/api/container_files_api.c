#include <string.h>

#include "api.h"
#include "container_tree.h"
#include "image_api.h"
#include "memory.h"

/* ---- changes ---- */

static fallible add_change(void *context, const struct tree_change *change)
{
	json_t *list = context;
	autofree char *path = format("/%s", change->path);

	json_array_append_new(list,
			      json_pack("{s:o, s:i}", "Path", json_text_value(path, strlen(path)),
					"Kind", (int)change->kind));
	return NULL;
}

static fallible changes(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	autojson *list = json_array();

	TRY(api_container(context, ex, &container));
	TRY(container_changes(container, add_change, list));
	if (!json_array_size(list))
		return http_reply_bytes(ex, 200, "application/json", "null\n", 5);
	return http_reply_json(ex, 200, list);
}

/* ---- export ---- */

static fallible export(void *context, struct http_exchange *ex)
{
	struct api_download download = {.ex = ex, .type = "application/x-tar"};
	struct sink out = {api_download_write, &download};
	autocontainer *container = NULL;

	TRY(api_container(context, ex, &container));
	TRY(container_export(container, &out));
	return http_reply_end(ex);
}

/* ---- commit ---- */

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

static fallible commit(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	const char *repo = http_exchange_query(ex, "repo", "");
	autofree char *name = NULL;
	autocontainer *container = NULL;
	autowords change_lines = {0};
	autojson *config = NULL;
	autoimage *image = NULL;

	TRY(http_exchange_body_json(ex, &config));
	if (*repo)
		TRY(image_api_name(repo, http_exchange_query(ex, "tag", ""), &name));
	api_query_all(ex, "changes", &change_lines);
	const struct image_commit_options options = {
		.name = name,
		.message = text_or_null(http_exchange_query(ex, "comment", "")),
		.author = text_or_null(http_exchange_query(ex, "author", "")),
		.changes = change_lines.items,
	};
	TRY(container_find(api->engine, http_exchange_query(ex, "container", ""), &container));
	TRY(container_commit(container, http_exchange_query_flag(ex, "pause", true), config,
			     &options, &image));
	if (name)
		image_api_tag_event(api->engine, image, name);
	autojson *body = json_pack("{s:s}", "Id", image->id.text);
	return http_reply_json(ex, 201, body);
}

const struct route container_files_routes[] = {
	{"GET", "/containers/{id}/changes", changes, "2.5"},
	{"GET", "/containers/{id}/export", export, "2.7"},
	{"POST", "/commit", commit, "2.7"},
	{0},
};
