/*
 * oci_bundle.h - a container for another runtime: its bundle, and the commands that run it
 *
 * The document that our own plan is compiled from has annotations for what OCI has no words for
 * (spec.h). Another runtime gets one without them: the user's name is looked up here, in the
 * container's own files, the default seccomp profile is written out, and the root has a path, where
 * the shim attaches it (commands.h). The folder of the run, on the tmpfs of the exec root, is the
 * bundle; the runtime's own state and its log are there, too, so that all goes with the run.
 *
 * Standard: OCI runtime-spec, bundle.md; the command line of runc. Book: 3.5
 */
#ifndef MINI_OCI_BUNDLE_H
#define MINI_OCI_BUNDLE_H

#include <jansson.h>

#include "buffer.h"
#include "container.h"
#include "error.h"
#include "lifecycle.h"

/* Whether a program of the configuration runs it, and no shim alone. Locked. */
bool oci_bundle_wanted(const struct container *container);

/* Writes config.json into the folder of the run, which is open, and appends the words of the
 * commands (shim.h). The spec is changed; the root is for names of users. Locked.
 * ERROR_INVALID for a user or a runtime that is not there. */
fallible oci_bundle_write(const struct container *container, const struct furnishing *furnishing,
			  struct buffer *words);

/* The same for an exec: `folder` is its run's, below the exec root, and run_fd open there. spec:
 * its annotations name the user. Locked: the container. */
fallible oci_bundle_write_exec(const struct container *container, const char *folder, int run_fd,
			       const json_t *spec, json_t *process, struct buffer *words);

/* The error of a start that failed: what the runtime said last, in the folder of the run, after
 * Docker's words. Takes e, which is returned where nothing was said. */
struct error *oci_bundle_failure(int run_fd, const char *prefix, struct error *e);

#endif
