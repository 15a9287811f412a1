/*
 * repository_name.h - what a repository may be called
 *
 *	library/busybox       components of lower-case letters and digits, with separators between
 *	a.b/c__d/e---f        them: one dot, one or two underscores, any number of dashes
 *
 * The name is part of a path on both ends of the wire: what fits the grammar has no "..", no empty
 * component, no byte that needs escaping.
 *
 * Standard: OCI distribution-spec, "Pulling manifests". Book: 4.1
 */
#ifndef MINI_REPOSITORY_NAME_H
#define MINI_REPOSITORY_NAME_H

#include <stdbool.h>

#include "error.h"

#define REPOSITORY_NAME_LIMIT 255

bool repository_name_is_valid(const char *text);
/* NAME_INVALID (distribution_error.h), with the rule in the message. */
fallible repository_name_check(const char *text);

#endif
