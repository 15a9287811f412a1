#include "container_record.h"

#include <stdlib.h>
#include <string.h>

#include "container_link.h"
#include "container_name.h"
#include "engine.h"
#include "event.h"
#include "json.h"
#include "log.h"
#include "log_driver.h"
#include "memory.h"
#include "store.h"

/* Kept and not shown, as in Docker. */
#define STOPPED_BY_HAND "HasBeenManuallyStopped"
#define DESIRED_MAC     "DesiredMacAddress" /* of an endpoint (chapter 05) */

static const char *const state_names[] = {
	[CONTAINER_CREATED] = "created",   [CONTAINER_RUNNING] = "running",
	[CONTAINER_PAUSED] = "paused",     [CONTAINER_RESTARTING] = "restarting",
	[CONTAINER_REMOVING] = "removing", [CONTAINER_EXITED] = "exited",
	[CONTAINER_DEAD] = "dead",
};

const char *container_state_name(enum container_state state)
{
	return state_names[state];
}

/* ---- making ---- */

static json_t *new_state(void)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:i, s:s, s:s, s:s}", "Status",
			 "created", "Running", 0, "Paused", 0, "Restarting", 0, "OOMKilled", 0,
			 "Dead", 0, "Pid", 0, "ExitCode", 0, "Error", "", "StartedAt", ZERO_TIME,
			 "FinishedAt", ZERO_TIME);
}

/* Shown as Docker shows it; chapter 05 fills in what is empty here. Takes networks. */
static json_t *new_network_settings(json_t *networks)
{
	return json_pack("{s:s, s:s, s:s, s:{}, s:b, s:s, s:i, s:n, s:n, s:s, s:s, s:s, s:i, s:s, "
			 "s:i, s:s, s:s, s:o}",
			 "Bridge", "", "SandboxID", "", "SandboxKey", "", "Ports", "HairpinMode", 0,
			 "LinkLocalIPv6Address", "", "LinkLocalIPv6PrefixLen", 0,
			 "SecondaryIPAddresses", "SecondaryIPv6Addresses", "EndpointID", "",
			 "Gateway", "", "GlobalIPv6Address", "", "GlobalIPv6PrefixLen", 0,
			 "IPAddress", "", "IPPrefixLen", 0, "IPv6Gateway", "", "MacAddress", "",
			 "Networks", networks);
}

static json_t *new_graph_driver(const struct engine *engine, const char *id)
{
	autofree char *folder = format("%s/containers/%s", engine->options.data_root, id);
	autofree char *upper = format("%s/upper", folder), *work = format("%s/work", folder);

	return json_pack("{s:s, s:{s:s, s:s, s:s}}", "Name", "overlay2", "Data", "ID", id,
			 "UpperDir", upper, "WorkDir", work);
}

static void split_command(json_t *document, const json_t *config)
{
	json_t *command = json_array();

	json_array_extend(command, json_object_get(config, "Entrypoint"));
	json_array_extend(command, json_object_get(config, "Cmd"));
	json_object_set(document, "Path", json_array_get(command, 0));
	json_array_remove(command, 0);
	json_object_set_new(document, "Args", command);
}

json_t *container_record_make(struct engine *engine, const char *id, const char *name,
			      const char *image_id, json_t *config, json_t *host_config,
			      json_t *networks)
{
	autofree char *log = log_driver_path(engine->options.data_root, id,
					     json_object_get(host_config, "LogConfig"));
	json_t *document = json_object();
	char now[TIME_TEXT_SIZE];

	time_text(time_now(), now);
	json_object_set_new(document, "Id", json_string(id));
	json_object_set_new(document, "Created", json_string(now));
	split_command(document, config);
	json_object_set_new(document, "State", new_state());
	json_object_set_new(document, "Image", json_string(image_id));
	json_object_set_new(document, "ResolvConfPath", json_string(""));
	json_object_set_new(document, "HostnamePath", json_string(""));
	json_object_set_new(document, "HostsPath", json_string(""));
	json_object_set_new(document, "LogPath", json_string(log));
	json_object_set_new(document, "Name", json_string(name));
	json_object_set_new(document, "RestartCount", json_integer(0));
	json_object_set_new(document, "Driver", json_string("overlay2"));
	json_object_set_new(document, "Platform", json_string("linux"));
	json_object_set_new(document, "MountLabel", json_string(""));
	json_object_set_new(document, "ProcessLabel", json_string(""));
	json_object_set_new(document, "AppArmorProfile", json_string(""));
	json_object_set_new(document, "ExecIDs", json_null());
	json_object_set_new(document, "NetworkSettings", new_network_settings(networks));
	json_object_set_new(document, "HostConfig", host_config);
	json_object_set_new(document, "GraphDriver", new_graph_driver(engine, id));
	json_object_set_new(document, "Mounts", json_array());
	json_object_set_new(document, "Config", config);
	return document;
}

