/*
 * runc_destroy.h - the end of a container: what creation made is undone, poststop hooks are run
 *
 * Standard: OCI runtime-spec, runtime.md, "Lifecycle", steps 12 and 13. Book: 1.14
 */
#ifndef MINI_RUNC_DESTROY_H
#define MINI_RUNC_DESTROY_H

#include "error.h"
#include "runc_cli.h"
#include "runc_container.h"

/* One that is locked and whose first process has ended: its control group with what is still in
 * it, its folder. Its poststop hooks then are run where it had come to a process; a failing one is
 * a warning. */
fallible runc_destroy(const struct runc *runc, struct runc_container *container);
/* SIGKILL to the first process, also to a frozen one, and the wait for its end. */
fallible runc_stop(const struct runc_container *container);

#endif
