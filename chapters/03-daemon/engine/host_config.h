/*
 * host_config.h - how a container stands to its host: HostConfig, checked and completed
 *
 * Everything that can be told without looking at the machine is checked when the container is
 * created, with Docker's messages; what is not built in is refused here, so that nothing a user
 * asked for is silently left out. LogConfig is not looked into here: log_driver.h.
 *
 * Standard: Engine API, HostConfig. Book: 3.4, limits: 1.6
 */
#ifndef MINI_HOST_CONFIG_H
#define MINI_HOST_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* request: the HostConfig member of a create request, may be NULL. defaults: the daemon's settings
 * (settings.h), may be NULL: Docker's own. *out is new and complete. Appends texts to the array
 * `warnings`. ERROR_INVALID, ERROR_NOT_IMPLEMENTED. */
fallible host_config_make(const json_t *request, const json_t *defaults, json_t **out,
			  json_t *warnings);

/* NetworkMode, IpcMode, PidMode ...: "host", "container:NAME" -> what follows the colon, NULL. */
bool host_config_is_host(const json_t *host_config, const char *mode);
const char *host_config_container(const json_t *host_config, const char *mode);

/* The value of a security option: "seccomp" of ["seccomp=unconfined"]; "" when it has none, NULL
 * when it is not there. */
const char *host_config_security(const json_t *host_config, const char *name);

#endif
