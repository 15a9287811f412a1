/*
 * changes.h - Dockerfile instructions that change a config: `import --change`, `commit --change`
 *
 * CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR.
 *
 * Standard: Dockerfile reference. Book: 2.7
 */
#ifndef MINI_CHANGES_H
#define MINI_CHANGES_H

#include <jansson.h>

#include "error.h"

/* Applies one line to `config`, the "config" member of an image's config (Env, Cmd, ...).
 * ERROR_INVALID: unknown instruction, one that may not be a change (RUN, FROM, ...), bad form. */
fallible changes_apply(json_t *config, const char *line);

#endif
