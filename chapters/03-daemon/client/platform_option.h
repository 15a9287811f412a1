/*
 * platform_option.h - `--platform` of the commands about images
 *
 * The user writes "linux/arm64/v8", and what he leaves out is his machine's; the Engine API has an
 * object. (`run`, `pull` and `import` are older and send the text.)
 *
 * Standard: Engine API 1.48 and newer. Book: 3.11
 */
#ifndef MINI_PLATFORM_OPTION_H
#define MINI_PLATFORM_OPTION_H

#include "buffer.h"
#include "error.h"

/* Adds a parameter to a query; NULL and "" add nothing. ERROR_INVALID. */
fallible platform_option_add(struct buffer *path, const char *parameter, const char *text);

#endif
