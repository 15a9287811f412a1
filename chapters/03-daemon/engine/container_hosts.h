/*
 * container_hosts.h - who is where, as a container is told in its files: /etc/hosts, resolv.conf
 *
 * The files are made when it starts (etc_lifecycle). While it runs they are changed in place when
 * it is connected to a network or disconnected, or when what it links to has got another address,
 * and only by what that changes: users edit them, too.
 *
 * All that they say comes from the document: --add-host (HostConfig.ExtraHosts), --link, and the
 * addresses in NetworkSettings.Networks, whoever has put them there. Locked by the caller.
 *
 * Standard: hosts(5); Docker 28. Book: 5.10
 */
#ifndef MINI_CONTAINER_HOSTS_H
#define MINI_CONTAINER_HOSTS_H

#include <jansson.h>

#include "buffer.h"
#include "error.h"

struct container;

/* The text of /etc/hosts. settings: the daemon's. ERROR_INVALID for an --add-host that is wrong. */
fallible container_hosts_text(const struct container *container, const json_t *settings,
			      struct buffer *text);
/* What can be said of --add-host before there are addresses. */
fallible container_hosts_check(const json_t *host_config);

/* The lines of one network: "ADDRESS<TAB>NAME" for each address that `endpoint` has, an object of
 * NetworkSettings.Networks. */
void container_hosts_lines(const json_t *document, const json_t *endpoint, struct buffer *lines);

/* Lines that are to be in a text, or no longer. What stands in it already is not put in again. */
void container_hosts_add(const char *text, const char *lines, struct buffer *changed);
void container_hosts_remove(const char *text, const char *lines, struct buffer *changed);
/* A line whose first name is that of one of `lines` gets the address of that one. */
void container_hosts_move(const char *text, const char *lines, struct buffer *changed);

#endif
