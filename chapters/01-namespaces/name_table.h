/*
 * name_table.h - the words of config.json and the kernel's numbers for them
 *
 * Many members of the specification are names of constants ("SCHED_FIFO", "IOPRIO_CLASS_IDLE").
 * Each noun has its table; looking one up is always the same.
 *
 * Book: 1.12
 */
#ifndef MINI_NAME_TABLE_H
#define MINI_NAME_TABLE_H

#include <stdint.h>
#include <string.h>

struct name_row {
	const char *name; /* NULL ends a table */
	int64_t number;   /* not negative */
};

/* -1 when there is no such name. */
static inline int64_t name_number(const struct name_row *rows, const char *name)
{
	while (rows->name && strcmp(rows->name, name) != 0)
		rows++;
	return rows->name ? rows->number : -1;
}

#endif
