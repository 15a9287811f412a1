#include "dns.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dns_loop.h"
#include "dns_server.h"
#include "dns_socket.h"
#include "dns_table.h"
#include "explain.h"
#include "json.h"
#include "memory.h"
#include "resolv_conf.h"

struct dns {
	struct dns_office office;
	struct dns_server **servers; /* one for each container that has one */
	size_t count;
};

fallible dns_open(struct dns **out)
{
	struct dns *dns = allocate(sizeof(*dns));
	struct error *e = dns_loop_create(&dns->office.loop);

	if (e) {
		free(dns);
		return e;
	}
	dns->office.table = dns_table_create();
	*out = dns;
	return NULL;
}

void dns_close(struct dns *dns)
{
	if (!dns)
		return;
	dns_loop_lock(dns->office.loop);
	for (size_t i = 0; i < dns->count; i++)
		dns_server_destroy(dns->servers[i]);
	dns_loop_unlock(dns->office.loop);
	dns_loop_destroy(dns->office.loop);
	dns_table_destroy(dns->office.table);
	free(dns->servers);
	free(dns);
}

/* ---- who has a server; locked ---- */

static struct dns_server **find_server(struct dns *dns, const char *container)
{
	for (size_t i = 0; i < dns->count; i++)
		if (strcmp(dns->servers[i]->container, container) == 0)
			return &dns->servers[i];
	return NULL;
}

static void enter_server(struct dns *dns, struct dns_server *server)
{
	dns->servers = reallocate(dns->servers, dns->count + 1, sizeof(*dns->servers));
	dns->servers[dns->count++] = server;
}

/* ---- names, as the document has them; locked ---- */

/* The texts are the array's. The caller frees. */
static const char **texts_of(const json_t *array)
{
	const char **texts = allocate((json_array_size(array) + 1) * sizeof(*texts));
	size_t count = 0, i;
	const json_t *item;

	json_array_foreach (array, i, item)
		if (json_is_string(item))
			texts[count++] = json_string_value(item);
	return texts;
}

static void join(struct dns *dns, const char *container, const char *network,
		 const json_t *endpoint)
{
	autofree const char **names = texts_of(json_object_get(endpoint, "DNSNames"));
	autofree const char **links = texts_of(json_object_get(endpoint, "Links"));
	struct dns_membership membership = {
		.network = json_string_at(endpoint, "NetworkID", NULL),
		.network_name = network,
		.names = names,
		.links = links,
	};

	/* What is no address leaves it at none. */
	inet_pton(AF_INET, json_string_at(endpoint, "IPAddress", NULL), &membership.v4);
	inet_pton(AF_INET6, json_string_at(endpoint, "GlobalIPv6Address", NULL), &membership.v6);
	dns_table_join(dns->office.table, container, &membership);
}

static void rejoin(struct dns *dns, const char *container, const json_t *networks)
{
	const char *network;
	json_t *endpoint;

	dns_table_leave(dns->office.table, container);
	json_object_foreach ((json_t *)networks, network, endpoint)
		join(dns, container, network, endpoint);
}

/* ---- serving ---- */

static void take_options(const struct resolv_conf *conf, bool outside,
			 struct dns_server_options *options)
{
	const json_t *address;
	size_t i;

	options->ndots = conf->ndots_from && strcmp(conf->ndots_from, "internal") != 0;
	if (!outside)
		return;
	json_array_foreach (conf->outside, i, address)
		if (options->upstream_count < DNS_UPSTREAM_MAX &&
		    dns_upstream_parse(json_string_value(address), conf->servers_given,
				       &options->upstream[options->upstream_count]))
			options->upstream_count++;
}

static fallible begin(struct dns *dns, const char *container, pid_t pid,
		      const struct dns_server_options *options)
{
	struct dns_sockets sockets = DNS_SOCKETS_EMPTY;
	struct dns_server *server = NULL;
	uint64_t began = explain_clock();

	TRY(dns_sockets_open(pid, &sockets));
	explain(began, "5.9", "names are asked for at 127.0.0.11, and the daemon hears it",
		"setns(\"/proc/%d/ns/net\"), bind(\"127.0.0.11\"), nft(\"dport 53 dport set ...\")",
		pid);
	dns_loop_lock(dns->office.loop);
	struct error *e = dns_server_create(&dns->office, container, &sockets, options, &server);
	if (!e)
		enter_server(dns, server);
	dns_loop_unlock(dns->office.loop);
	return e;
}

static fallible serve(struct dns *dns, const char *container, pid_t pid,
		      const struct dns_server_options *options)
{
	dns_loop_lock(dns->office.loop);
	struct dns_server **server = find_server(dns, container);
	if (server)
		(*server)->options = *options;
	dns_loop_unlock(dns->office.loop);
	return server ? NULL : begin(dns, container, pid, options);
}

fallible dns_serve(struct dns *dns, const struct dns_order *order)
{
	const char *container = json_string_at(order->document, "Id", NULL);
	const json_t *networks = json_at(order->document, "NetworkSettings", "Networks", NULL);
	const json_t *host_config = json_object_get(order->document, "HostConfig");
	struct dns_server_options options = {0};
	autoresolv conf = {0};

	if (resolv_conf_kind_of(host_config, networks) != RESOLV_CONF_OWN) {
		dns_stop(dns, container);
		return NULL;
	}
	TRY(resolv_conf_make(host_config, networks, order->settings, RESOLV_CONF_OWN, &conf));
	take_options(&conf, order->outside, &options);
	TRY(serve(dns, container, order->pid, &options));
	dns_loop_lock(dns->office.loop);
	rejoin(dns, container, networks);
	dns_loop_unlock(dns->office.loop);
	return NULL;
}

void dns_stop(struct dns *dns, const char *container)
{
	dns_loop_lock(dns->office.loop);
	struct dns_server **server = find_server(dns, container);
	if (server) {
		dns_server_destroy(*server);
		*server = dns->servers[--dns->count];
	}
	dns_table_leave(dns->office.table, container);
	dns_loop_unlock(dns->office.loop);
}
