/*
 * managed_plugin_api.h - /plugins
 *
 * The table stands before later_routes, which says of plugins that there are none.
 *
 * Standard: Engine API, Plugin. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_API_H
#define MINI_MANAGED_PLUGIN_API_H

#include "http_route.h"

extern const struct route managed_plugin_routes[];

#endif
