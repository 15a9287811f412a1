/*
 * docker cp: HEAD tells what is at a path, GET and PUT carry a tar. What was found travels in a
 * header, as JSON in base64, because the body is the tar.
 */
#include "api.h"
#include "container_archive.h"
#include "memory.h"
#include "path_stat.h"

static fallible read_path(struct http_exchange *ex, const char **path)
{
	*path = http_exchange_query(ex, "path", "");
	return **path ? NULL : error_new(ERROR_INVALID, "bad parameter: path cannot be empty");
}

static void add_stat(struct http_exchange *ex, const struct container_path *found)
{
	const struct path_stat stat = {.name = found->name,
				       .link = found->link,
				       .size = found->st.st_size,
				       .mode = found->st.st_mode,
				       .mtime = found->st.st_mtim};
	autofree char *header = path_stat_encode(&stat);

	http_exchange_add_header(ex, PATH_STAT_HEADER, header);
}

static fallible head(void *context, struct http_exchange *ex)
{
	auto_container_path found = {0};
	autocontainer *container = NULL;
	const char *path;

	TRY(read_path(ex, &path));
	TRY(api_container(context, ex, &container));
	TRY(container_archive_stat(container, http_exchange_parameter(ex, "id"), path, &found));
	add_stat(ex, &found);
	return http_reply_empty(ex, 200);
}

static fallible begin(void *exchange, const struct container_path *found)
{
	add_stat(exchange, found);
	return NULL;
}

static fallible get(void *context, struct http_exchange *ex)
{
	struct api_download download = {.ex = ex, .type = "application/x-tar"};
	const struct container_archive_out out = {begin, ex, {api_download_write, &download}};
	autocontainer *container = NULL;
	const char *path;

	TRY(read_path(ex, &path));
	TRY(api_container(context, ex, &container));
	TRY(container_archive_get(container, http_exchange_parameter(ex, "id"), path, &out));
	return http_reply_end(ex);
}

static fallible put(void *context, struct http_exchange *ex)
{
	const struct container_archive_in in = {
		.tar = api_body(ex),
		.keeps_kinds = http_exchange_query_flag(ex, "noOverwriteDirNonDir", false),
		.owned = http_exchange_query_flag(ex, "copyUIDGID", false),
	};
	autocontainer *container = NULL;
	const char *path;

	TRY(read_path(ex, &path));
	TRY(api_container(context, ex, &container));
	TRY(container_archive_put(container, http_exchange_parameter(ex, "id"), path, &in));
	return http_reply_empty(ex, 200);
}

const struct route container_archive_routes[] = {
	{"HEAD", "/containers/{id}/archive", head, "3.13"},
	{"GET", "/containers/{id}/archive", get, "3.13"},
	{"PUT", "/containers/{id}/archive", put, "3.13"},
	{0},
};
