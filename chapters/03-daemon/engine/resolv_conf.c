#include "resolv_conf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT   (256 << 10)
#define PLAIN_PATH   "/etc/resolv.conf"
#define SYSTEMD_PATH "/run/systemd/resolve/resolv.conf"

static const char *item(const json_t *list, size_t i)
{
	return json_string_value(json_array_get(list, i));
}

/* ---- addresses ---- */

/* "fe80::1%eth0" is one, too. */
static int family_of(const char *text)
{
	autofree char *plain = duplicate_range(text, strcspn(text, "%"));
	struct in6_addr address;

	if (inet_pton(AF_INET, text, &address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, plain, &address) == 1 ? AF_INET6 : 0;
}

static bool is_loopback(const char *text)
{
	struct in6_addr address;

	if (inet_pton(AF_INET6, text, &address) == 1)
		return IN6_IS_ADDR_LOOPBACK(&address);
	return text_has_prefix(text, "127.");
}

/* ---- reading ---- */

void resolv_conf_finish(struct resolv_conf *conf)
{
	json_decref(conf->servers);
	json_decref(conf->search);
	json_decref(conf->options);
	json_decref(conf->other);
	json_decref(conf->invalid);
	json_decref(conf->outside);
}

static void take_server(struct resolv_conf *conf, const json_t *words)
{
	const char *text = item(words, 0);

	if (text)
		json_array_append(family_of(text) ? conf->servers : conf->invalid,
				  json_array_get(words, 0));
}

/* The last one counts. */
static void take_search(struct resolv_conf *conf, const json_t *words)
{
	if (!json_array_size(words))
		return;
	json_array_clear(conf->search);
	json_array_extend(conf->search, (json_t *)words);
}

static void take_options(struct resolv_conf *conf, const json_t *words)
{
	json_array_extend(conf->options, (json_t *)words);
}

static const struct {
	const char *keyword;
	void (*take)(struct resolv_conf *conf, const json_t *words);
} keywords[] = {
	{"nameserver", take_server},
	{"domain", take_search},
	{"search", take_search},
	{"options", take_options},
};

static void take_line(struct resolv_conf *conf, char *line)
{
	autofree char *whole = duplicate(line);
	autojson *words = json_array();
	char *rest, *keyword = strtok_r(line, " \t\r", &rest);

	if (!keyword || *keyword == '#' || *keyword == ';')
		return;
	for (char *word; (word = strtok_r(NULL, " \t\r", &rest));)
		json_array_append_new(words, json_text_value(word, strlen(word)));
	for (size_t i = 0; i < countof(keywords); i++)
		if (strcmp(keyword, keywords[i].keyword) == 0) {
			keywords[i].take(conf, words);
			return;
		}
	json_array_append_new(conf->other, json_text_value(whole, strlen(whole)));
}

/* The value of the last option of that name; NULL if there is none. */
static const char *option(const struct resolv_conf *conf, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = json_array_size(conf->options); i > 0; i--) {
		const char *text = item(conf->options, i - 1);

		if (strncmp(text, name, length) == 0 && (!text[length] || text[length] == ':'))
			return text[length] ? text + length + 1 : text + length;
	}
	return NULL;
}

void resolv_conf_parse(const char *text, const char *path, struct resolv_conf *conf)
{
	autofree char *copy = duplicate(text);
	char *rest;

	*conf = (struct resolv_conf){
		.servers = json_array(),
		.search = json_array(),
		.options = json_array(),
		.other = json_array(),
		.invalid = json_array(),
		.path = path,
	};
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(conf, line);
	if (option(conf, "ndots"))
		conf->ndots_from = "host";
}

static void read_file(const char *path, struct resolv_conf *conf)
{
	autobuffer text = {0};
	autoerror none = file_read(AT_FDCWD, path, FILE_LIMIT, &text);

	resolv_conf_parse(none || !text.length ? "" : text.data, path, conf);
}

/* Where systemd-resolved stands before the real servers, its list of those is the better one: the
 * one of the file works on this host alone. */
static void read_host(bool host_network, struct resolv_conf *conf)
{
	struct resolv_conf real;

	read_file(PLAIN_PATH, conf);
	if (host_network || json_array_size(conf->servers) != 1 ||
	    strcmp(item(conf->servers, 0), "127.0.0.53") != 0)
		return;
	read_file(SYSTEMD_PATH, &real);
	if (json_array_size(real.servers)) {
		resolv_conf_finish(conf);
		*conf = real;
	} else {
		resolv_conf_finish(&real);
	}
}

