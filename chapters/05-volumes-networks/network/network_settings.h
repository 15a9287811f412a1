/*
 * network_settings.h - what a container's document says of its networks
 *
 * NetworkSettings.Networks has an entry for each network that a container shall be in, under the
 * network's name: what was wished for (IPAMConfig, Aliases, DesiredMacAddress, which inspect does
 * not show), and what it has while it runs (NetworkID, EndpointID, IPAddress ...). Beside it stand
 * once more, as Docker has had them from before there were networks, the values of the default
 * bridge.
 *
 * The container is locked. Standard: Engine API, NetworkSettings, EndpointSettings. Book: 5.6
 */
#ifndef MINI_NETWORK_SETTINGS_H
#define MINI_NETWORK_SETTINGS_H

#include "network.h"

/* The entries: borrowed. */
json_t *network_settings_entries(const json_t *document);
/* Their names, that of NetworkMode first: an array that the caller frees; names are borrowed. */
const char **network_settings_names(const json_t *document, size_t *count);

/* What can be told of an entry alone: names are those of the API, addresses are addresses; and,
 * where the network is there (its document; NULL: not yet), whether it gives such. ERROR_INVALID
 * "invalid endpoint settings:\n...". */
fallible network_settings_check(const char *name, const json_t *entry, const json_t *network);
/* An entry as a client gave it: the MAC that it wishes for gets a place of its own, as MacAddress
 * is the one that it has. */
void network_settings_adopt(json_t *entry);
/* What it wishes for; what it had, of a container that runs. */
void network_settings_wish(const json_t *entry, struct network_wish *wish);
void network_settings_had(const json_t *entry, struct network_wish *wish);

void network_settings_fill(json_t *document, json_t *entry, const struct network *network,
			   const struct network_endpoint *endpoint);
/* The same, read again. */
void network_settings_endpoint(const json_t *document, const json_t *entry,
			       struct network_endpoint *endpoint);
/* A driver has changed them. */
void network_settings_gateways(json_t *entry, const struct network_endpoint *endpoint);
/* It does not run any more. */
void network_settings_clear(json_t *entry);
/* The names that it has in a network that somebody made; null in others. */
void network_settings_name(const json_t *document, json_t *entry, bool predefined);
/* The values of the default bridge, once more. */
void network_settings_mirror(json_t *document);

#endif
