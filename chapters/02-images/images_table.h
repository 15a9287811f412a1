/*
 * images_table.h - columns as Docker's tables have them
 */
#ifndef MINI_IMAGES_TABLE_H
#define MINI_IMAGES_TABLE_H

#include <stddef.h>

#define IMAGES_TABLE_COLUMNS 6

struct images_table {
	struct images_row {
		char *cells[IMAGES_TABLE_COLUMNS]; /* NULL behind the last one */
	} * rows;
	size_t count;
};

/* Takes the cells: NULL-terminated, allocated. The first row is the heading. */
void images_table_add(struct images_table *table, ...) __attribute__((sentinel));
void images_table_heading(struct images_table *table, const char *const *names);
/* Prints it and frees it. */
void images_table_print(struct images_table *table);

#endif
