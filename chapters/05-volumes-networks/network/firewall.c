#include "firewall.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "firewall_element.h"
#include "firewall_forward.h"
#include "firewall_neighbours.h"
#include "firewall_rules.h"
#include "firewall_watch.h"
#include "log.h"
#include "memory.h"
#include "net_device.h"
#include "netfilter.h"
#include "netfilter_element.h"
#include "nftables.h"

struct firewall {
	struct firewall_options options;
	pthread_mutex_t lock; /* guards what follows */
	struct nftables nftables;
	struct netlink netfilter; /* for the elements that are ports */
	struct firewall_elements elements;
	struct firewall_forward forward;
	struct firewall_watch *watch; /* from the first restore on */
	bool wanted;                  /* from then on changes go to the kernel at once */
	bool made;
	char *told;  /* owned: what was last said of neighbours; NULL: nothing */
	char *whole; /* owned: the kernel's listing of what we made */
};

/* ---- the table as a whole ---- */

static fallible list(struct firewall *firewall, struct buffer *text)
{
	return nftables_list(&firewall->nftables, "list table " FIREWALL_TABLE, true, text);
}

/* Only if nobody changed anything since `before` but for our one transaction; else it is not known
 * what was made, and the watch, which hears of that transaction, finds out. */
static void remember(struct firewall *firewall, uint32_t before)
{
	autobuffer whole = {0};
	uint32_t after = 0;
	autoerror e = list(firewall, &whole);

	if (!e)
		e = netfilter_generation(&after);
	free(firewall->whole);
	firewall->whole = !e && after == before + 1 ? buffer_take(&whole) : NULL;
}

/* Locked. */
static fallible make(struct firewall *firewall)
{
	uint64_t began = explain_clock();
	const struct firewall_options *options = &firewall->options;
	autobuffer marked = {0}, strangers = {0}, commands = {0};
	uint32_t generation;

	if (options->mark_mask)
		buffer_printf(&marked, FIREWALL_MARKED, options->mark_mask, options->mark);
	firewall_forward_rules(&firewall->forward, &strangers);
	firewall_rules_append(marked.length ? marked.data : "",
			      strangers.length ? strangers.data : "", &commands);
	for (size_t i = 0; i < firewall->elements.count; i++)
		firewall_element_command(&firewall->elements.items[i], "add", &commands);
	TRY(netfilter_generation(&generation));
	TRY(nftables_run(&firewall->nftables, commands.data));
	explain(began, "5.7", "the packet filter's rules for all networks, in one transaction",
		"nft -f - (table " FIREWALL_TABLE ", %zu elements)", firewall->elements.count);
	remember(firewall, generation);
	return NULL;
}

static bool is_whole(struct firewall *firewall)
{
	autobuffer now = {0};
	autoerror e = firewall->whole ? list(firewall, &now) : NULL;

	return firewall->whole && !e && now.length && strcmp(now.data, firewall->whole) == 0;
}

static const char *any_bridge(const struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->elements.count; i++)
		if (firewall->elements.items[i].owner)
			return firewall->elements.items[i].owner;
	return NULL;
}

