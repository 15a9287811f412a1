#include "port_map.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conntrack.h"
#include "explain.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "port_hold.h"
#include "port_loopback.h"
#include "port_outside.h"
#include "port_relay.h"
#include "port_request.h"
#include "text.h"

/* One port of one host address; the strings are owned but for the protocol. */
struct published {
	char *container; /* its id */
	const char *protocol;
	char *host_address; /* "0.0.0.0", "::" or one of this host's */
	char *address;      /* the container's */
	uint16_t host_port, port;
	int fd;                   /* holds it; -1: nothing does, or the relay */
	struct port_relay *relay; /* copies what arrives; NULL: the kernel leads it */
};

struct port_map {
	struct firewall *firewall;
	bool relays;          /* what the packet filter cannot lead is copied */
	pthread_mutex_t lock; /* guards what follows */
	struct port_loopback *loopback;
	struct published *items;
	size_t count;
	uint16_t last[3]; /* given at random, by protocol */
};

static const char *const protocols[] = {"tcp", "udp", "sctp"};

struct port_map *port_map_create(struct firewall *firewall, bool relays)
{
	struct port_map *map = allocate(sizeof(*map));

	map->firewall = firewall;
	map->relays = relays && !port_outside_is_used();
	map->loopback = port_loopback_create();
	pthread_mutex_init(&map->lock, NULL);
	port_outside_reset();
	return map;
}

static void published_finish(struct published *published)
{
	free(published->container);
	free(published->host_address);
	free(published->address);
	close_fd(&published->fd);
	if (published->relay)
		port_relay_stop(published->relay);
}

void port_map_destroy(struct port_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->count; i++)
		published_finish(&map->items[i]);
	free(map->items);
	port_loopback_destroy(map->loopback);
	pthread_mutex_destroy(&map->lock);
	free(map);
}

/* ---- one port of one address ---- */

static bool is_any(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static bool is_six(const char *address)
{
	return strchr(address, ':') != NULL;
}

static bool overlap(const char *a, const char *b)
{
	return is_six(a) == is_six(b) && (is_any(a) || is_any(b) || strcmp(a, b) == 0);
}

static bool is_allocated(const struct port_map *map, const struct published *wanted)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->items[i].host_port == wanted->host_port &&
		    map->items[i].protocol == wanted->protocol &&
		    overlap(map->items[i].host_address, wanted->host_address))
			return true;
	return false;
}

static struct firewall_port firewall_port_of(const struct published *published)
{
	return (struct firewall_port){.protocol = published->protocol,
				      .host_address = published->host_address,
				      .address = published->address,
				      .host_port = published->host_port,
				      .port = published->port};
}

/* Where our network is not the machine's, the port is taken there and not here. */
static fallible hold(struct published *published)
{
	const struct firewall_port port = firewall_port_of(published);
	uint64_t began = explain_clock();

	if (port_outside_is_used())
		return port_outside_open(&port);
	TRY(port_hold(published->protocol, published->host_address, published->host_port,
		      &published->fd));
	explain(began, "5.8", "no other program takes the port", "bind(%s socket, \"%s\", %u)",
		published->protocol, published->host_address, published->host_port);
	return NULL;
}

static void forget_flows(const struct published *published)
{
	if (strcmp(published->protocol, "udp") == 0)
		log_dropped(LOG_LEVEL_WARN, conntrack_forget_udp(published->host_port),
			    "who has sent there before waits");
}

static void let_go(struct published *published)
{
	const struct firewall_port port = firewall_port_of(published);

	port_outside_close(&port);
	close_fd(&published->fd);
}

/* ---- where it is led ---- */

static bool can_copy(const struct port_map *map, const char *protocol)
{
	return map->relays && strcmp(protocol, "sctp") != 0;
}

/* From IPv6 to IPv4, and where there are no rules. */
static bool is_copied(const struct port_map *map, const struct published *published)
{
	return can_copy(map, published->protocol) &&
	       (firewall_is_off(map->firewall) ||
		is_six(published->host_address) != is_six(published->address));
}

/* Who connects to [::1] is led by the kernel, also where others are copied for. */
static bool has_loopback(const struct port_map *map, const char *host_address)
{
	return (strcmp(host_address, "::") == 0 || strcmp(host_address, "::1") == 0) &&
	       !port_outside_is_used() && !firewall_is_off(map->firewall);
}

