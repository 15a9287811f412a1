/*
 * oci_frame.h - what a container's config.json needs to know of the engine: whose namespaces it
 * joins, where its root and its cgroup are
 *
 * Book: 1.12
 */
#ifndef MINI_OCI_FRAME_H
#define MINI_OCI_FRAME_H

#include <sys/types.h>

#include "container.h"
#include "error.h"
#include "oci_spec.h"

/* First processes of the containers named in NetworkMode, IpcMode, PidMode; 0: none. */
struct oci_joins {
	pid_t network, ipc, pid;
	char *shared_memory; /* owned */
};
#define auto_oci_joins __attribute__((cleanup(oci_joins_finish))) struct oci_joins
void oci_joins_finish(struct oci_joins *joins);

/*
 * Not locked: other containers are. ERROR_CONFLICT when one of them does not run or does not share
 * its IPC.
 *
 * What containers share as /dev/shm is a folder of the run of the one that shares (on the tmpfs of
 * the exec root): mounting it in one mount namespace from another is impossible, and no mount
 * shall exist where the daemon lives. Its size is not limited by ShmSize.
 */
fallible oci_joins_find(struct container *container, struct oci_joins *joins);

/* Locked; borrows from the container and the settings. */
struct oci_frame oci_frame_of(const struct container *container, const struct oci_joins *joins,
			      const json_t *settings, const char *root_path,
			      const char *cgroup_path);

#endif
