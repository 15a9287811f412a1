/*
 * network_ipam.h - networks whose addresses a plugin hands out (--ipam-driver)
 *
 * When such a network is made, the plugin is asked for a pool of each version, for the gateway and
 * for the auxiliary addresses; what it says is written into the network's document, as if the user
 * had: IPAM.Config, and, a flag of our own, "Pools", what the plugin calls them. Then it is asked
 * for the address of each container that enters, and told of each that leaves. It keeps its own
 * books: a daemon that starts again asks for nothing anew.
 *
 * Our own pools (address_pool.h) stand behind it all the same: what the plugin gives has to be in
 * its subnet, and nobody else's. All here may wait for a plugin: no lock of the table is held.
 *
 * Standard: Docker's remote IPAM driver. Book: 5.15
 */
#ifndef MINI_NETWORK_IPAM_H
#define MINI_NETWORK_IPAM_H

#include "network.h"

/* The addresses are this daemon's business: "default". */
bool network_ipam_is_own(const json_t *document);
/* ERROR_NOT_FOUND `plugin "x" not found`. */
fallible network_ipam_find(const char *driver);

/* Completes the document of a network that is made. On an error, too, network_ipam_free() is to
 * follow. */
fallible network_ipam_reserve(json_t *document);
/* The network goes. Failures are logged: the network is gone all the same. */
void network_ipam_free(const json_t *document);

/* An address of each version that the network has: the wish's own or any, into the wish. Nothing
 * for a network with our addresses. */
fallible network_ipam_request(const json_t *document, struct network_wish *wish);
void network_ipam_release(const json_t *document, const struct address *v4,
			  const struct address *v6);

#endif
