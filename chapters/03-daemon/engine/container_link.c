#include "container_link.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define ADDRESS_OF(document)                                                                       \
	json_string_at(document, "NetworkSettings", "Networks", "bridge", "IPAddress", NULL)

/* ---- when it is created ---- */

static bool is_on_default_bridge(const struct container *container)
{
	return strcmp(container_record_text(container, "HostConfig", "NetworkMode"), "bridge") == 0;
}

/* "name:alias" or "name"; either may have a slash in front, as inspect shows it. */
static fallible split(const char *link, char **name, const char **alias)
{
	size_t length = strcspn(link, ":");
	const char *given = link[length] ? link + length + 1 : link;
	const char *slash = strrchr(given, '/');

	if (!length || (link[length] && !*given) || strchr(given, ':'))
		return error_new(ERROR_INVALID, "bad format for links: %s", link);
	*name = duplicate_range(link, length);
	*alias = slash ? slash + 1 : given;
	return NULL;
}

static fallible find(struct container *container, const char *link, struct container **other,
		     const char **alias)
{
	autofree char *name = NULL;

	TRY(split(link, &name, alias));
	return error_wrap(container_find(container->engine, name, other),
			  "could not get container for %s", name);
}

static fallible refuse_host(const json_t *host_config)
{
	if (!host_config_is_host(host_config, "NetworkMode"))
		return NULL;
	return error_new(ERROR_INVALID, "conflicting options: host type networking can't be used "
					"with links. This would result in undefined behavior");
}

static fallible adopt_one(struct container *container, const char *link, json_t *linked)
{
	const char *alias = NULL;
	autocontainer *other = NULL;

	TRY(find(container, link, &other, &alias));
	container_lock(other);
	struct error *e = refuse_host(json_object_get(other->document, "HostConfig"));
	json_array_append_new(linked, json_pack("{s:s, s:s, s:s}", "Id", other->id, "Name",
						json_string_at(other->document, "Name", NULL),
						"Alias", alias));
	container_unlock(other);
	return e;
}

fallible container_link_adopt(struct container *container)
{
	json_t *host_config = json_object_get(container->document, "HostConfig");
	json_t *links = json_object_get(host_config, "Links"), *link;
	autojson *linked = json_array();
	size_t i;

	if (!json_array_size(links))
		return NULL;
	TRY(refuse_host(host_config));
	if (!is_on_default_bridge(container))
		return NULL;
	json_array_foreach (links, i, link)
		TRY(adopt_one(container, json_string_value(link), linked));
	json_object_set(container->document, CONTAINER_LINKED, linked);
	return NULL;
}

void container_link_show(json_t *document)
{
	const json_t *linked = json_object_get(document, CONTAINER_LINKED), *link;
	json_t *shown;
	size_t i;

	if (!linked)
		return;
	shown = json_array();
	json_array_foreach (linked, i, link) {
		autofree char *text = format("%s:%s/%s", json_string_at(link, "Name", NULL),
					     json_string_at(document, "Name", NULL),
					     json_string_at(link, "Alias", NULL));

		json_array_append_new(shown, json_string(text));
	}
	json_object_set_new(json_object_get(document, "HostConfig"), "Links", shown);
	json_object_del(document, CONTAINER_LINKED);
}

/* ---- when it starts ---- */

/* What of the other one is needed: a copy. NULL when there is no such container any more. */
static json_t *document_of(const struct container *container, const json_t *link, bool *running)
{
	autocontainer *other = NULL;
	autoerror gone =
		container_find(container->engine, json_string_at(link, "Id", NULL), &other);

	*running = false;
	if (gone)
		return NULL;
	container_lock(other);
	json_t *copy = json_deep_copy(other->document);
	*running = container_is_running(other);
	container_unlock(other);
	return copy;
}

static const json_t *links_of(const struct container *container)
{
	return json_object_get(container->document, CONTAINER_LINKED);
}

fallible container_link_check(struct container *container)
{
	const char *own = json_string_at(container->document, "Name", NULL);
	const json_t *link;
	size_t i;

	json_array_foreach (links_of(container), i, link) {
		bool running;
		autojson *other = document_of(container, link, &running);

		if (!other)
			return error_new(ERROR_NOT_FOUND, "Cannot link to %.12s, it was removed",
					 json_string_at(link, "Id", NULL));
		if (!running)
			return error_new(ERROR_CONFLICT,
					 "Cannot link to a non running container: %s AS %s/%s",
					 json_string_at(other, "Name", NULL), own,
					 json_string_at(link, "Alias", NULL));
	}
	return NULL;
}

static json_t *name_of(const struct container *container, const json_t *link)
{
	autofree char *name = format("%s/%s", json_string_at(container->document, "Name", NULL),
				     json_string_at(link, "Alias", NULL));

	return json_string(name);
}

void container_link_names(const struct container *container, json_t *names)
{
	const json_t *link;
	size_t i;

	json_array_foreach (links_of(container), i, link) {
		const char *other = json_string_at(link, "Id", NULL);

		if (!json_object_get(names, other))
			json_object_set_new(names, other, json_array());
		json_array_append_new(json_object_get(names, other), name_of(container, link));
	}
}

