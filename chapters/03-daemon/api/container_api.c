#include <string.h>

#include "api.h"
#include "container_link.h"
#include "container_size.h"
#include "image_api.h"
#include "json.h"
#include "memory.h"

/* A wait without an end, for `t=-1`: a year. */
#define FOREVER_SECONDS (365 * 24 * 3600)

/* Before it a container was created in one network, and connected to others then. */
#define SEVERAL_NETWORKS 44

/* Before it, what was mounted below a folder to read could be written. */
#define READ_ONLY_BELOW 44

/* To the docker CLI a 404 of create means that the image must be pulled. Whatever else is not
 * there (a container whose namespace is to be shared) is a bad request. */
static fallible not_the_image(struct error *e, struct engine *engine, const char *image)
{
	autofree char *id = e && e->class == ERROR_NOT_FOUND ? image_api_id(engine, image) : NULL;

	if (id)
		e->class = ERROR_INVALID;
	return e;
}

static fallible check_networks(const struct http_exchange *ex, const json_t *request)
{
	const json_t *given = json_at(request, "NetworkingConfig", "EndpointsConfig", NULL);
	autobuffer names = {0};
	json_t *endpoint;
	const char *name;

	if (ex->version >= SEVERAL_NETWORKS || json_object_size(given) < 2)
		return NULL;
	json_object_foreach ((json_t *)given, name, endpoint)
		buffer_printf(&names, "%s%s", names.length ? ", " : "", name);
	return error_new(ERROR_INVALID, "Container cannot be connected to network endpoints: %s",
			 names.data);
}

static void keep_old_meaning(const struct http_exchange *ex, json_t *request)
{
	json_t *mount;
	size_t i;

	if (ex->version >= READ_ONLY_BELOW)
		return;
	json_array_foreach (json_at(request, "HostConfig", "Mounts", NULL), i, mount) {
		if (strcmp(json_string_at(mount, "Type", NULL), "bind") != 0 ||
		    !json_is_true(json_object_get(mount, "ReadOnly")))
			continue;
		if (!json_is_object(json_object_get(mount, "BindOptions")))
			json_object_set_new(mount, "BindOptions", json_object());
		json_object_set_new(json_object_get(mount, "BindOptions"), "ReadOnlyNonRecursive",
				    json_true());
	}
}

static fallible create(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *request = NULL, *warnings = NULL;
	autocontainer *container = NULL;

	TRY(http_exchange_body_json(ex, &request));
	const char *image = json_string_at(request, "Image", NULL);
	if (!json_object_size(request))
		return error_new(ERROR_INVALID,
				 "config cannot be empty in order to create a container");
	TRY(check_networks(ex, request));
	keep_old_meaning(ex, request);
	TRY(image_api_check_platform(api->engine, image, http_exchange_query(ex, "platform", "")));
	TRY(not_the_image(container_create(api->engine, http_exchange_query(ex, "name", NULL),
					   request, &container, &warnings),
			  api->engine, image));
	if (!warnings)
		warnings = json_array();
	autojson *body = json_pack("{s:s, s:O}", "Id", container->id, "Warnings", warnings);
	return http_reply_json(ex, 201, body);
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autocontainer *container = NULL;

	TRY(api_container(context, ex, &container));
	autojson *document = container_inspect(container);
	if (http_exchange_query_flag(ex, "size", false))
		TRY(container_size_add(api->engine, container, document));
	return http_reply_json(ex, 200, document);
}

/* Up to API 1.23 a host configuration could come with start; a client that still sends one would
 * wonder why it has no effect. */
static fallible start(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;

	if (ex->request->chunked || ex->request->content_length > 7)
		return error_new(ERROR_INVALID,
				 "starting container with non-empty request body was deprecated "
				 "since API v1.22 and removed in v1.24");
	TRY(api_container(context, ex, &container));
	TRY(container_start(container));
	return http_reply_empty(ex, 204);
}

/* Seconds to wait before the kill: -1 in the engine's words is "as the container has it". */
static fallible read_timeout(const struct http_exchange *ex, int64_t *seconds)
{
	bool given = *http_exchange_query(ex, "t", "");

	TRY(http_exchange_query_integer(ex, "t", -1, seconds));
	if (given && (*seconds < 0 || *seconds > FOREVER_SECONDS))
		*seconds = FOREVER_SECONDS;
	return NULL;
}

