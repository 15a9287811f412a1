/*
 * context_store.h - named daemons, kept as docker keeps them
 *
 *	FOLDER/contexts/meta/<sha256 of the name>/meta.json      {"Name", "Metadata", "Endpoints"}
 *	FOLDER/contexts/tls/<the same>/docker/{ca,cert,key}.pem  mode 0600
 *	FOLDER/config.json                                       "currentContext"
 *
 * FOLDER is ~/.docker or what --config or DOCKER_CONFIG says: contexts made by either program are
 * there for the other. Book: 3.11
 */
#ifndef MINI_CONTEXT_STORE_H
#define MINI_CONTEXT_STORE_H

#include <stdbool.h>

#include "error.h"
#include "json.h"

#define CONTEXT_DEFAULT "default" /* is in no store */

/* "[a-zA-Z0-9][a-zA-Z0-9_.+-]+", in docker's words otherwise. ERROR_INVALID. */
fallible context_name_check(const char *name);

/* Paths that docker's `inspect` shows; the caller frees. */
char *context_store_meta(const char *folder, const char *name);
char *context_store_tls(const char *folder, const char *name);

/* meta.json. ERROR_NOT_FOUND in docker's words. */
fallible context_store_read(const char *folder, const char *name, json_t **meta);
bool context_store_has(const char *folder, const char *name);
/* ERROR_INVALID for what cannot be the name of a new one, ERROR_CONFLICT for one that there is. */
fallible context_store_check_new(const char *folder, const char *name);
/* Replaces it. */
fallible context_store_write(const char *folder, const char *name, const json_t *meta);
/* All of them, sorted by name: an array of what context_store_read() gives. */
fallible context_store_list(const char *folder, json_t **list);
/* ERROR_NOT_FOUND when there is none. */
fallible context_store_remove(const char *folder, const char *name);

void context_store_sort(json_t *list); /* by name */
fallible context_store_forget_keys(const char *folder, const char *name);

/* The path of "ca.pem", "cert.pem", "key.pem" of a context, or NULL where it has none; the caller
 * frees. */
char *context_store_tls_file(const char *folder, const char *name, const char *file);
fallible context_store_tls_write(const char *folder, const char *name, const char *file,
				 const void *bytes, size_t length);

/* The chosen one, or NULL; the caller frees. */
fallible context_store_current(const char *folder, char **name);
/* NULL for the default one. What else config.json has stays. */
fallible context_store_choose(const char *folder, const char *name);

#endif