/* What is shown of a container without links is the request's own list (container_link_show). */
fallible container_link_remove(struct container *container, const char *alias)
{
	json_t *links = json_object_get(container->document, CONTAINER_LINKED), *link;
	size_t i;

	json_array_foreach (links, i, link) {
		if (strcmp(json_string_at(link, "Alias", NULL), alias) != 0)
			continue;
		json_array_remove(links, i);
		if (!json_array_size(links)) {
			json_object_del(container->document, CONTAINER_LINKED);
			json_object_set_new(json_object_get(container->document, "HostConfig"),
					    "Links", json_null());
		}
		return container_record_save(container, container_record_durability(container));
	}
	return error_new(ERROR_NOT_FOUND, "No such link: %s/%s",
			 json_string_at(container->document, "Name", NULL) + 1, alias);
}

bool container_link_has(const struct container *container, const char *id)
{
	const json_t *link;
	size_t i;

	json_array_foreach (links_of(container), i, link)
		if (strcmp(json_string_at(link, "Id", NULL), id) == 0)
			return true;
	return false;
}

/* The alias, and what else it is called: its host name, and its name if that is another one. */
void container_link_hosts(const struct container *container, struct buffer *text)
{
	const json_t *link;
	size_t i;

	json_array_foreach (links_of(container), i, link) {
		bool running;
		autojson *other = document_of(container, link, &running);
		const char *alias = json_string_at(link, "Alias", NULL);
		const char *name = json_string_at(other, "Name", NULL);

		if (!*ADDRESS_OF(other))
			continue;
		name += *name == '/';
		buffer_printf(text, "%s\t%s %s", ADDRESS_OF(other), alias,
			      json_string_at(other, "Config", "Hostname", NULL));
		if (strcmp(name, alias) != 0)
			buffer_printf(text, " %s", name);
		buffer_append_string(text, "\n");
	}
}

/* ---- its environment ---- */

static void put(json_t *environment, char *text)
{
	json_array_append_new(environment, json_string_or_null(text));
	free(text);
}

/* "my-db" is MY_DB. */
static char *prefix_of(const char *alias)
{
	char *prefix = duplicate(alias);

	for (char *letter = prefix; *letter; letter++)
		*letter = *letter == '-' ? '_' : toupper((unsigned char)*letter);
	return prefix;
}

static int compare_ports(const void *one, const void *other)
{
	const char *const *a = one, *const *b = other;
	int difference = atoi(*a) - atoi(*b);

	return difference ? difference : strcmp(strchr(*a, '/'), strchr(*b, '/'));
}

/* "80/tcp" of all that it says it listens on, smallest first. The caller frees. */
static const char **ports_of(const json_t *other, size_t *count)
{
	json_t *exposed = json_at(other, "Config", "ExposedPorts", NULL), *unused;
	const char **ports = allocate((json_object_size(exposed) + 1) * sizeof(*ports));
	const char *port;

	*count = 0;
	json_object_foreach (exposed, port, unused)
		if (strchr(port, '/'))
			ports[(*count)++] = port;
	qsort(ports, *count, sizeof(*ports), compare_ports);
	return ports;
}

static void put_port(json_t *environment, const char *prefix, const char *address, const char *port)
{
	int number = atoi(port);
	const char *protocol = strchr(port, '/') + 1;
	autofree char *upper = prefix_of(protocol);
	autofree char *name = format("%s_PORT_%d_%s", prefix, number, upper);

	put(environment, format("%s=%s://%s:%d", name, protocol, address, number));
	put(environment, format("%s_ADDR=%s", name, address));
	put(environment, format("%s_PORT=%d", name, number));
	put(environment, format("%s_PROTO=%s", name, protocol));
}

static void put_ports(json_t *environment, const char *prefix, const json_t *other)
{
	const char *address = ADDRESS_OF(other);
	size_t count;
	autofree const char **ports = ports_of(other, &count);

	if (count)
		put(environment, format("%s_PORT=%s://%s:%d", prefix, strchr(ports[0], '/') + 1,
					address, atoi(ports[0])));
	for (size_t i = 0; i < count; i++)
		put_port(environment, prefix, address, ports[i]);
}

static void put_variables(json_t *environment, const char *prefix, const json_t *other)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (json_at(other, "Config", "Env", NULL), i, entry) {
		const char *text = json_string_value(entry);

		if (!text_has_prefix(text, "HOME=") && !text_has_prefix(text, "PATH="))
			put(environment, format("%s_ENV_%s", prefix, text));
	}
}

void container_link_environment(const struct container *container, json_t *environment)
{
	const json_t *link;
	size_t i;

	json_array_foreach (links_of(container), i, link) {
		bool running;
		autojson *other = document_of(container, link, &running);
		const char *alias = json_string_at(link, "Alias", NULL);
		autofree char *prefix = prefix_of(alias);

		put_ports(environment, prefix, other);
		put(environment, format("%s_NAME=%s/%s", prefix,
					json_string_at(container->document, "Name", NULL), alias));
		put_variables(environment, prefix, other);
	}
}
