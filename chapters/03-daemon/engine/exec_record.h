/*
 * exec_record.h - what of an exec outlives the daemon
 *
 * execs/ID in the exec root, a tmpfs, for after a reboot no exec is left: `exec.json` says whose it
 * is and how it was created, beside it are its shim's socket, while it has one, and the record of
 * its exit. So a daemon that comes back knows of each exec whether it was started, whether it runs,
 * and how it ended, and an exec that was created can still be started.
 *
 * Book: 3.8, 3.10
 */
#ifndef MINI_EXEC_RECORD_H
#define MINI_EXEC_RECORD_H

#include "error.h"
#include "exec.h"

/* Makes the folder. */
fallible exec_record_write(const struct exec *exec);
/* The folder, for its shim. */
fallible exec_record_open(const struct exec *exec, int *fd);
/* How it ended, where its shim did not say it; and that everybody was told. Locked. */
void exec_record_end(const struct exec *exec);
/* Nobody will ask any more. */
void exec_record_drop(const struct exec *exec);

/* When the daemon starts, after the containers were found: the execs of those that run. */
fallible exec_recover(struct engine *engine);

#endif
