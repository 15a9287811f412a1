#include "port_request.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define RANGE_FILE "/proc/sys/net/ipv4/ip_local_port_range"

static const char *known_protocol(const char *text)
{
	static const char *const known[] = {"tcp", "udp", "sctp"};

	for (size_t i = 0; i < countof(known); i++)
		if (strcasecmp(known[i], text) == 0)
			return known[i];
	return NULL;
}

fallible port_request_parse_port(const char *text, uint16_t *port, const char **protocol)
{
	const char *slash = strchr(text, '/');
	autofree char *number = duplicate_range(text, slash ? slash - text : (long)strlen(text));
	int64_t value = 0;
	autoerror e = integer_parse(number, "port", 1, 65535, &value);

	*protocol = known_protocol(slash && slash[1] ? slash + 1 : "tcp");
	if (e)
		return error_new(ERROR_INVALID, "invalid port specification: \"%s\"", text);
	if (!*protocol)
		return error_new(ERROR_INVALID, "invalid protocol: %s", slash + 1);
	*port = (uint16_t)value;
	return NULL;
}

/* "", "0", "8080", "8080-8090" */
static fallible parse_host_port(const char *text, struct port_request *request)
{
	const char *dash = strchr(text, '-');
	autofree char *start = dash ? duplicate_range(text, dash - text) : duplicate(text);
	int64_t first = 0, last = 0;
	autoerror e = *text ? integer_parse(start, "port", 0, 65535, &first) : NULL;

	last = first;
	if (!e && dash)
		e = integer_parse(dash + 1, "port", first, 65535, &last);
	if (e)
		return error_new(ERROR_INVALID, "invalid port specification: \"%s\"", text);
	request->first = (uint16_t)first;
	request->last = (uint16_t)last;
	return NULL;
}

static fallible check_address(const char *text)
{
	unsigned char bytes[16];

	if (*text && inet_pton(AF_INET, text, bytes) != 1 && inet_pton(AF_INET6, text, bytes) != 1)
		return error_new(ERROR_INVALID, "invalid IP address: %s", text);
	return NULL;
}

static void append(struct port_requests *requests, const struct port_request *request)
{
	requests->items =
		reallocate(requests->items, requests->count + 1, sizeof(*requests->items));
	requests->items[requests->count++] = *request;
}

static fallible read_binding(const json_t *binding, struct port_request *request)
{
	const char *host_port;

	if (!json_is_object(binding))
		return error_new(ERROR_INVALID, "invalid port binding: it is no object");
	TRY(json_get_string(binding, "HostIp", "", &request->host_ip));
	TRY(json_get_string(binding, "HostPort", "", &host_port));
	TRY(check_address(request->host_ip));
	return parse_host_port(host_port, request);
}

static fallible read_bindings(const json_t *bindings, struct port_requests *requests)
{
	const char *key;
	const json_t *list, *binding;
	size_t i;

	json_object_foreach ((json_t *)bindings, key, list) {
		struct port_request request = {0};

		TRY(port_request_parse_port(key, &request.port, &request.protocol));
		json_array_foreach (list, i, binding) {
			TRY(read_binding(binding, &request));
			append(requests, &request);
		}
		/* `-p 80` of the API: a port with no binding is one with nothing said. */
		if (json_is_array(list) && !json_array_size(list))
			append(requests,
			       &(struct port_request){request.protocol, request.port, ""});
	}
	return NULL;
}

static bool is_requested(const struct port_requests *requests, const struct port_request *one)
{
	for (size_t i = 0; i < requests->count; i++)
		if (requests->items[i].port == one->port &&
		    requests->items[i].protocol == one->protocol)
			return true;
	return false;
}

static fallible read_exposed(const json_t *exposed, struct port_requests *requests)
{
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)exposed, key, value) {
		struct port_request request = {.host_ip = ""};

		TRY(port_request_parse_port(key, &request.port, &request.protocol));
		if (!is_requested(requests, &request))
			append(requests, &request);
	}
	return NULL;
}

/* One number before a range before any. */
static int rank(const struct port_request *request)
{
	return !request->first ? 2 : request->first != request->last;
}

static int compare(const void *a, const void *b)
{
	const struct port_request *first = a, *second = b;
	int by_rank = rank(first) - rank(second);

	if (by_rank)
		return by_rank;
	return first->port != second->port ? first->port - second->port
					   : strcmp(second->protocol, first->protocol);
}

static fallible read_all(const json_t *document, struct port_requests *requests)
{
	const json_t *host_config = json_object_get(document, "HostConfig");
	const json_t *exposed = json_at(document, "Config", "ExposedPorts", NULL);
	struct port_requests ignored = {0};

	TRY(read_bindings(json_object_get(host_config, "PortBindings"), requests));
	bool all = json_is_true(json_object_get(host_config, "PublishAllPorts"));
	struct error *e = read_exposed(exposed, all ? requests : &ignored);
	port_requests_finish(&ignored);
	return e;
}

fallible port_requests_read(const json_t *document, struct port_requests *requests)
{
	TRY(read_all(document, requests));
	if (requests->count)
		qsort(requests->items, requests->count, sizeof(*requests->items), compare);
	return NULL;
}

void port_requests_finish(struct port_requests *requests)
{
	free(requests->items);
	*requests = (struct port_requests){0};
}

void port_request_any(uint16_t *first, uint16_t *last)
{
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, RANGE_FILE, 64, &text);
	unsigned int low, high;

	*first = 49153; /* Docker's own, where the kernel does not say */
	*last = 65535;
	if (!e && text.length && sscanf(text.data, "%u %u", &low, &high) == 2 && low &&
	    low <= high && high <= 65535) {
		*first = (uint16_t)low;
		*last = (uint16_t)high;
	}
}