/* ---- reading ---- */

static const json_t *part_of(const struct container *container, const char *part, const char *name)
{
	return json_object_get(json_object_get(container->document, part), name);
}

const char *container_record_text(const struct container *container, const char *part,
				  const char *name)
{
	const char *text = json_string_value(part_of(container, part, name));

	return text ? text : "";
}

bool container_record_flag(const struct container *container, const char *part, const char *name)
{
	return json_is_true(part_of(container, part, name));
}

int64_t container_record_integer(const struct container *container, const char *part,
				 const char *name)
{
	return json_integer_value(part_of(container, part, name));
}

int64_t container_record_restarts(const struct container *container)
{
	return json_integer_value(json_object_get(container->document, "RestartCount"));
}

bool container_record_stopped_by_hand(const struct container *container)
{
	return json_is_true(json_object_get(container->document, STOPPED_BY_HAND));
}

bool container_record_was_started(const struct container *container)
{
	return strcmp(container_record_text(container, "State", "StartedAt"), ZERO_TIME) != 0;
}

/* ---- changing ---- */

void container_record_set_restarts(struct container *container, int64_t count)
{
	json_object_set_new(container->document, "RestartCount", json_integer(count));
}

void container_record_set_stopped_by_hand(struct container *container, bool stopped)
{
	json_object_set_new(container->document, STOPPED_BY_HAND, json_boolean(stopped));
}

void container_record_set(struct container *container, const char *name, json_t *value)
{
	json_object_set_new(json_object_get(container->document, "State"), name, value);
}

void container_record_set_state(struct container *container, enum container_state state)
{
	bool running = state == CONTAINER_RUNNING || state == CONTAINER_PAUSED ||
		       state == CONTAINER_RESTARTING;

	container->state = state;
	container_record_set(container, "Status", json_string(state_names[state]));
	container_record_set(container, "Running", json_boolean(running));
	container_record_set(container, "Paused", json_boolean(state == CONTAINER_PAUSED));
	container_record_set(container, "Restarting", json_boolean(state == CONTAINER_RESTARTING));
	container_record_set(container, "Dead", json_boolean(state == CONTAINER_DEAD));
	container_record_set(container, "Pid", json_integer(running ? container->pid : 0));
}

void container_record_set_time(struct container *container, const char *name, struct timespec time)
{
	char text[TIME_TEXT_SIZE];

	time_text(time, text);
	container_record_set(container, name, json_string(text));
}

enum container_state container_record_state(const json_t *document)
{
	const char *name = json_string_at(document, "State", "Status", NULL);

	for (size_t i = 0; i < countof(state_names); i++)
		if (strcmp(name, state_names[i]) == 0)
			return i;
	return CONTAINER_CREATED;
}

/* ---- keeping ---- */

enum durability container_record_durability(const struct container *container)
{
	return container_record_flag(container, "HostConfig", "AutoRemove") ? NOT_DURABLE : DURABLE;
}

fallible container_record_save(struct container *container, enum durability durability)
{
	autofree char *text = json_text(container->document);
	struct store_change change = {STORE_PUT, CONTAINER_KIND, container->id, text};

	return store_apply(container->engine->store, &change, 1, durability);
}

void container_record_keep(struct container *container)
{
	log_dropped(LOG_LEVEL_ERROR, container_record_save(container, NOT_DURABLE),
		    "the state of container %.12s is not kept", container->id);
}

json_t *container_record_shown(const struct container *container)
{
	json_t *copy = json_deep_copy(container->document), *endpoint;
	const char *name;

	json_object_del(copy, STOPPED_BY_HAND);
	json_object_del(copy, CONTAINER_TAKEN_MOUNTS);
	json_object_foreach (json_at(copy, "NetworkSettings", "Networks", NULL), name, endpoint)
		json_object_del(endpoint, DESIRED_MAC);
	container_link_show(copy);
	return copy;
}

/* ---- telling ---- */

void container_record_event(struct container *container, const char *action, json_t *more)
{
	const char *name = json_string_at(container->document, "Name", NULL);
	const char *image = container_record_text(container, "Config", "Image");
	json_t *labels = json_at(container->document, "Config", "Labels", NULL);
	json_t *attributes = json_object();

	if (labels)
		json_object_update(attributes, labels);
	json_object_update(attributes, more);
	json_decref(more);
	json_object_set_new(attributes, "image", json_string(image));
	json_object_set_new(attributes, "name", json_string(name + (*name == '/')));
	event_emit(container->engine->events, "container", action, container->id, attributes);
}
