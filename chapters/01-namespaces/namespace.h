/*
 * namespace.h - the kinds of namespaces, and getting into one
 *
 * A namespace is made by clone3(2) with a flag, by unshare(2), or joined by setns(2) with a file
 * of /proc/PID/ns. Two want care: a process never changes its own PID namespace, only that of its
 * children; and joining a mount namespace needs a process that shares its root with nobody.
 *
 * Standard: namespaces(7); OCI runtime-spec, config-linux.md, "Namespaces". Book: 1.2
 */
#ifndef MINI_NAMESPACE_H
#define MINI_NAMESPACE_H

#include <stdint.h>

#include "error.h"

/* One row for each kind: config.json's word, the file in /proc/PID/ns, the flag of clone3(2). */
struct namespace_kind {
	const char *oci;  /* "network"; NULL ends the table */
	const char *proc; /* "net" */
	uint64_t flag;    /* CLONE_NEWNET */
};
extern const struct namespace_kind namespace_kinds[];
const struct namespace_kind *namespace_kind_of(uint64_t flag);           /* NULL if none */
const struct namespace_kind *namespace_kind_named(const char *oci_name); /* NULL if none */
/* "mount|pid|uts" for messages; the caller frees. */
char *namespace_flags_text(uint64_t flags);

/* setns(2) with the file; `flag` is checked by the kernel against the file's kind. */
fallible namespace_join(const char *path, uint64_t flag);
fallible namespace_unshare(uint64_t flags);
/* A time namespace with its clocks moved: `offsets` are lines of /proc/PID/timens_offsets. */
fallible namespace_unshare_time(const char *offsets);
/* Calls `visit` with the thread in another network namespace, and comes back: the only way to a
 * socket that belongs there. The other threads stay where they are. path: for messages. */
fallible namespace_visit_network(int namespace, const char *path, fallible (*visit)(void *context),
				 void *context);
/* A new network namespace has one interface, lo, and that is down. */
fallible namespace_loopback_up(void);

#endif