/* ---- what the user says ---- */

/* What the container's user said, or else what the daemon's did; NULL if nobody said anything. */
static const json_t *told(const json_t *host_config, const char *member, const json_t *settings,
			  const char *key)
{
	const json_t *own = json_object_get(host_config, member);
	const json_t *of_daemon = json_object_get(settings, key);

	if (json_array_size(own))
		return own;
	return json_array_size(of_daemon) ? of_daemon : NULL;
}

static void replace(json_t **list, const json_t *with, const char *but, bool *given)
{
	const json_t *word;
	size_t i;

	if (!with)
		return;
	json_array_clear(*list);
	json_array_foreach (with, i, word)
		if (!but || strcmp(json_string_value(word), but) != 0)
			json_array_append(*list, (json_t *)word);
	*given = true;
}

static fallible check_servers(const json_t *servers)
{
	const json_t *server;
	size_t i;

	json_array_foreach (servers, i, server)
		if (!family_of(json_string_value(server)))
			return error_new(ERROR_INVALID, "bad nameserver address %s",
					 json_string_value(server));
	return NULL;
}

static fallible override(struct resolv_conf *conf, const json_t *host_config,
			 const json_t *settings)
{
	const json_t *servers = told(host_config, "Dns", settings, "dns");

	TRY(check_servers(servers));
	replace(&conf->servers, servers, NULL, &conf->servers_given);
	/* "." is how one says: no domain at all. */
	replace(&conf->search, told(host_config, "DnsSearch", settings, "dns-search"), ".",
		&conf->search_given);
	replace(&conf->options, told(host_config, "DnsOptions", settings, "dns-opts"), NULL,
		&conf->options_given);
	if (conf->options_given)
		conf->ndots_from = option(conf, "ndots") ? "override" : NULL;
	return NULL;
}

/* ---- what the network makes of it ---- */

/* One that a container cannot reach: the host's loopback is not its own. */
static bool is_out_of_reach(const char *server, bool ipv6)
{
	return is_loopback(server) || (!ipv6 && family_of(server) == AF_INET6);
}

static void drop_unreachable(struct resolv_conf *conf, bool ipv6)
{
	static const char *const fallback[] = {"8.8.8.8", "8.8.4.4", "2001:4860:4860::8888",
					       "2001:4860:4860::8844"};

	if (conf->servers_given)
		return;
	for (size_t i = json_array_size(conf->servers); i > 0; i--)
		if (is_out_of_reach(item(conf->servers, i - 1), ipv6))
			json_array_remove(conf->servers, i - 1);
	conf->fallback = !json_array_size(conf->servers);
	for (size_t i = 0; conf->fallback && i < countof(fallback); i++)
		if (!is_out_of_reach(fallback[i], ipv6))
			json_array_append_new(conf->servers, json_string(fallback[i]));
}

static void drop_bad_ndots(struct resolv_conf *conf)
{
	for (size_t i = json_array_size(conf->options); i > 0; i--) {
		const char *text = item(conf->options, i - 1);
		int64_t dots;
		autoerror bad = text_has_prefix(text, "ndots:")
					? integer_parse(text + 6, "ndots", 0, INT32_MAX, &dots)
					: NULL;

		if (bad || strcmp(text, "ndots") == 0)
			json_array_remove(conf->options, i - 1);
	}
}

/* ndots:0 lets a name without a dot be asked as it is, before any domain is put behind it. */
static void take_own_server(struct resolv_conf *conf)
{
	conf->outside = conf->servers;
	conf->servers = json_pack("[s]", RESOLV_CONF_OWN_SERVER);
	drop_bad_ndots(conf);
	if (option(conf, "ndots"))
		return;
	json_array_append_new(conf->options, json_string("ndots:0"));
	conf->ndots_from = "internal";
}

void resolv_conf_become(struct resolv_conf *conf, enum resolv_conf_kind kind, bool ipv6)
{
	conf->kind = kind;
	if (kind == RESOLV_CONF_BRIDGE)
		drop_unreachable(conf, ipv6);
	else if (kind == RESOLV_CONF_OWN)
		take_own_server(conf);
}