/* The same is said once. */
static void tell_of_neighbours(struct firewall *firewall, const char *chains)
{
	autobuffer lines = {0};
	const char *bridge = any_bridge(firewall);
	char *rest = NULL;

	if (!bridge)
		return;
	firewall_neighbours_append(chains, bridge, &lines);
	if (!lines.length || (firewall->told && strcmp(firewall->told, lines.data) == 0))
		return;
	free(firewall->told);
	firewall->told = duplicate(lines.data);
	for (char *line = strtok_r(lines.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		log_warn("%s", line);
}

/* What a daemon before this one left says whether it turned on forwarding. */
static void recall(struct firewall *firewall)
{
	autobuffer before = {0};
	autoerror e = list(firewall, &before);

	if (!e && before.length)
		firewall_forward_recall(&firewall->forward, before.data);
}

/* Locked. For the first time, too. */
static fallible restore(struct firewall *firewall)
{
	TRY(nftables_open(&firewall->nftables));
	if (!firewall->made)
		recall(firewall);
	TRY(error_wrap(make(firewall),
		       "cannot make the table '" FIREWALL_TABLE "' (daemon.json: \"iptables\": "
		       "false goes without, and without published ports)"));
	firewall->made = true;
	return NULL;
}

/* In the watch's thread, where it costs no start any time. */
static void look_at_neighbours(struct firewall *firewall)
{
	autobuffer chains = {0};
	autoerror e = nftables_list(&firewall->nftables, "list chains", false, &chains);

	if (e || !chains.length)
		return;
	if (strstr(chains.data, FIREWALL_FIREWALLD " {"))
		error_free(nftables_list(&firewall->nftables, "list chain " FIREWALL_ZONES, false,
					 &chains));
	tell_of_neighbours(firewall, chains.data);
	if (firewall_forward_share(&firewall->forward,
				   firewall_neighbours_have_docker(chains.data)))
		log_dropped(LOG_LEVEL_WARN, restore(firewall),
			    "Docker's containers reach nothing beyond this host");
}

/* In the watch's thread: at first, and when something went, perhaps by our own order. */
static void look(void *context)
{
	struct firewall *firewall = context;

	pthread_mutex_lock(&firewall->lock);
	bool whole = firewall->made && is_whole(firewall);
	if (!whole && firewall->whole)
		log_warn("somebody changed the table '" FIREWALL_TABLE "' of the packet filter: "
			 "made again");
	if (!whole)
		log_dropped(LOG_LEVEL_ERROR, restore(firewall), "containers are not reached");
	look_at_neighbours(firewall);
	pthread_mutex_unlock(&firewall->lock);
}

static fallible want(struct firewall *firewall)
{
	if (firewall->wanted)
		return restore(firewall);
	TRY(firewall_watch_start(look, firewall, &firewall->watch));
	firewall->wanted = true;
	return NULL;
}

fallible firewall_restore(struct firewall *firewall)
{
	if (firewall->options.off)
		return NULL;
	pthread_mutex_lock(&firewall->lock);
	struct error *e = want(firewall);
	pthread_mutex_unlock(&firewall->lock);
	return e;
}

/* ---- its life ---- */

fallible firewall_open(const struct firewall_options *options, struct firewall **out)
{
	*out = allocate(sizeof(**out));
	(*out)->options = *options;
	(*out)->forward.no_drop = options->no_drop;
	nftables_reserve(&(*out)->nftables);
	(*out)->netfilter.fd = -1;
	pthread_mutex_init(&(*out)->lock, NULL);
	return NULL;
}

bool firewall_is_off(const struct firewall *firewall)
{
	return firewall->options.off;
}

void firewall_close(struct firewall *firewall)
{
	if (!firewall)
		return;
	firewall_watch_stop(firewall->watch);
	if (firewall->made && !any_bridge(firewall)) {
		log_dropped(LOG_LEVEL_WARN,
			    nftables_run(&firewall->nftables, "delete table " FIREWALL_TABLE),
			    "the table '" FIREWALL_TABLE "' stays");
		firewall_forward_turn_off(&firewall->forward);
	}
	nftables_close(&firewall->nftables);
	netlink_close(&firewall->netfilter);
	firewall_elements_finish(&firewall->elements);
	pthread_mutex_destroy(&firewall->lock);
	free(firewall->whole);
	free(firewall->told);
	free(firewall);
}

/* ---- changes ---- */

/* A port as an element: where it is kept, and what it says. */
struct entry {
	const char *set;
	char key[96], value[80];
};

/* Whatever is wrong with the table, making all of it mends it. */
static fallible apply(struct firewall *firewall, const char *commands)
{
	if (!firewall->wanted)
		return NULL;
	if (!firewall->made)
		return restore(firewall);
	autoerror e = nftables_run(&firewall->nftables, commands);
	if (!e)
		return NULL;
	log_warn("%s: the table '" FIREWALL_TABLE "' is made again", e->message);
	return restore(firewall);
}

/* The same for one element of a map, which is a container's port and is to be quick. */
static fallible apply_element(struct firewall *firewall, bool add, const struct entry *entry)
{
	if (!firewall->wanted)
		return NULL;
	if (!firewall->made)
		return restore(firewall);
	autoerror e =
		netfilter_element(&firewall->netfilter, entry->set, add, entry->key, entry->value);
	if (!e)
		return NULL;
	log_warn("%s: the table '" FIREWALL_TABLE "' is made again", e->message);
	return restore(firewall);
}

static void remove_owned(struct firewall *firewall, const char *bridge, struct buffer *commands)
{
	for (size_t i = firewall->elements.count; i-- > 0;) {
		struct firewall_element *element = &firewall->elements.items[i];

		if (!element->owner || strcmp(element->owner, bridge) != 0)
			continue;
		firewall_element_command(element, "delete", commands);
		firewall_elements_remove(&firewall->elements, element);
	}
}

/* ---- bridges ---- */

/* What is put into a text that nft reads is nothing but a name or a subnet. */
static fallible check_bridge(const struct firewall_bridge *bridge)
{
	const char *const subnets[] = {bridge->subnet4, bridge->subnet6};

	if (!net_device_name_is_valid(bridge->name, false) || strpbrk(bridge->name, "\"*\\"))
		return error_new(ERROR_INVALID,
				 "'%s' cannot be the name of a bridge: 1 to 15 letters, digits, "
				 "'_', '-' and '.'",
				 bridge->name);
	for (size_t i = 0; i < countof(subnets); i++)
		if (subnets[i] && subnets[i][strspn(subnets[i], "0123456789abcdefABCDEF.:/")])
			return error_new(ERROR_INVALID, "'%s' is not a subnet", subnets[i]);
	return NULL;
}

static void add(struct firewall *firewall, const struct firewall_bridge *bridge, const char *set,
		char *key)
{
	firewall_elements_add(&firewall->elements, set, key, NULL, bridge->name);
}

static void add_elements(struct firewall *firewall, const struct firewall_bridge *bridge)
{
	const char *name = bridge->name;
	const struct {
		const char *subnet, *inside, *masquerade, *open;
	} families[] = {
		{bridge->subnet4, "inside4", "masquerade4", bridge->open4 ? "open4" : NULL},
		{bridge->subnet6, "inside6", "masquerade6", bridge->open6 ? "open6" : NULL},
	};

	add(firewall, bridge, "bridges", format("\"%s\"", name));
	if (bridge->icc)
		add(firewall, bridge, "inner", format("\"%s\" . \"%s\"", name, name));
	if (bridge->internal)
		add(firewall, bridge, "internal", format("\"%s\"", name));
	for (size_t i = 0; i < countof(families); i++) {
		if (!families[i].subnet)
			continue;
		add(firewall, bridge, families[i].inside,
		    format("\"%s\" . %s", name, families[i].subnet));
		if (bridge->masquerade && !bridge->internal)
			add(firewall, bridge, families[i].masquerade,
			    duplicate(families[i].subnet));
		if (families[i].open)
			add(firewall, bridge, families[i].open, format("\"%s\"", name));
	}
}

/* *changed: the table's rules are other ones now. */
static fallible forward(struct firewall *firewall, const struct firewall_bridge *bridge,
			bool *changed)
{
	const char *const subnets[FIREWALL_FAMILIES] = {bridge->subnet4, bridge->subnet6};

	if (bridge->internal)
		return NULL;
	for (size_t i = 0; i < FIREWALL_FAMILIES; i++) {
		bool turned = false;

		if (subnets[i] && !firewall->options.no_forward)
			TRY(firewall_forward_turn_on(&firewall->forward, i, &turned));
		*changed |= turned;
	}
	return bridge->subnet4 ? firewall_forward_localhost(bridge->name) : NULL;
}

static fallible bridge_add(struct firewall *firewall, const struct firewall_bridge *bridge)
{
	uint64_t began = explain_clock();
	autobuffer old = {0}, commands = {0};
	bool remake = false;

	TRY(forward(firewall, bridge, &remake));
	remove_owned(firewall, bridge->name, &old);
	size_t first = firewall->elements.count;
	add_elements(firewall, bridge);
	for (size_t i = first; i < firewall->elements.count; i++)
		firewall_element_command(&firewall->elements.items[i], "add", &commands);
	struct error *e = !firewall->made        ? NULL
			  : remake || old.length ? restore(firewall)
						 : apply(firewall, commands.data);
	if (e)
		remove_owned(firewall, bridge->name, &old);
	else
		explain(began, "5.7", "the rules are about this bridge, too",
			"nft add element " FIREWALL_TABLE " bridges { \"%s\" } ...", bridge->name);
	return e;
}

fallible firewall_bridge_add(struct firewall *firewall, const struct firewall_bridge *bridge)
{
	if (firewall->options.off)
		return NULL;
	TRY(check_bridge(bridge));
	pthread_mutex_lock(&firewall->lock);
	struct error *e = bridge_add(firewall, bridge);
	pthread_mutex_unlock(&firewall->lock);
	return error_wrap(e, "cannot set up the packet filter for the bridge '%s'", bridge->name);
}

void firewall_bridge_remove(struct firewall *firewall, const char *name)
{
	uint64_t began = explain_clock();
	autobuffer commands = {0};

	pthread_mutex_lock(&firewall->lock);
	remove_owned(firewall, name, &commands);
	if (commands.length) {
		log_dropped(LOG_LEVEL_WARN, apply(firewall, commands.data),
			    "the packet filter still knows the bridge '%s'", name);
		explain(began, "5.7", "the bridge goes",
			"nft delete element " FIREWALL_TABLE " bridges { \"%s\" } ...", name);
	}
	pthread_mutex_unlock(&firewall->lock);
}

/* ---- ports ---- */

static bool is_protocol(const char *text)
{
	static const char *const known[] = {"tcp", "udp", "sctp"};

	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(known[i], text) == 0)
			return true;
	return false;
}

/* The kernel's own spelling, so that one address is one key. */
static bool spell(int family, const char *address, char text[INET6_ADDRSTRLEN])
{
	unsigned char bytes[16];

	return inet_pton(family, address, bytes) == 1 &&
	       inet_ntop(family, bytes, text, INET6_ADDRSTRLEN);
}

static fallible entry_make(const struct firewall_port *port, struct entry *entry)
{
	int family = strchr(port->address, ':') ? AF_INET6 : AF_INET;
	const char *any = family == AF_INET ? "0.0.0.0" : "::";
	char inside[INET6_ADDRSTRLEN], outside[INET6_ADDRSTRLEN];

	if (!is_protocol(port->protocol))
		return error_new(ERROR_INVALID, "invalid protocol: %s", port->protocol);
	if (!spell(family, port->address, inside))
		return error_new(ERROR_INVALID, "'%s' is not an address", port->address);
	if (!spell(family, *port->host_address ? port->host_address : any, outside))
		return error_new(ERROR_INVALID,
				 "the host address '%s' is not of the family of the container's, "
				 "%s",
				 port->host_address, port->address);
	snprintf(entry->value, sizeof(entry->value), "%s . %u", inside, port->port);
	if (strcmp(outside, any) == 0) {
		entry->set = family == AF_INET ? "ports4" : "ports6";
		snprintf(entry->key, sizeof(entry->key), "%s . %u", port->protocol,
			 port->host_port);
		return NULL;
	}
	entry->set = family == AF_INET ? "addressed4" : "addressed6";
	snprintf(entry->key, sizeof(entry->key), "%s . %s . %u", outside, port->protocol,
		 port->host_port);
	return NULL;
}

static fallible port_add(struct firewall *firewall, const struct firewall_port *port,
			 const struct entry *entry)
{
	uint64_t began = explain_clock();
	autobuffer command = {0};

	if (firewall_elements_find(&firewall->elements, entry->set, entry->key))
		return error_new(ERROR_CONFLICT, "port %u/%s is already allocated", port->host_port,
				 port->protocol);
	firewall_elements_add(&firewall->elements, entry->set, duplicate(entry->key),
			      duplicate(entry->value), NULL);
	struct firewall_element *last = &firewall->elements.items[firewall->elements.count - 1];
	firewall_element_command(last, "add", &command);
	struct error *e = apply_element(firewall, true, entry);
	if (e)
		firewall_elements_remove(&firewall->elements, last);
	else
		explain(began, "5.8", "this port of the host is that port of the container",
			"nft %.*s", (int)command.length - 1, command.data);
	return e;
}

static fallible port_remove(struct firewall *firewall, const struct entry *entry)
{
	uint64_t began = explain_clock();
	struct firewall_element *element =
		firewall_elements_find(&firewall->elements, entry->set, entry->key);
	autobuffer command = {0};

	/* Another container's by now, or nobody's. */
	if (!element || strcmp(element->value, entry->value) != 0)
		return NULL;
	firewall_element_command(element, "delete", &command);
	firewall_elements_remove(&firewall->elements, element);
	TRY(apply_element(firewall, false, entry));
	explain(began, "5.8", "the port is the host's own again", "nft %.*s",
		(int)command.length - 1, command.data);
	return NULL;
}

/* The container's end of it: several ports of the host can lead there. */
static void direct_make(const struct firewall_port *port, const struct entry *entry,
			struct entry *direct)
{
	*direct = (struct entry){.set = strchr(entry->value, ':') ? "direct6" : "direct4"};
	snprintf(direct->key, sizeof(direct->key), "%.*s . %s . %u",
		 (int)strcspn(entry->value, " "), entry->value, port->protocol, port->port);
}

static bool is_direct(struct firewall *firewall, const struct entry *direct)
{
	return firewall_elements_find(&firewall->elements, direct->set, direct->key);
}

static fallible direct_remove(struct firewall *firewall, const struct entry *direct)
{
	firewall_elements_remove(&firewall->elements,
				 firewall_elements_find(&firewall->elements, direct->set,
							direct->key));
	return is_direct(firewall, direct) ? NULL : apply_element(firewall, false, direct);
}

static fallible direct_add(struct firewall *firewall, const struct entry *direct)
{
	bool known = is_direct(firewall, direct);

	firewall_elements_add(&firewall->elements, direct->set, duplicate(direct->key), NULL, NULL);
	return known ? NULL : apply_element(firewall, true, direct);
}

static fallible publish(struct firewall *firewall, const struct firewall_port *port,
			const struct entry *entry)
{
	struct entry direct;

	TRY(port_add(firewall, port, entry));
	if (!firewall->options.direct)
		return NULL;
	direct_make(port, entry, &direct);
	struct error *e = direct_add(firewall, &direct);
	if (e) {
		error_free(direct_remove(firewall, &direct));
		error_free(port_remove(firewall, entry));
	}
	return e;
}

static fallible withdraw(struct firewall *firewall, const struct firewall_port *port,
			 const struct entry *entry)
{
	size_t before = firewall->elements.count;
	struct entry direct;

	TRY(port_remove(firewall, entry));
	if (!firewall->options.direct || firewall->elements.count == before)
		return NULL;
	direct_make(port, entry, &direct);
	return direct_remove(firewall, &direct);
}

fallible firewall_port_add(struct firewall *firewall, const struct firewall_port *port)
{
	struct entry entry;

	if (firewall->options.off)
		return NULL;
	TRY(entry_make(port, &entry));
	pthread_mutex_lock(&firewall->lock);
	struct error *e = publish(firewall, port, &entry);
	pthread_mutex_unlock(&firewall->lock);
	return e;
}

void firewall_port_remove(struct firewall *firewall, const struct firewall_port *port)
{
	struct entry entry;

	if (firewall->options.off)
		return;
	struct error *e = entry_make(port, &entry);
	if (!e) {
		pthread_mutex_lock(&firewall->lock);
		e = withdraw(firewall, port, &entry);
		pthread_mutex_unlock(&firewall->lock);
	}
	log_dropped(LOG_LEVEL_WARN, e, "port %u/%s stays published", port->host_port,
		    port->protocol);
}
