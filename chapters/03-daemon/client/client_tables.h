/*
 * client_tables.h - the commands of several chapters, as one table
 *
 * A later chapter brings a table of its own. A row whose name is there already adds its children to
 * that one ("image": pull, push); others take their place by their name. Rows that help lists first
 * (`common`) keep the order of the tables.
 *
 * Book: 3.11
 */
#ifndef MINI_CLIENT_TABLES_H
#define MINI_CLIENT_TABLES_H

#include "client.h"

/* tables ends with NULL. The result lasts as long as the program; to be called once. */
const struct command_name *client_tables_join(const struct command_name *const *tables);

#endif
