/*
 * commands.h - a container that another runtime makes: runc, crun, or what else has their commands
 *
 * The shim is that runtime's caller and the container's parent all the same: as a subreaper it
 * gets the process that the runtime leaves behind, with its pid from the runtime's own file, and
 * from then on nothing differs. The words of all commands are the daemon's (shim.h).
 *
 * The root comes as a detached mount, and a runtime wants a path: the shim attaches it in a mount
 * namespace of its own, so that no mount is seen where the daemon lives.
 *
 * Standard: the command line of runc. Book: 3.5
 */
#ifndef MINI_COMMANDS_H
#define MINI_COMMANDS_H

#include "error.h"
#include "runtime.h"
#include "shim.h"

/* Runs `create` (of an exec: `exec`) and fills *process: pid, pidfd, console, cgroup. files->root
 * -1: none is attached. What the runtime says of an error is in its log, for the daemon. */
fallible commands_create(const void *words, size_t length, const struct runtime_files *files,
			 struct runtime_process *process);
/* `start`; nothing for an exec, which runs already. */
fallible commands_start(const void *words, size_t length);
/* `delete`: what the runtime keeps of a container. Errors are reported on stderr. */
void commands_delete(const void *words, size_t length);

#endif