/* Published there and nowhere else: no rule of the packet filter has a part in it. */
static bool is_loopback_alone(const struct port_map *map, const char *host_address)
{
	return strcmp(host_address, "::1") == 0 && has_loopback(map, host_address);
}

static fallible lead_loopback(struct port_map *map, const struct published *published)
{
	return port_loopback_add(map->loopback, published->protocol, published->host_port,
				 published->address, published->port);
}

static void reach_by_loopback(struct port_map *map, const struct published *published)
{
	if (has_loopback(map, published->host_address))
		log_dropped(LOG_LEVEL_INFO, lead_loopback(map, published), "[::1] is refused");
}

static fallible lead_by_copying(struct published *published)
{
	uint64_t began = explain_clock();

	TRY(port_relay_start(published->protocol, published->address, published->port,
			     steal_fd(&published->fd), &published->relay));
	explain(began, "5.8", "what no rule leads is read here and written there",
		"listen(\"%s\", %u/%s), then splice()", published->host_address,
		published->host_port, published->protocol);
	return NULL;
}

static fallible lead(struct port_map *map, struct published *published)
{
	const struct firewall_port port = firewall_port_of(published);

	if (is_copied(map, published) && published->fd >= 0)
		return lead_by_copying(published);
	return is_loopback_alone(map, published->host_address)
		       ? lead_loopback(map, published)
		       : firewall_port_add(map->firewall, &port);
}

static void lead_no_more(struct port_map *map, struct published *published)
{
	const struct firewall_port port = firewall_port_of(published);

	if (has_loopback(map, published->host_address))
		port_loopback_remove(map->loopback, published->protocol, published->host_port);
	if (published->relay)
		port_relay_stop(published->relay);
	else if (!is_loopback_alone(map, published->host_address))
		firewall_port_remove(map->firewall, &port);
	published->relay = NULL;
}

/* Copies what it keeps. */
static void keep(struct port_map *map, const char *container, const struct published *published)
{
	map->items = reallocate(map->items, map->count + 1, sizeof(*map->items));
	map->items[map->count] = *published;
	map->items[map->count].container = duplicate(container);
	map->items[map->count].host_address = duplicate(published->host_address);
	map->items[map->count].address = duplicate(published->address);
	map->count++;
}

static fallible publish_one(struct port_map *map, const char *container,
			    struct published *published)
{
	if (is_allocated(map, published))
		return error_new(ERROR_CONFLICT, "Bind for %s:%u failed: port is already allocated",
				 published->host_address, published->host_port);
	struct error *e = hold(published);
	if (!e) {
		e = lead(map, published);
		if (e) {
			let_go(published);
		} else {
			forget_flows(published);
			reach_by_loopback(map, published);
			keep(map, container, published);
		}
	}
	return error_wrap(e, "failed to bind host port for %s:%u:%s:%u/%s", published->host_address,
			  published->host_port, published->address, published->port,
			  published->protocol);
}

static void withdraw_at(struct port_map *map, size_t i)
{
	lead_no_more(map, &map->items[i]);
	forget_flows(&map->items[i]);
	let_go(&map->items[i]);
	published_finish(&map->items[i]);
	map->items[i] = map->items[--map->count];
}

static void withdraw_from(struct port_map *map, size_t count)
{
	while (map->count > count)
		withdraw_at(map, map->count - 1);
}

/* ---- one request ---- */