static fallible stop(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	int64_t seconds = -1;

	TRY(read_timeout(ex, &seconds));
	TRY(api_container(context, ex, &container));
	TRY(container_stop(container, http_exchange_query(ex, "signal", NULL), seconds));
	return http_reply_empty(ex, 204);
}

static fallible restart(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	int64_t seconds = -1;

	TRY(read_timeout(ex, &seconds));
	TRY(api_container(context, ex, &container));
	TRY(error_wrap(container_restart(container, http_exchange_query(ex, "signal", NULL),
					 seconds),
		       "Cannot restart container %s", http_exchange_parameter(ex, "id")));
	return http_reply_empty(ex, 204);
}

static fallible kill_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	const char *signal = http_exchange_query(ex, "signal", "");

	TRY(error_wrap(api_container(context, ex, &container), "cannot kill container: %s",
		       http_exchange_parameter(ex, "id")));
	TRY(container_kill(container, *signal ? signal : "KILL"));
	return http_reply_empty(ex, 204);
}

static fallible pause_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;

	TRY(api_container(context, ex, &container));
	TRY(container_pause(container));
	return http_reply_empty(ex, 204);
}

static fallible unpause(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;

	TRY(api_container(context, ex, &container));
	TRY(container_unpause(container));
	return http_reply_empty(ex, 204);
}

static fallible update(void *context, struct http_exchange *ex)
{
	autojson *request = NULL, *warnings = json_array();
	autocontainer *container = NULL;

	TRY(http_exchange_body_json(ex, &request));
	TRY(api_container(context, ex, &container));
	TRY(container_update(container, request, warnings));
	autojson *body = json_pack("{s:O}", "Warnings", warnings);
	if (!json_array_size(warnings))
		json_object_set_new(body, "Warnings", json_null());
	return http_reply_json(ex, 200, body);
}

static fallible rename_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	const char *name = http_exchange_query(ex, "name", "");

	if (!*name)
		return error_new(ERROR_INVALID,
				 "Neither old nor new names may be empty: give the new one in "
				 "the query parameter 'name'");
	TRY(api_container(context, ex, &container));
	TRY(container_rename(container, name));
	return http_reply_empty(ex, 204);
}

static fallible resize(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	uint16_t height = 0, width = 0;

	TRY(api_terminal_size(ex, &height, &width));
	TRY(api_container(context, ex, &container));
	TRY(container_resize(container, height, width));
	return http_reply_empty(ex, 200);
}

static fallible remove_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;

	if (http_exchange_query_flag(ex, "link", false))
		return error_new(ERROR_CONFLICT,
				 "Conflict, cannot remove the default name of the container");
	TRY(api_container(context, ex, &container));
	TRY(container_remove(container, http_exchange_query_flag(ex, "force", false),
			     http_exchange_query_flag(ex, "v", false)));
	return http_reply_empty(ex, 204);
}

/* "li2/db" with link=1: what li2 calls db it does not know any more. */
static fallible remove_link(void *context, struct http_exchange *ex)
{
	const char *alias = http_exchange_parameter(ex, "alias");
	autocontainer *container = NULL;

	if (!http_exchange_query_flag(ex, "link", false))
		return error_new(ERROR_NOT_FOUND, "No such container: %s/%s",
				 http_exchange_parameter(ex, "id"), alias);
	TRY(api_container(context, ex, &container));
	container_lock(container);
	struct error *e = container_link_remove(container, alias);
	container_unlock(container);
	TRY(e);
	return http_reply_empty(ex, 204);
}

const struct route container_routes[] = {
	{"POST", "/containers/create", create, "3.4"},
	{"GET", "/containers/{id}/json", inspect, "3.4"},
	{"POST", "/containers/{id}/start", start, "3.4"},
	{"POST", "/containers/{id}/stop", stop, "3.4"},
	{"POST", "/containers/{id}/restart", restart, "3.4"},
	{"POST", "/containers/{id}/kill", kill_handle, "3.4"},
	{"POST", "/containers/{id}/pause", pause_handle, "3.4"},
	{"POST", "/containers/{id}/unpause", unpause, "3.4"},
	{"POST", "/containers/{id}/update", update, "1.6"},
	{"POST", "/containers/{id}/rename", rename_handle, "3.4"},
	{"POST", "/containers/{id}/resize", resize, "3.6"},
	{"DELETE", "/containers/{id}", remove_handle, "3.4"},
	{"DELETE", "/containers/{id}/{alias}", remove_link, "5.10"},
	{0},
};
