/*
 * container_config.h - what a container runs: the request's Config, completed from the image
 *
 * Rules of the merge are Docker's: what the request says wins; a list that the request leaves out
 * comes from the image; Env, Labels, ExposedPorts are united; a request with an Entrypoint of its
 * own does not get the image's Cmd.
 *
 * Standard: Engine API, ContainerConfig; OCI image-spec, config.md. Book: 3.4
 */
#ifndef MINI_CONTAINER_CONFIG_H
#define MINI_CONTAINER_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* request: the body of containers/create; image: the "config" member of the image's config, may
 * be NULL. *config is new, with every member checked. ERROR_INVALID in Docker's words. */
fallible container_config_make(const json_t *request, const json_t *image, json_t **config);

/* What of it belongs to an image: not the terminal, the host's names and the like. New. */
json_t *container_config_for_image(const json_t *config);
/* Entrypoint and Cmd, one after the other; the caller owns the array. */
json_t *container_config_command(const json_t *config);

/* The environment of the program, as an array of NAME=value: what every container has (PATH,
 * HOSTNAME, TERM, HOME comes with the user), then Config.Env. "NAME" without "=" takes one away. */
json_t *container_config_environment(const json_t *config);
/* The same for more variables on top, such as those of an exec; `more` may be NULL. */
json_t *container_config_environment_with(const json_t *config, const json_t *more, bool tty);

#endif
