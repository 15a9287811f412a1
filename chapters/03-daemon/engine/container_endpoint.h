/*
 * container_endpoint.h - what a client wants of a container in one network
 *
 * EndpointSettings of the Engine API, read by a table like all else (members.h), so that each entry
 * of NetworkSettings.Networks has the same members in the same order. What is true only while the
 * container runs is empty; chapter 05 fills it in.
 *
 * Standard: Engine API, EndpointSettings, NetworkingConfig. Book: 3.4, 5.6
 */
#ifndef MINI_CONTAINER_ENDPOINT_H
#define MINI_CONTAINER_ENDPOINT_H

#include <jansson.h>

#include "error.h"

/* config: one EndpointSettings, may be NULL. *endpoint is new. ERROR_INVALID. */
fallible container_endpoint_make(const json_t *config, json_t **endpoint);
/* Those of a create request, {NAME: EndpointSettings}: or, where it has none, one for the network
 * that NetworkMode of host_config names. None for a container that shares another's network. */
fallible container_endpoints_make(const json_t *request, const json_t *host_config,
				  json_t **endpoints);

#endif
