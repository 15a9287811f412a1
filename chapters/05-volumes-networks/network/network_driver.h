/*
 * network_driver.h - how a network is made in the kernel
 *
 * A driver is a row of functions; each may be NULL, where there is nothing to do. `read` takes the
 * driver's options out of the network's document, when it is made and when the daemon starts.
 * `make` finds or makes what the network needs and sets it right, so that it is also what a daemon
 * calls that starts again; `unmake` removes it.
 *
 * Standard: Docker's drivers of the same names. Book: 5.4
 */
#ifndef MINI_NETWORK_DRIVER_H
#define MINI_NETWORK_DRIVER_H

#include "network.h"

struct network_driver {
	const char *name; /* "bridge", "host", "null" */
	bool single;      /* there is one network of this driver, and it is always there */
	fallible (*read)(struct network *network);
	/* Before it is made for the first time: what it would make is somebody's already. */
	bool (*is_there)(const struct network *network);
	fallible (*make)(struct network *network);
	void (*unmake)(const struct network *network);
};

extern const struct network_driver bridge_driver; /* a switch, and cables that end in it */

/* A new array, by name. */
json_t *network_driver_names(void);
/* ERROR_NOT_FOUND `plugin "x" not found`, as Docker says it. */
fallible network_driver_find(const char *name, const struct network_driver **driver);

#endif
