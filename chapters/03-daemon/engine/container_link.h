/*
 * container_link.h - --link: a container on the default bridge knows others by name
 *
 * The default bridge has no names, as in Docker. A link is what there was before networks had them:
 * when the container starts, the other's address is written into its /etc/hosts, where it is
 * changed when the other one is started again and has another address (etc_lifecycle.c), and, as it
 * is then, into its environment what the other listens on and was told (DB_PORT_5432_TCP_ADDR,
 * DB_ENV_USER). In a network with names a link is one more name, and this file has no part in it.
 *
 * HostConfig.Links of a request is "name:alias"; kept and shown is "/name:/container/alias". Beside
 * it the document keeps the others' ids, so that what is linked stays the same when it is renamed,
 * and so that links never go in a circle: the other one is always the older, and its lock may be
 * taken by who holds this one's.
 *
 * Standard: Docker's "Legacy container links". Book: 5.10
 */
#ifndef MINI_CONTAINER_LINK_H
#define MINI_CONTAINER_LINK_H

#include <jansson.h>
#include <stdbool.h>

#include "buffer.h"
#include "error.h"

#define CONTAINER_LINKED "LinkedContainers" /* of the document: an array, or nothing */

struct container;

/* When it is created. ERROR_INVALID, ERROR_NOT_FOUND. Locked. */
fallible container_link_adopt(struct container *container);
/* Of a copy of the document that is to be shown: Links as Docker shows them, without the ids. */
void container_link_show(json_t *document);
/* It knows the other one by that alias no more: its variables and its line of hosts go with the
 * next start. ERROR_NOT_FOUND. Locked. */
fallible container_link_remove(struct container *container, const char *alias);
/* Adds what it calls others to their names, {ID: ["/own/alias", ...]}. Locked. */
void container_link_names(const struct container *container, json_t *names);
/* When it starts: ERROR_CONFLICT when the other one does not run. Locked. */
fallible container_link_check(struct container *container);
/* Whether it links to the one with that id. Locked. */
bool container_link_has(const struct container *container, const char *id);
/* Lines of /etc/hosts. Locked, as is the next one. */
void container_link_hosts(const struct container *container, struct buffer *text);
/* Appends to `environment`, an array of "NAME=value". */
void container_link_environment(const struct container *container, json_t *environment);

#endif
