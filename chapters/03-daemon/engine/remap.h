/*
 * remap.h - --userns-remap: root in a container is nobody on the machine
 *
 * Each container gets a user namespace in which ids from 0 on stand for the ids that /etc/subuid
 * and /etc/subgid give one user. On the disk nothing differs: layers and the container's own files
 * keep the ids that they have in there, because the overlay is put together from idmapped mounts
 * (overlay.h). So one unpacked image serves both kinds of containers, --userns=host too, and `cp`,
 * `commit`, `diff` and `export` of one that is looked at from outside need no arithmetic.
 *
 * As in Docker such a daemon has a root of its own, ROOT/UID.GID of the mapped root.
 *
 * Standard: Docker's dockerd reference; subuid(5), user_namespaces(7). Book: 3.4, 1.9
 */
#ifndef MINI_REMAP_H
#define MINI_REMAP_H

#include <jansson.h>
#include <sys/types.h>

#include "error.h"
#include "overlay.h"
#include "owners.h"

struct remap {
	struct owners owners;
	json_t *uids, *gids;        /* as linux.uidMappings of config.json; owned */
	struct overlay_users users; /* a user namespace with these maps, and its root */
	int seen; /* descriptor; the same turned round: theirs on the disk as they see it */
};

/* text: "default" (the user dockremap), "USER", "USER:GROUP", by name or number. ERROR_INVALID says
 * what is missing. */
fallible remap_create(const char *text, struct remap **out);
void remap_destroy(struct remap *remap); /* NULL is legal */

/* The ranges of one name (or number) in a file like /etc/subuid, from 0 on. */
fallible remap_read_ranges(const char *path, const char *name, const char *number,
			   struct owner_ranges *ranges);

#endif
