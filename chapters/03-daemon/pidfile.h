/*
 * pidfile.h - the file that says which process is the daemon
 *
 * Only for those who look for it (init scripts, `kill $(cat FILE)`): what keeps two daemons from
 * one root is the lock there (engine.h), which cannot be stale. Book: 3.10
 */
#ifndef MINI_PIDFILE_H
#define MINI_PIDFILE_H

#include "error.h"

/* ERROR_CONFLICT when the file names another process that is alive and runs this program; a
 * stale one is replaced. */
fallible pidfile_create(const char *path);
/* Removes it if it is still this process's. */
void pidfile_remove(const char *path);

#endif
