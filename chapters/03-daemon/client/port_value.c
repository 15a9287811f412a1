/* The grammar of -p and --expose: [ip:][host[-end]:]port[-end][/proto] (container_value.h). */
#include "container_value.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "memory.h"
#include "text.h"

struct port_range {
	int first, last; /* 0, 0: none given */
};

static fallible parse_range(const char *text, const char *what, struct port_range *range)
{
	int64_t first, last;
	const char *dash = strchr(text, '-');
	autofree char *start = dash ? duplicate_range(text, dash - text) : duplicate(text);
	autoerror e = integer_parse(start, what, 0, 65535, &first);

	last = first;
	if (!e && dash)
		e = integer_parse(dash + 1, what, 0, 65535, &last);
	if (e || last < first)
		return error_new(ERROR_INVALID, "invalid %s: %s", what, text);
	*range = (struct port_range){.first = (int)first, .last = (int)last};
	return NULL;
}

/* "80/udp" -> "80" and "udp". */
static fallible split_protocol(const char *text, char **port, const char **protocol)
{
	static const char *const known[] = {"tcp", "udp", "sctp"};
	const char *slash = strrchr(text, '/');
	const char *given = slash && slash[1] ? slash + 1 : "tcp";

	*protocol = NULL;
	for (size_t i = 0; i < countof(known); i++)
		if (strcasecmp(given, known[i]) == 0)
			*protocol = known[i];
	if (!*protocol)
		return error_new(ERROR_INVALID, "invalid proto: %s", given);
	*port = slash ? duplicate_range(text, slash - text) : duplicate(text);
	return NULL;
}

static void bind_port(const char *ip, const char *host_port, int port, const char *protocol,
		      json_t *exposed, json_t *bindings)
{
	autofree char *key = format("%d/%s", port, protocol);
	json_t *list = json_object_get(bindings, key);

	json_object_set_new(exposed, key, json_object());
	if (!list) {
		list = json_array();
		json_object_set_new(bindings, key, list);
	}
	json_array_append_new(list, json_pack("{s:s, s:s}", "HostIp", ip, "HostPort", host_port));
}

static fallible check_ip(const char *ip)
{
	unsigned char binary[16];

	if (*ip && inet_pton(AF_INET, ip, binary) != 1 && inet_pton(AF_INET6, ip, binary) != 1)
		return error_new(ERROR_INVALID, "invalid IP address: %s", ip);
	return NULL;
}

/* Several host ports for one container port are a range from which the daemon takes one. */
static fallible publish(const char *ip, const char *host_text, const char *port_text,
			const char *protocol, json_t *exposed, json_t *bindings)
{
	struct port_range ports, hosts = {0};

	TRY(check_ip(ip));
	TRY(parse_range(port_text, "containerPort", &ports));
	if (*host_text)
		TRY(parse_range(host_text, "hostPort", &hosts));
	int count = ports.last - ports.first, host_count = hosts.last - hosts.first;
	if (*host_text && count != host_count && count != 0)
		return error_new(ERROR_INVALID,
				 "invalid ranges specified for container and host Ports: %s and %s",
				 port_text, host_text);
	for (int i = 0; i <= count; i++) {
		autofree char *host = !*host_text           ? duplicate("")
				      : count != host_count ? duplicate(host_text)
							    : format("%d", hosts.first + i);

		bind_port(ip, host, ports.first + i, protocol, exposed, bindings);
	}
	return NULL;
}

/* "ip:host:port" from the right: the address may have colons itself, in brackets. */
static fallible publish_short(const char *text, json_t *exposed, json_t *bindings)
{
	autofree char *left = NULL;
	const char *protocol;

	TRY(split_protocol(text, &left, &protocol));
	char *colon = strrchr(left, ':');
	const char *port = colon ? colon + 1 : left;
	const char *host = "", *ip = "";
	if (colon) {
		*colon = '\0';
		colon = strrchr(left, ':');
		host = colon ? colon + 1 : left;
	}
	if (colon) {
		*colon = '\0';
		ip = left;
		if (*ip == '[' && text_has_suffix(ip, "]")) {
			left[strlen(left) - 1] = '\0';
			ip++;
		}
	}
	if (!*port)
		return error_new(ERROR_INVALID, "no port specified: %s<empty>", text);
	return publish(ip, host, port, protocol, exposed, bindings);
}

static bool is_key(const char *key, const char *field, const char *equals)
{
	return strncmp(key, field, equals - field) == 0 && !key[equals - field];
}

/* "target=80,published=8080,protocol=udp" */
static fallible publish_long(const char *text, json_t *exposed, json_t *bindings)
{
	autofree char *copy = duplicate(text);
	const char *target = NULL, *published = "", *protocol = "tcp", *ip = "";
	const struct {
		const char *key;
		const char **value;
	} keys[] = {{"target", &target},
		    {"published", &published},
		    {"protocol", &protocol},
		    {"host_ip", &ip},
		    {"mode", &(const char *){NULL}}};
	autowords fields = {0};

	TRY(csv_split(copy, &fields));
	for (size_t n = 0; n < fields.count; n++) {
		const char *field = fields.items[n], *equals = strchr(field, '=');
		size_t i = equals ? 0 : countof(keys);

		while (i < countof(keys) && !is_key(keys[i].key, field, equals))
			i++;
		if (i == countof(keys))
			return error_new(ERROR_INVALID, "invalid field %s", field);
		*keys[i].value = equals + 1;
	}
	if (!target)
		return error_new(ERROR_INVALID, "missing mandatory field \"target\"");
	return publish(ip, published, target, protocol, exposed, bindings);
}

fallible container_value_publish(const char *text, json_t *exposed, json_t *bindings)
{
	return strchr(text, '=') ? publish_long(text, exposed, bindings)
				 : publish_short(text, exposed, bindings);
}

fallible container_value_expose(const char *text, json_t *exposed)
{
	autofree char *ports = NULL;
	const char *protocol;
	struct port_range range;

	if (strchr(text, ':'))
		return error_new(ERROR_INVALID, "invalid port format for --expose: %s", text);
	TRY(split_protocol(text, &ports, &protocol));
	autoerror e = parse_range(ports, "port", &range);
	if (e)
		return error_new(ERROR_INVALID,
				 "invalid range format for --expose: %s, error: it is no port or "
				 "range of ports",
				 text);
	for (int port = range.first; port <= range.last; port++) {
		autofree char *key = format("%d/%s", port, protocol);

		json_object_set_new(exposed, key, json_object());
	}
	return NULL;
}