/* Which host addresses, each with the container's of the same family. */
struct side {
	const char *host_address, *address;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* The container's of the same family; from IPv6 to IPv4 it is copied, or led from [::1]. */
static const char *address_for(const struct port_map *map, const struct port_map_target *target,
			       const char *host_address, const char *protocol)
{
	const char *four = or_empty(target->address4), *six = or_empty(target->address6);

	if (!is_six(host_address))
		return four;
	return !*six && (can_copy(map, protocol) || is_loopback_alone(map, host_address)) ? four
											  : six;
}

/* A kernel may be without IPv6. */
static bool is_spoken(const char *host_address)
{
	autoclose int fd =
		socket(is_six(host_address) ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0;
}

static fallible choose_sides(const struct port_map *map, const struct port_request *request,
			     const struct port_map_target *target, struct side sides[2],
			     size_t *count)
{
	static const char *const any[] = {"0.0.0.0", "::"};
	const char *wanted = *request->host_ip ? request->host_ip : or_empty(target->host_address);

	*count = 0;
	for (size_t i = 0; i < (*wanted ? 1 : countof(any)); i++) {
		const char *host_address = *wanted ? wanted : any[i];
		const char *address = address_for(map, target, host_address, request->protocol);

		if (*address && (*wanted || is_spoken(host_address)))
			sides[(*count)++] = (struct side){host_address, address};
	}
	if (*count)
		return NULL;
	return error_new(ERROR_INVALID,
			 "cannot publish port %u/%s on '%s': the container has no address of that "
			 "family in its network (docker network create --ipv6 gives it one of "
			 "IPv6)",
			 request->port, request->protocol, wanted);
}

/* One number on all sides, or on none. */
static fallible publish_number(struct port_map *map, const char *container,
			       const struct port_request *request, uint16_t number,
			       const struct side *sides, size_t count)
{
	size_t before = map->count;

	for (size_t i = 0; i < count; i++) {
		struct published published = {.protocol = request->protocol,
					      .host_address = (char *)sides[i].host_address,
					      .address = (char *)sides[i].address,
					      .host_port = number,
					      .port = request->port,
					      .fd = -1};
		struct error *e = publish_one(map, container, &published);

		if (!e)
			continue;
		withdraw_from(map, before);
		return e;
	}
	return NULL;
}

/* Where the search for any port goes on: behind the one that was given last. */
static uint16_t *cursor_of(struct port_map *map, const char *protocol)
{
	size_t i = 0;

	while (i < countof(protocols) - 1 && strcmp(protocols[i], protocol) != 0)
		i++;
	return &map->last[i];
}

static fallible publish_in_range(struct port_map *map, const char *container,
				 const struct port_request *request, const struct side *sides,
				 size_t count)
{
	uint16_t first = request->first, last = request->last, none = 0;
	uint16_t *cursor = request->first ? &none : cursor_of(map, request->protocol);

	if (!first)
		port_request_any(&first, &last);
	uint32_t size = last - first + 1U;
	uint32_t start = *cursor >= first && *cursor <= last ? *cursor - first + 1U : 0;
	for (uint32_t i = 0; i < size; i++) {
		uint16_t number = (uint16_t)(first + (start + i) % size);
		struct error *e = publish_number(map, container, request, number, sides, count);

		if (!e)
			*cursor = number;
		if (!e || e->class != ERROR_CONFLICT || size == 1)
			return e;
		error_free(e);
	}
	return error_new(ERROR_CONFLICT, "Bind for %s:%u failed: all ports are allocated",
			 sides[0].host_address, first);
}

static fallible publish_all(struct port_map *map, const char *container,
			    const struct port_requests *requests,
			    const struct port_map_target *target)
{
	size_t before = map->count;

	for (size_t i = 0; i < requests->count; i++) {
		struct side sides[2];
		size_t count;
		struct error *e = choose_sides(map, &requests->items[i], target, sides, &count);

		if (!e)
			e = publish_in_range(map, container, &requests->items[i], sides, count);
		if (!e)
			continue;
		withdraw_from(map, before);
		return e;
	}
	return NULL;
}

/* ---- the document ---- */

static json_t *settings_of(json_t *document)
{
	json_t *settings = json_object_get(document, "NetworkSettings");

	if (!json_is_object(settings)) {
		settings = json_object();
		json_object_set_new(document, "NetworkSettings", settings);
	}
	return settings;
}

/* What is exposed and not published is null. */
static json_t *exposed_ports(const json_t *document)
{
	json_t *ports = json_object(), *value;
	const char *key;

	json_object_foreach (json_at(document, "Config", "ExposedPorts", NULL), key, value) {
		const char *protocol;
		uint16_t port;
		autoerror e = port_request_parse_port(key, &port, &protocol);
		autofree char *whole = e ? NULL : format("%u/%s", port, protocol);

		if (whole)
			json_object_set_new(ports, whole, json_null());
	}
	return ports;
}

static void tell(json_t *ports, const struct published *published)
{
	autofree char *key = format("%u/%s", published->port, published->protocol);
	autofree char *number = format("%u", published->host_port);
	json_t *list = json_object_get(ports, key);

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(ports, key, list);
	}
	json_array_append_new(list, json_pack("{s:s, s:s}", "HostIp", published->host_address,
					      "HostPort", number));
}

static void record(const struct port_map *map, const char *container, json_t *document)
{
	json_t *ports = exposed_ports(document);

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->items[i].container, container) == 0)
			tell(ports, &map->items[i]);
	json_object_set_new(settings_of(document), "Ports", ports);
}

