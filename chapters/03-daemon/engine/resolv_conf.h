/*
 * resolv_conf.h - where a container asks for names: resolv.conf(5)
 *
 * It begins as the host's, and what the user said (--dns, --dns-search, --dns-option, or else the
 * daemon's settings of these names) takes the place of the host's lines. What then becomes of it
 * depends on the container's network:
 * - the host's own, and none: it is as it is;
 * - the default bridge: servers on the host's loopback are left out, since that of the container is
 *   another one; when none remains, there are two that anybody can reach;
 * - any other network: the container's server is 127.0.0.11, its own, which knows the names in its
 *   networks and asks the servers for all others (chapter 05).
 * Comments say how it came about, as Docker's do.
 *
 * Standard: resolv.conf(5); Docker 28. Book: 5.10
 */
#ifndef MINI_RESOLV_CONF_H
#define MINI_RESOLV_CONF_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"

#define RESOLV_CONF_OWN_SERVER "127.0.0.11"

enum resolv_conf_kind {
	RESOLV_CONF_HOST,   /* as it is */
	RESOLV_CONF_BRIDGE, /* no server on loopback */
	RESOLV_CONF_OWN,    /* a server of its own */
};

struct resolv_conf {
	json_t *servers; /* arrays of texts, owned */
	json_t *search, *options, *other;
	json_t *invalid; /* what the host's file has for servers and is no address */
	json_t *outside; /* whom its own server asks; NULL: it has none */
	bool servers_given, search_given, options_given; /* by the user */
	bool fallback;                                   /* nobody named a server */
	const char *path;                                /* that it is based on */
	enum resolv_conf_kind kind;
	const char *ndots_from; /* "host", "override", "internal"; NULL: nobody set it */
};
#define autoresolv __attribute__((cleanup(resolv_conf_finish))) struct resolv_conf

/* Which kind a container has: told by NetworkMode, and by the networks that it is in, the object
 * NetworkSettings.Networks. */
enum resolv_conf_kind resolv_conf_kind_of(const json_t *host_config, const json_t *networks);
/* settings: the daemon's (settings.h), may be NULL. ERROR_INVALID for a --dns that is no address;
 * conf is to be finished also then. */
fallible resolv_conf_make(const json_t *host_config, const json_t *networks, const json_t *settings,
			  enum resolv_conf_kind kind, struct resolv_conf *conf);
void resolv_conf_finish(struct resolv_conf *conf);
void resolv_conf_text(const struct resolv_conf *conf, struct buffer *text);

/* -- its parts, for tests -- */

void resolv_conf_parse(const char *text, const char *path, struct resolv_conf *conf);
/* ipv6: the container can reach servers of version 6. */
void resolv_conf_become(struct resolv_conf *conf, enum resolv_conf_kind kind, bool ipv6);

#endif
