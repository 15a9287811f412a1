/*
 * managed_plugin_spec.h - a managed plugin's config, said in the words of containers
 *
 * What a plugin needs of a runtime is what a container needs: so its config and settings become a
 * Config and a HostConfig, and oci_spec.h makes the OCI document of them. What a plugin has and a
 * container has not are three mounts: the folder of its socket on /run/docker/plugins, the
 * PropagatedMount, and with a network the host's /etc/hosts and /etc/resolv.conf.
 *
 * As in Docker there is no seccomp profile for plugins: they mount file systems and make networks,
 * and who installs one grants it the capabilities for that.
 *
 * Standard: OCI runtime-spec, config.md; Docker's plugin config. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_SPEC_H
#define MINI_MANAGED_PLUGIN_SPEC_H

#include <jansson.h>

#include "error.h"
#include "lifecycle.h"

struct managed_plugin_frame {
	const char *id;
	const json_t *config, *settings; /* the plugin's (managed_plugin_config.h) */
	const json_t *defaults;          /* the daemon's settings (settings.h); may be NULL */
	const char *root_path;           /* where the root is attached: an empty folder */
	const char *cgroup_path;
	const char *sockets; /* the folder that is /run/docker/plugins */
	int propagated;      /* the detached mount for PropagatedMount, taken over; -1: none */
};

/* The document and the detached mounts that it has; both are the caller's (furnishing->root is left
 * alone). ERROR_INVALID `mount source is not specified` and the errors of oci_spec_make(). */
fallible managed_plugin_spec_make(const struct managed_plugin_frame *frame,
				  struct furnishing *furnishing);

#endif