static bool is_built_in(const char *network)
{
	static const char *const names[] = {"", "default", "bridge", "host", "none"};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(network, names[i]) == 0)
			return true;
	return false;
}

enum resolv_conf_kind resolv_conf_kind_of(const json_t *host_config, const json_t *networks)
{
	const char *mode = json_string_at(host_config, "NetworkMode", NULL), *name;
	json_t *endpoint;

	if (host_config_is_host(host_config, "NetworkMode"))
		return RESOLV_CONF_HOST;
	json_object_foreach ((json_t *)networks, name, endpoint)
		if (!is_built_in(name))
			return RESOLV_CONF_OWN;
	return is_built_in(mode) || text_has_prefix(mode, "container:") ? RESOLV_CONF_BRIDGE
									: RESOLV_CONF_OWN;
}

static bool has_ipv6(const json_t *networks)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)networks, name, endpoint)
		if (*json_string_at(endpoint, "GlobalIPv6Address", NULL))
			return true;
	return false;
}

fallible resolv_conf_make(const json_t *host_config, const json_t *networks, const json_t *settings,
			  enum resolv_conf_kind kind, struct resolv_conf *conf)
{
	read_host(kind == RESOLV_CONF_HOST, conf);
	TRY(override(conf, host_config, settings));
	resolv_conf_become(conf, kind, has_ipv6(networks));
	return NULL;
}

/* ---- writing ---- */

static void append_words(struct buffer *text, const json_t *words, const char *between)
{
	const json_t *word;
	size_t i;

	json_array_foreach (words, i, word)
		buffer_printf(text, "%s%s", i ? between : "", json_string_value(word));
}

static void append_line(struct buffer *text, const char *before, const json_t *words,
			const char *between, const char *after)
{
	if (!json_array_size(words))
		return;
	buffer_append_string(text, before);
	append_words(text, words, between);
	buffer_append_string(text, after);
}

/* host(10.0.0.1): is asked from the host's network. */
static void append_outside(const struct resolv_conf *conf, struct buffer *text)
{
	const json_t *server;
	size_t i;

	if (!json_array_size(conf->outside))
		return;
	buffer_append_string(text, "# ExtServers: [");
	json_array_foreach (conf->outside, i, server)
		buffer_printf(text, conf->servers_given ? "%s%s" : "%shost(%s)", i ? " " : "",
			      json_string_value(server));
	buffer_append_string(text, "]\n");
}

static void append_overrides(const struct resolv_conf *conf, struct buffer *text)
{
	autojson *given = json_array();

	if (conf->servers_given)
		json_array_append_new(given, json_string("nameservers"));
	if (conf->search_given)
		json_array_append_new(given, json_string("search"));
	if (conf->options_given)
		json_array_append_new(given, json_string("options"));
	buffer_append_string(text, "# Overrides: [");
	append_words(text, given, " ");
	buffer_append_string(text, "]\n");
}

void resolv_conf_text(const struct resolv_conf *conf, struct buffer *text)
{
	static const char *const kinds[] = {[RESOLV_CONF_HOST] = "",
					    [RESOLV_CONF_BRIDGE] = " (legacy)",
					    [RESOLV_CONF_OWN] = " (internal resolver)"};
	const json_t *server;
	size_t i;

	buffer_append_string(text, "# Generated by Docker Engine.\n"
				   "# This file can be edited; Docker Engine will not make further "
				   "changes once it\n# has been modified.\n\n");
	json_array_foreach (conf->servers, i, server)
		buffer_printf(text, "nameserver %s\n", json_string_value(server));
	append_line(text, "search ", conf->search, " ", "\n");
	append_line(text, "options ", conf->options, " ", "\n");
	append_line(text, "", conf->other, "\n", "\n");
	buffer_printf(text, "\n# Based on host file: '%s'%s\n", conf->path, kinds[conf->kind]);
	if (conf->fallback)
		buffer_append_string(text, "# Used default nameservers.\n");
	append_outside(conf, text);
	append_line(text, "# Invalid nameservers: [", conf->invalid, " ", "]\n");
	append_overrides(conf, text);
	if (conf->ndots_from)
		buffer_printf(text, "# Option ndots from: %s\n", conf->ndots_from);
}
