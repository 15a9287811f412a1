/*
 * net_device.h - a network device of the host, given to a container
 *
 * A device is in one network namespace at a time. Moving it takes its addresses away, as they have
 * no meaning elsewhere: those that somebody set for good are set again, and it is brought up. The
 * host does not have the device any more. When the container's namespace ends, the kernel hands a
 * physical device back under the name that it had in there, and a virtual one is gone: so a
 * container that does not come to its start gives its devices back first.
 *
 * Standard: rtnetlink(7); OCI runtime-spec 1.3, config-linux.md, "Network Devices". Book: 1.2
 */
#ifndef MINI_NET_DEVICE_H
#define MINI_NET_DEVICE_H

#include <stdbool.h>

#include "error.h"

#define NET_DEVICE_NAME 16 /* with its terminating NUL: IFNAMSIZ */

struct net_device_request {
	const char *name;      /* of the device on the host */
	const char *new_name;  /* in the container: a "%d" in it becomes the first free number */
	const char *namespace; /* the network namespace: /proc/PID/ns/net */
};

/* What the kernel takes as a name: 1 to 15 bytes, no slash, colon or blank; with `pattern` one "%d"
 * may be in it. */
bool net_device_name_is_valid(const char *name, bool pattern);
/* One that has been moved, and what it was before. */
struct net_device_moved {
	int namespace; /* owned: the network namespace that it is in now; -1: it has not left */
	int index;     /* in there */
	char name[NET_DEVICE_NAME];
	bool up;
};
#define automoved __attribute__((cleanup(net_device_moved_finish))) struct net_device_moved

/* ERROR_NOT_FOUND when there is no such device, ERROR_CONFLICT when the name is taken in there.
 * After an error, too, *moved tells whether it has left. */
fallible net_device_move(const struct net_device_request *request, struct net_device_moved *moved);
/* Into this process's namespace, with its name and its addresses, and up if it was; also when no
 * process is in the other namespace any more. */
fallible net_device_return(const struct net_device_moved *moved);
void net_device_moved_finish(struct net_device_moved *moved);

#endif
