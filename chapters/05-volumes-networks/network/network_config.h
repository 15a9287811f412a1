/*
 * network_config.h - from what a client asks for to a network's document, and from that to the
 * struct
 *
 * The document is what the store has and what `inspect` shows. Everything in it was checked when it
 * was made; all the same it is read with care, since the store may be of another version.
 *
 * Messages about addresses are Docker's: "invalid network config:\ninvalid subnet 10.0.0.1/8: it
 * should be 10.0.0.0/8".
 *
 * Standard: Engine API, NetworkCreate; Docker's IPAM checks. Book: 5.5, 5.6
 */
#ifndef MINI_NETWORK_CONFIG_H
#define MINI_NETWORK_CONFIG_H

#include "network.h"

/* request: the body of a create request. defaults: {DRIVER: {OPTION: text}}, for options that it
 * does not name, unless it follows a pattern; NULL: none. *document is new and complete but for
 * subnets that are to be chosen. ERROR_INVALID, ERROR_NOT_FOUND for a driver. */
fallible network_config_make(const json_t *request, const json_t *defaults, json_t **document);

/* Whether a subnet of this family is still to be chosen; and its choice. */
bool network_config_lacks(const json_t *document, uint8_t family);
void network_config_add_subnet(json_t *document, const struct subnet *subnet);

/* What ConfigFrom takes over from the network that it names. */
void network_config_copy(json_t *document, const json_t *pattern);

/* document is taken over by *network, which network_free() ends. */
fallible network_config_read(json_t *document, struct network **network);
void network_free(struct network *network); /* NULL is legal */

#endif
