/*
 * oci_spec.h - Docker's Config and HostConfig become an OCI config.json
 *
 * The result is a document that runc takes too; what OCI has no words for (a user's name, the
 * folder that is to be made, the root that comes as a descriptor) travels as annotations (spec.h).
 * It is made anew for each start and each exec, so nothing of it has to be kept.
 *
 *	oci_spec.c       process, root, mounts, namespaces, names
 *	oci_security.c   capabilities, seccomp, masked paths
 *	oci_resources.c  limits, devices
 *
 * Standard: OCI runtime-spec, config.md and config-linux.md; Engine API, HostConfig. Book: 1.12
 */
#ifndef MINI_OCI_SPEC_H
#define MINI_OCI_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct remap;

/* What the document needs to know beside Config and HostConfig. */
struct oci_frame {
	const json_t *config, *host_config; /* borrowed */
	const json_t *settings;             /* the daemon's (settings.h); borrowed, may be NULL */
	const char *root_path;              /* where the root is attached: an empty folder */
	const char *cgroup_path;
	const char *shared_memory; /* folder that is /dev/shm of several containers; NULL: none */
	const struct remap *remap; /* of its user namespace; NULL: none */
	pid_t network, ipc, pid;   /* first process of the container whose namespace is joined */
};

/* The caller owns *spec. ERROR_INVALID, ERROR_NOT_FOUND for a device that is not there. */
fallible oci_spec_make(const struct oci_frame *frame, json_t **spec);

/* "process" of an exec: its configuration (User, Env, WorkingDir, Cmd, Tty, Privileged) on top of
 * the container's document. The caller owns it. */
fallible oci_spec_process(const struct oci_frame *frame, const json_t *exec, json_t **process);

/* A mount in the document; a default one with the same target gives way. Steals options. */
void oci_spec_add_mount(json_t *spec, const char *type, const char *source, const char *target,
			json_t *options);

/* Parents before what is mounted below them, in whatever order they were added. */
void oci_spec_sort_mounts(json_t *spec);

/* The parts, for oci_spec.c. */
fallible oci_security_add(const json_t *host_config, const json_t *settings, json_t *spec);
/* no-new-privileges: the container's own option, or the daemon's default. */
bool oci_security_keeps_privileges(const json_t *host_config, const json_t *settings);
/* Capability sets of a process, as "process.capabilities". */
json_t *oci_security_capabilities(const json_t *host_config, bool privileged);
fallible oci_resources_add(const json_t *host_config, json_t *spec);
/* The limits alone, into "linux.resources": what `docker update` can change. */
void oci_limits_add(const json_t *host_config, json_t *resources);
/* Docker's own form of a seccomp profile, which has conditions, as linux.seccomp. `capabilities`:
 * the array of names that the container has. */
fallible oci_seccomp_convert(const json_t *profile, const json_t *capabilities, json_t **seccomp);

#endif
