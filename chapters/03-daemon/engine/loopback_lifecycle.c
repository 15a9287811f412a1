/*
 * The network of a container while there are no networks: its own namespace with loopback, none
 * of its own (host), or another container's. Anything else is the name of a network, and is looked
 * for when the container starts, as in Docker. The chapter that brings networks has a row of its
 * own in the place of this one. Book: 3.4
 */
#include <string.h>

#include "container.h"
#include "container_record.h"
#include "host_config.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"

static fallible adopt(struct engine *engine, struct container *container)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");

	(void)engine;
	if (json_object_size(json_object_get(host_config, "PortBindings")) ||
	    json_is_true(json_object_get(host_config, "PublishAllPorts")))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "ports cannot be published by this daemon: networks come with "
				 "chapter 05");
	return NULL;
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	static const char *const known[] = {"bridge", "none", "host"};
	const json_t *host_config = json_object_get(container->document, "HostConfig");
	const char *mode = container_record_text(container, "HostConfig", "NetworkMode");

	(void)engine;
	(void)furnishing;
	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(mode, known[i]) == 0)
			return NULL;
	if (host_config_container(host_config, "NetworkMode"))
		return NULL;
	return error_new(ERROR_NOT_FOUND, "network %s not found", mode);
}

const struct lifecycle loopback_lifecycle = {
	.name = "loopback",
	.adopt = adopt,
	.furnish = furnish,
};
