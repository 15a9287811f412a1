/*
 * changes.h - Dockerfile instructions that change a config: `import --change`, `commit --change`
 *
 * CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR.
 * Words may be quoted and have backslashes; variables are not expanded.
 *
 * Standard: Dockerfile reference. Book: 2.7
 */
#ifndef MINI_CHANGES_H
#define MINI_CHANGES_H

#include <jansson.h>

#include "error.h"

/* Applies the lines, in order, to `config`: the member "config" of an image's config document
 * (Env, Cmd, ...). As in a build, ENTRYPOINT drops a Cmd that was there before. ERROR_INVALID: an
 * instruction that is unknown or may not be a change (RUN, FROM, ...), or a bad form. */
fallible changes_apply(json_t *config, const char *const *lines);

#endif
