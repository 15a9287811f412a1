/*
 * dockerd_reload.h - SIGHUP: the configuration file is read again while the daemon runs
 *
 * Of what it says these count at once: debug, log-level, labels, insecure-registries,
 * registry-mirrors and shutdown-timeout; the rest waits for the next start. A file that is wrong
 * changes nothing and is told in the log. Listeners hear an event `reload` of the daemon.
 *
 * Standard: Docker's dockerd reference. Book: 3.1
 */
#ifndef MINI_DOCKERD_RELOAD_H
#define MINI_DOCKERD_RELOAD_H

#include "api.h"
#include "dockerd_config.h"

/* Catches the signal; the daemon shows what config has. Both are borrowed until it is stopped. */
fallible dockerd_reload_start(const struct dockerd_config *config, const struct api *api);
void dockerd_reload_stop(void);

#endif
