/*
 * network_api.h - the routes of networks
 *
 * In final/ they stand before later_routes. Standard: Docker Engine API, Networks. Book: 5.6
 */
#ifndef MINI_NETWORK_API_H
#define MINI_NETWORK_API_H

#include "http_route.h"

extern const struct route network_routes[];

#endif
