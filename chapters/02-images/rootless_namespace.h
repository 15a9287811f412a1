/*
 * rootless_namespace.h - an ordinary user becomes root, of namespaces of his own
 *
 * A layer has files of many owners, and only root may give files away, mount, and make bridges. So
 * an ordinary user becomes root of a user namespace of his own, and of what the kernel lets its
 * root make: mounts of overlayfs, a network. User 0 in there is himself; 1, 2, ... are the ranges
 * that /etc/subuid and /etc/subgid give him, if newuidmap(1) is installed. With none, 0 is the only
 * id, which is told, and files of others are squashed (unpack_attributes.h).
 *
 * Standard: user_namespaces(7), subuid(5). Book: 2.4
 */
#ifndef MINI_ROOTLESS_NAMESPACE_H
#define MINI_ROOTLESS_NAMESPACE_H

#include "error.h"

/* User and mount namespaces, and `more` of them (CLONE_NEWNET), 0: no more. Before any thread is
 * started, and by who is not root. New mounts of the machine are seen in there, those made in there
 * are not seen outside. On an error the caller may be in half of them: it has to end. */
fallible rootless_namespace_enter(int more);

#endif
