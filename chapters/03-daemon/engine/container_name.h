/*
 * container_name.h - names that containers may have, and names for those that were given none
 *
 * Names are unique: container_create.c takes them in the store (STORE_CREATE of kind
 * CONTAINER_NAME_KIND), in one transaction with the container itself.
 */
#ifndef MINI_CONTAINER_NAME_H
#define MINI_CONTAINER_NAME_H

#include "error.h"

struct engine;

#define CONTAINER_KIND      "container"
#define CONTAINER_NAME_KIND "container-name"

/* [a-zA-Z0-9][a-zA-Z0-9_.-]+, one leading "/" allowed. ERROR_INVALID in Docker's words. */
fallible container_name_check(const char *name);

/* "brave_kernighan"; attempt 0, 1, 2 ...: from the second on a digit follows, so that names do not
 * run out. The caller frees. */
char *container_name_generate(unsigned int attempt);

/* ERROR_CONFLICT for a name (with "/") that is taken, telling by whom. */
fallible container_name_conflict(struct engine *engine, const char *name);

#endif
