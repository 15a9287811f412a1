/*
 * rootless_home.h - the namespaces in which the daemon of an ordinary user lives
 *
 * They are made by the first daemon: it becomes root of a user namespace (rootless_namespace.h)
 * with mounts and a network of its own. Two processes go with them, and with a daemon that is
 * killed they stay, as its containers do:
 *
 *	the machine's network  |  the user's namespaces
 *	                       |
 *	outside ---------- channel ---------- inside        rootless_outside.h, rootless_inside.h
 *	   |                   |                 |
 *	slirp4netns or pasta --+-- tap0       FOLDER/rootless.sock
 *	                       |                 |
 *	                       |             mini-dockerd, shims, containers
 *
 * The next daemon finds the socket, and goes to where its containers are. When there is nobody in
 * the namespaces any more, the two end, and with them the rest.
 *
 * One daemon of a user's may be in there at a time. Who kills the process inside with -9 has to end
 * the containers, too: nobody finds their network again.
 *
 * Standard: user_namespaces(7), network_namespaces(7), setns(2). Book: 5.13
 */
#ifndef MINI_ROOTLESS_HOME_H
#define MINI_ROOTLESS_HOME_H

#include <stddef.h>

#include "error.h"

#define ROOTLESS_HOME_SOCKET "rootless.sock"

/* Goes into those that belong to the folder, an absolute path, or makes them. Before any thread is
 * started. Environment variable PORT_OUTSIDE_VARIABLE is set. */
fallible rootless_home_enter(const char *folder);

/* In a process that is to outlive its starter, with a few descriptors that it keeps beside stderr,
 * under other numbers then: what ends the starter's terminal or its group does not end this one. */
void rootless_home_leave_starter(int *const kept[], size_t count);

#endif
