/*
 * etc_lifecycle.h - the files that say who a container is and where others are, while it runs
 *
 * /etc/hostname, /etc/hosts and /etc/resolv.conf are made when a container starts. When it is
 * connected to a network or disconnected while it runs, who does that says so here: the two files
 * that tell of networks are changed in place, since the container has these very inodes mounted.
 *
 *	the document is changed: NetworkSettings.Networks has the endpoint, with its addresses
 *	TRY(etc_network_came(container, endpoint));
 *
 *	the document has it no longer; `endpoint` is what it was
 *	TRY(etc_network_went(container, endpoint));
 *
 * Book: 5.10
 */
#ifndef MINI_ETC_LIFECYCLE_H
#define MINI_ETC_LIFECYCLE_H

#include <jansson.h>

#include "error.h"

struct container;

/* Of a container that runs. Locked by the caller. What users have written into the files stays. */
fallible etc_network_came(struct container *container, const json_t *endpoint);
fallible etc_network_went(struct container *container, const json_t *endpoint);

#endif
