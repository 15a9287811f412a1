#include <string.h>
#include <unistd.h>

#include "api.h"
#include "exec.h"
#include "memory.h"
#include "stream_frame.h"

static fallible create(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	autojson *request = NULL;
	char id[ID_LENGTH + 1];

	TRY(http_exchange_body_json(ex, &request));
	if (!json_array_size(json_object_get(request, "Cmd")))
		return error_new(ERROR_INVALID, "No exec command specified");
	TRY(api_container(context, ex, &container));
	TRY(exec_create(container, request, id));
	autojson *body = json_pack("{s:s}", "Id", id);
	return http_reply_json(ex, 201, body);
}

static fallible find(void *context, struct http_exchange *ex, struct exec **exec)
{
	const struct api *api = context;

	return exec_find(api->engine, http_exchange_parameter(ex, "id"), exec);
}

/* "ConsoleSize": [lines, columns], since API 1.42; 0 when missing. */
static fallible read_console_size(const json_t *request, uint16_t *height, uint16_t *width)
{
	json_t *size;

	TRY(json_get_array(request, "ConsoleSize", &size));
	json_int_t h = json_integer_value(json_array_get(size, 0));
	json_int_t w = json_integer_value(json_array_get(size, 1));
	if (size &&
	    (json_array_size(size) != 2 || h < 0 || h > UINT16_MAX || w < 0 || w > UINT16_MAX))
		return error_new(ERROR_INVALID,
				 "ConsoleSize must be two numbers from 0 to %d: lines and columns",
				 UINT16_MAX);
	*height = h;
	*width = w;
	return NULL;
}

/* The program's streams are the connection's from the 101 on, so what goes wrong after it can
 * only be told in the stream. */
static fallible start_attached(struct http_exchange *ex, struct exec *exec, uint16_t height,
			       uint16_t width)
{
	bool terminal = exec_has_tty(exec);
	autoclose int stream = -1;
	autobuffer early = {0}, text = {0};

	TRY(http_reply_hijack(ex, api_stream_type(ex, terminal), &stream, &early));
	autoerror e = exec_start(exec, stream, early.data, early.length, height, width);
	if (!e)
		return NULL;
	stream_frame_error(&text, terminal, e->message);
	(void)!write(stream, text.data, text.length); /* a client that has gone has no use of it */
	return NULL;
}

static fallible start(void *context, struct http_exchange *ex)
{
	autoexec *exec = NULL;
	autojson *request = NULL;
	uint16_t height = 0, width = 0;
	bool detach = false;

	TRY(http_exchange_body_json(ex, &request));
	TRY(json_get_boolean(request, "Detach", false, &detach));
	TRY(read_console_size(request, &height, &width));
	TRY(find(context, ex, &exec));
	TRY(exec_startable(exec));
	if (!detach)
		return start_attached(ex, exec, height, width);
	TRY(exec_start(exec, -1, NULL, 0, height, width));
	return http_reply_empty(ex, 200);
}

static fallible resize(void *context, struct http_exchange *ex)
{
	autoexec *exec = NULL;
	uint16_t height = 0, width = 0;

	TRY(api_terminal_size(ex, &height, &width));
	TRY(find(context, ex, &exec));
	TRY(exec_resize(exec, height, width));
	return http_reply_empty(ex, 200);
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	autoexec *exec = NULL;

	TRY(find(context, ex, &exec));
	autojson *body = exec_inspect(exec);
	return http_reply_json(ex, 200, body);
}

const struct route exec_routes[] = {
	{"POST", "/containers/{id}/exec", create, "3.8"},
	{"POST", "/exec/{id}/start", start, "3.8"},
	{"POST", "/exec/{id}/resize", resize, "3.8"},
	{"GET", "/exec/{id}/json", inspect, "3.8"},
	{0},
};
