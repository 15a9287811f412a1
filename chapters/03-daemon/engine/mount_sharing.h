/*
 * mount_sharing.h - whether a folder's mount can do what a propagation asks of it
 *
 * Who binds a folder "shared" wants what the container mounts there to be seen on the host, who
 * binds it "slave" the other way round. Both need a mount on the host that is shared (or a slave
 * itself): from a private one nothing ever comes, and nobody would be told.
 *
 * Standard: proc_pid_mountinfo(5), mount_namespaces(7). Book: 1.4, 3.4
 */
#ifndef MINI_MOUNT_SHARING_H
#define MINI_MOUNT_SHARING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* The row of a mount in the text of a mountinfo: where it is mounted (its octal escapes as they
 * are; the caller frees), and what it is. false: there is none. */
struct mount_sharing {
	char *place;
	bool shared, slave;
};
bool mount_sharing_find(const char *mountinfo, uint64_t id, struct mount_sharing *found);

/* For a bind of a config.json. propagation: "rshared", "slave", "rprivate" ... ERROR_INVALID in
 * Docker's words. What is to be shared makes the container's root so, too: then the runtime binds
 * the host's own mount, and not a slave of it. */
fallible mount_sharing_want(json_t *spec, const char *source, const char *propagation);

#endif
