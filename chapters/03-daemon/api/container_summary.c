#include "container_summary.h"

#include <stdlib.h>
#include <string.h>

#include "container_size.h"
#include "container_status.h"
#include "image_api.h"
#include "json.h"
#include "memory.h"
#include "text.h"

static json_t *copy_or(json_t *value, json_t *fallback)
{
	if (!value || json_is_null(value))
		return fallback;
	json_decref(fallback);
	return json_incref(value);
}

/* {"80/tcp": [{"HostIp":..., "HostPort":...}], "90/udp": null} as a list of ports. */
static json_t *ports_json(const json_t *document)
{
	json_t *list = json_array(), *bindings;
	const json_t *binding;
	const char *port;
	size_t i;

	json_object_foreach (json_at(document, "NetworkSettings", "Ports", NULL), port, bindings) {
		const char *slash = strchr(port, '/');
		const char *type = slash ? slash + 1 : "tcp";

		json_array_foreach (bindings, i, binding)
			json_array_append_new(
				list, json_pack("{s:s, s:i, s:i, s:s}", "IP",
						json_string_at(binding, "HostIp", NULL),
						"PrivatePort", atoi(port), "PublicPort",
						atoi(json_string_at(binding, "HostPort", NULL)),
						"Type", type));
		if (!json_array_size(bindings))
			json_array_append_new(list, json_pack("{s:i, s:s}", "PrivatePort",
							      atoi(port), "Type", type));
	}
	return list;
}

static json_int_t created_seconds(const json_t *document)
{
	struct timespec time = {0};
	autoerror e = time_parse(json_string_at(document, "Created", NULL), &time);

	return e ? 0 : time.tv_sec;
}

json_t *container_summary_json(const json_t *document, const char *image, struct timespec now)
{
	autofree char *status = container_status_text(json_object_get(document, "State"), now);
	autofree char *command = container_command_text(document);
	const char *mode = json_string_at(document, "HostConfig", "NetworkMode", NULL);

	return json_pack(
		"{s:s, s:[s], s:s, s:s, s:s, s:I, s:o, s:o, s:s, s:s, s:{s:s}, s:{s:o}, s:o}", "Id",
		json_string_at(document, "Id", NULL), "Names",
		json_string_at(document, "Name", NULL), "Image", image, "ImageID",
		json_string_at(document, "Image", NULL), "Command", command, "Created",
		created_seconds(document), "Ports", ports_json(document), "Labels",
		copy_or(json_at(document, "Config", "Labels", NULL), json_object()), "State",
		json_string_at(document, "State", "Status", NULL), "Status", status, "HostConfig",
		"NetworkMode", *mode ? mode : "default", "NetworkSettings", "Networks",
		copy_or(json_at(document, "NetworkSettings", "Networks", NULL), json_object()),
		"Mounts", copy_or(json_object_get(document, "Mounts"), json_array()));
}

/* The name that the image was asked by, as long as it still means the same image. */
static char *image_name(struct engine *engine, const json_t *document)
{
	const char *id = json_string_at(document, "Image", NULL);
	const char *name = json_string_at(document, "Config", "Image", NULL);
	autofree char *now = image_api_id(engine, name);

	return duplicate(now && strcmp(now, id) == 0 ? name : id);
}

fallible container_row(struct engine *engine, const struct container *container,
		       const json_t *document, bool size, json_t **row)
{
	autofree char *image = image_name(engine, document);
	autojson *made = container_summary_json(document, image, time_now());

	if (size)
		TRY(container_size_add(engine, container, made));
	*row = steal(&made);
	return NULL;
}
