/*
 * manifest_store.h - lists that are being put together, in files that docker's client reads, too
 *
 *	~/.docker/manifests/127.0.0.1-5000_app-all/127.0.0.1-5000_app-amd64
 *
 * A folder for each list, a file for each manifest (manifest_record.h), both named after the
 * normalized names, ':' and '/' replaced: so two names may meet in one file, as with docker.
 *
 * Book: 4.9
 */
#ifndef MINI_MANIFEST_STORE_H
#define MINI_MANIFEST_STORE_H

#include <stdbool.h>

#include "error.h"
#include "json.h"

/* list and name: normalized (reference_normalized()). config: the folder of the configuration. */
struct manifest_store {
	const char *config, *list;
};

bool manifest_store_exists(const struct manifest_store *store);
/* ERROR_NOT_FOUND: "No such manifest: ...". */
fallible manifest_store_get(const struct manifest_store *store, const char *name, json_t **record);
/* All of them, in the order of their files; ERROR_NOT_FOUND when there is no such list. */
fallible manifest_store_all(const struct manifest_store *store, json_t **records);
fallible manifest_store_put(const struct manifest_store *store, const char *name,
			    const json_t *record);
fallible manifest_store_remove(const struct manifest_store *store);

#endif
