/*
 * engine_records.h - what a daemon finds when it starts: documents, and the folders of their things
 *
 * A thing with an id (a container, a plugin) has a document in the store and a folder of that name.
 * The folder is made first and goes last, so one without a document is what a killed daemon left.
 * One document that cannot be read is logged and left aside, with its folder: somebody may mend it.
 *
 * Book: 3.10
 */
#ifndef MINI_ENGINE_RECORDS_H
#define MINI_ENGINE_RECORDS_H

#include <jansson.h>

#include "error.h"

struct engine;

struct engine_records {
	const char *kind;   /* in the store (store.h) */
	const char *noun;   /* for messages: "container" */
	const char *folder; /* in the data root, where there is one for each */
	/* Its document, whose Id is right; taken over. ERROR_CORRUPT. */
	fallible (*enter)(struct engine *engine, const char *id, json_t *document);
	/* What a folder without a document leaves beside itself; NULL: nothing. */
	void (*orphan)(struct engine *engine, const char *id);
};

fallible engine_records_load(struct engine *engine, const struct engine_records *records);
/* Into the trash. */
fallible engine_records_drop_orphans(struct engine *engine, const struct engine_records *records);

#endif
