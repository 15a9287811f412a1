#include "client_tables.h"

#include <string.h>

#include "memory.h"

static struct command_name *joined; /* kept reachable for as long as the program runs */

static size_t count_rows(const struct command_name *rows)
{
	size_t count = 0;

	while (rows && rows[count].names)
		count++;
	return count;
}

static struct command_name *find(struct command_name *rows, const char *names)
{
	for (; rows->names; rows++)
		if (strcmp(rows->names, names) == 0)
			return rows;
	return NULL;
}

/* Before the first one of its kind that comes later in the alphabet. */
static void insert(struct command_name *rows, const struct command_name *row)
{
	size_t count = count_rows(rows), at = count;

	for (size_t i = 0; i < count && at == count && !row->common; i++)
		if (!rows[i].common && !rows[i].command->children == !row->command->children &&
		    strcmp(rows[i].names, row->names) > 0)
			at = i;
	for (size_t i = 0; i < count && at == count && row->common; i++)
		if (!rows[i].common && !rows[i].command->children)
			at = i;
	memmove(&rows[at + 1], &rows[at], (count - at) * sizeof(*rows));
	rows[at] = *row;
}

/* The same with room for all rows of both. */
static struct command_name *copy_rows(const struct command_name *rows, size_t more)
{
	size_t count = count_rows(rows);
	struct command_name *copy = allocate((count + more + 1) * sizeof(*copy));

	if (count)
		memcpy(copy, rows, count * sizeof(*copy));
	return copy;
}

static void join_children(struct command_name *into, const struct command_name *row)
{
	const struct command_name *more = row->command->children;
	struct command_name *children = copy_rows(into->command->children, count_rows(more));
	struct command *command = allocate(sizeof(*command));

	for (; more && more->names; more++)
		insert(children, more);
	*command = *into->command;
	command->children = children;
	into->command = command;
}

const struct command_name *client_tables_join(const struct command_name *const *tables)
{
	size_t count = 0;

	for (size_t i = 0; tables[i]; i++)
		count += count_rows(tables[i]);
	joined = copy_rows(tables[0], count);
	for (size_t i = 1; tables[i]; i++)
		for (const struct command_name *row = tables[i]; row->names; row++) {
			struct command_name *there = find(joined, row->names);

			if (there)
				join_children(there, row);
			else
				insert(joined, row);
		}
	return joined;
}
