#include "network_connect.h"

#include <string.h>

#include "container.h"
#include "container_endpoint.h"
#include "container_life.h"
#include "container_record.h"
#include "host_config.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network.h"
#include "network_member.h"
#include "network_settings.h"

static fallible check_state(const struct container *container)
{
	if (container->removed || container->state == CONTAINER_REMOVING ||
	    container->state == CONTAINER_DEAD)
		return error_new(ERROR_CONFLICT,
				 "Container %s is marked for removal and cannot be connected or "
				 "disconnected to the network",
				 container->id);
	return NULL;
}

static fallible sharing(void)
{
	return error_new(
		ERROR_INVALID,
		"container sharing network namespace with another container or host cannot "
		"be connected to any other network");
}

/* Whether the network goes with those that the container is in. */
static fallible check_company(const struct container *container, const char *name)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");
	json_t *entries = network_settings_entries(container->document), *entry;
	const char *other;

	if (host_config_container(host_config, "NetworkMode"))
		return sharing();
	if (strcmp(name, "host") == 0 && !json_object_get(entries, name))
		return error_new(ERROR_INVALID,
				 "container cannot be disconnected from host network "
				 "or connected to host network");
	json_object_foreach (entries, other, entry) {
		if (strcmp(other, name) == 0)
			continue;
		if (strcmp(other, "host") == 0)
			return sharing();
		if (strcmp(other, "none") == 0 || strcmp(name, "none") == 0)
			return error_new(ERROR_INVALID,
					 "container cannot be connected to multiple networks with "
					 "one of the networks in private (none) mode");
	}
	return NULL;
}

static fallible save(struct container *container)
{
	return container_record_save(container, container_record_durability(container));
}

/* An error of one that runs leaves it as it was. */
static fallible join(struct container *container, const char *name)
{
	struct error *e = network_member_join(container, name);

	if (e)
		log_dropped(LOG_LEVEL_WARN, network_member_part(container, name),
			    "container %.12s is not quite out of network %s", container->id, name);
	return e;
}

static fallible connect_to(struct container *container, const json_t *network, const json_t *config)
{
	json_t *entries = network_settings_entries(container->document);
	const char *name = json_string_at(network, "Name", NULL);
	bool runs = container_is_running(container);
	json_t *entry;

	TRY(check_company(container, name));
	if (json_object_get(entries, name))
		return runs ? error_new(ERROR_FORBIDDEN,
					"endpoint with name %s already exists in network %s",
					json_string_at(container->document, "Name", NULL) + 1, name)
			    : NULL;
	TRY(container_endpoint_make(config, &entry));
	json_object_set_new(entries, name, entry);
	struct error *e = network_settings_check(name, entry, network);
	network_settings_adopt(entry);
	if (!e && runs)
		e = join(container, name);
	if (e)
		json_object_del(entries, name);
	return e;
}

static fallible connect_locked(struct container *container, const char *name, const json_t *config)
{
	autojson *network = NULL;

	TRY(check_state(container));
	TRY(network_find(name, &network));
	TRY(connect_to(container, network, config));
	return save(container);
}

fallible network_connect(struct container *container, const char *network, const json_t *config)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = connect_locked(container, network, config);
	container_unlock(container);
	container_operation_end(container);
	return e;
}

static fallible disconnect_locked(struct container *container, const char *name)
{
	json_t *entries = network_settings_entries(container->document);
	bool runs = container_is_running(container);
	autojson *network = NULL;

	TRY(check_state(container));
	autoerror absent = network_find(name, &network); /* one that has gone may be left */
	const char *own = network ? json_string_at(network, "Name", NULL) : name;
	if (absent && !json_object_get(entries, own))
		return steal(&absent);
	if (!json_object_get(entries, own))
		return error_new(ERROR_SYSTEM,
				 runs ? "container %s is not connected to network %s"
				      : "container %s is not connected to the network %s",
				 container->id, own);
	if (runs && strcmp(own, "host") == 0)
		return error_new(ERROR_INVALID,
				 "container cannot be disconnected from host network "
				 "or connected to host network");
	if (runs)
		TRY(network_member_part(container, own));
	else
		json_object_del(entries, own);
	return save(container);
}

fallible network_disconnect(struct container *container, const char *network)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = disconnect_locked(container, network);
	container_unlock(container);
	container_operation_end(container);
	return e;
}
