/*
 * firewall_neighbours.h - tables of others that keep packets from our bridges
 *
 * A packet has to pass all tables. Two kinds are known to drop what comes from a bridge they do not
 * know, and for each its own users' way to let it pass is told:
 * - Docker's own: the policy of FORWARD is DROP, and users have the chain DOCKER-USER;
 * - firewalld: what is in no zone is rejected, and users put a device into the zone `trusted`.
 * Of any other chain at that place with the policy drop only its name can be told.
 *
 * Book: 5.7
 */
#ifndef MINI_FIREWALL_NEIGHBOURS_H
#define MINI_FIREWALL_NEIGHBOURS_H

#include <stdbool.h>

#include "buffer.h"

#define FIREWALL_FIREWALLD "table inet firewalld"
#define FIREWALL_ZONES     "inet firewalld filter_FORWARD_ZONES" /* which device is in which */

/* chains: what `nft list chains` prints, and, where there is a firewalld, its zones. bridge: the
 * name of one of ours, for the commands. Appends a line with its newline for each. */
void firewall_neighbours_append(const char *chains, const char *bridge, struct buffer *lines);
/* Docker's daemon runs here, or has. */
bool firewall_neighbours_have_docker(const char *chains);

#endif
