/*
 * volume_api.h - /volumes
 *
 * Standard: Engine API, Volume. Book: 5.1
 */
#ifndef MINI_VOLUME_API_H
#define MINI_VOLUME_API_H

#include "http_route.h"

extern const struct route volume_routes[];

#endif
