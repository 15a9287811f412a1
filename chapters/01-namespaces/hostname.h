/*
 * hostname.h - the names a container calls itself
 *
 * Both live in the UTS namespace: in a new one they are the container's own, in the host's they
 * would rename the machine, so a plan sets them only where it makes or joins a namespace.
 *
 * Standard: sethostname(2), uts_namespaces(7). Book: 1.2
 */
#ifndef MINI_HOSTNAME_H
#define MINI_HOSTNAME_H

#include "error.h"

fallible hostname_set(const char *name);
fallible hostname_set_domain(const char *name);

#endif