fallible port_map_publish(struct port_map *map, json_t *document,
			  const struct port_map_target *target)
{
	const char *container = json_string_at(document, "Id", NULL);
	const char *name = json_string_at(document, "Name", NULL);
	autoportrequests requests = {0};

	TRY(port_requests_read(document, &requests));
	pthread_mutex_lock(&map->lock);
	struct error *e = publish_all(map, container, &requests, target);
	if (!e)
		record(map, container, document);
	pthread_mutex_unlock(&map->lock);
	return error_wrap(e, "driver failed programming external connectivity on endpoint %s (%s)",
			  *name == '/' ? name + 1 : name, or_empty(target->endpoint));
}

void port_map_withdraw(struct port_map *map, json_t *document)
{
	const char *container = json_string_at(document, "Id", NULL);

	pthread_mutex_lock(&map->lock);
	for (size_t i = map->count; i-- > 0;)
		if (strcmp(map->items[i].container, container) == 0)
			withdraw_at(map, i);
	pthread_mutex_unlock(&map->lock);
	json_object_set_new(settings_of(document), "Ports", json_object());
}

/* ---- after a daemon's restart ---- */

static void rejoin_one(struct port_map *map, const char *container, struct published *published)
{
	log_dropped(LOG_LEVEL_WARN, hold(published),
		    "port %u/%s of container %.12s is published, but not held",
		    published->host_port, published->protocol, container);
	log_dropped(LOG_LEVEL_ERROR, lead(map, published),
		    "port %u/%s of container %.12s is not published any more", published->host_port,
		    published->protocol, container);
	reach_by_loopback(map, published);
	keep(map, container, published);
}

static fallible rejoin_binding(struct port_map *map, const char *container, const json_t *binding,
			       const struct port_map_target *target, struct published *published)
{
	const char *host_address = json_string_at(binding, "HostIp", NULL);
	int64_t number;

	TRY(integer_parse(json_string_at(binding, "HostPort", NULL), "host port", 1, 65535,
			  &number));
	published->host_port = (uint16_t)number;
	published->host_address = (char *)(*host_address ? host_address : "0.0.0.0");
	published->address =
		(char *)address_for(map, target, published->host_address, published->protocol);
	published->fd = -1;
	published->relay = NULL;
	if (*published->address)
		rejoin_one(map, container, published);
	else
		log_warn("port %u/%s of container %.12s is not published any more at %s: it has no "
			 "address of that family",
			 published->host_port, published->protocol, container,
			 published->host_address);
	return NULL;
}

static fallible rejoin(struct port_map *map, const json_t *document,
		       const struct port_map_target *target)
{
	const char *container = json_string_at(document, "Id", NULL), *key;
	json_t *list, *binding;
	size_t i;

	json_object_foreach (json_at(document, "NetworkSettings", "Ports", NULL), key, list) {
		struct published published = {0};

		TRY(port_request_parse_port(key, &published.port, &published.protocol));
		json_array_foreach (list, i, binding)
			TRY(rejoin_binding(map, container, binding, target, &published));
	}
	return NULL;
}

fallible port_map_rejoin(struct port_map *map, const json_t *document,
			 const struct port_map_target *target)
{
	pthread_mutex_lock(&map->lock);
	struct error *e = rejoin(map, document, target);
	pthread_mutex_unlock(&map->lock);
	return e;
}

/* ---- at create ---- */

fallible port_map_check(const json_t *document)
{
	autoportrequests requests = {0};

	return port_requests_read(document, &requests);
}
