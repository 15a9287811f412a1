/*
 * network_table.h - all networks of this process: in memory, and in the daemon's store
 *
 * For network.c, which changes it, and network_open.c, which fills it; all others have network.h,
 * where the locks are told of.
 *
 * Book: 5.6
 */
#ifndef MINI_NETWORK_TABLE_H
#define MINI_NETWORK_TABLE_H

#include "network.h"
#include "subnet_choice.h"

#define NETWORK_KIND      "network" /* of documents in the store: by id, and the id by name */
#define NETWORK_NAME_KIND "network-name"
#define DEFAULT_BRIDGE    "mini0" /* Docker's docker0 may be on this machine, too */

struct network_table {
	struct network **items; /* by name */
	size_t count;
};
struct network_table *network_table(void);

void network_table_lock(void);
void network_table_unlock(void);
/* Held over a whole create or remove, and taken before the lock. */
void network_table_begin_change(void);
void network_table_end_change(void);

/* -- with the lock -- */

struct network *network_table_named(const char *name); /* or of that id; NULL */
void network_table_enter(struct network *network);
void network_table_leave(struct network *network);

/* -- with the lock of changes -- */

/* A subnet for each version that the document still lacks one of. ERROR_NOT_FOUND. */
fallible network_table_choose(struct engine *engine, json_t *document);
/* Where the host's routes go to, but those over bridges of networks; appended. */
fallible network_table_survey_routes(struct subnets *taken);
/* ERROR_CONFLICT for a name that the store has. */
fallible network_table_save(struct engine *engine, const struct network *network);
/* One that is there already, with the same name and id. */
fallible network_table_update(struct engine *engine, const struct network *network);
void network_table_unsave(struct engine *engine, const struct network *network);

#endif
