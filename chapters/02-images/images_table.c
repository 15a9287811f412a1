#include "images_table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define GAP       3
#define NARROWEST 10

static struct images_row *add_row(struct images_table *table)
{
	table->rows = reallocate(table->rows, table->count + 1, sizeof(*table->rows));
	table->rows[table->count] = (struct images_row){0};
	return &table->rows[table->count++];
}

void images_table_add(struct images_table *table, ...)
{
	struct images_row *row = add_row(table);
	va_list cells;
	char *cell;

	va_start(cells, table);
	for (size_t i = 0; (cell = va_arg(cells, char *)) && i < IMAGES_TABLE_COLUMNS; i++)
		row->cells[i] = cell;
	va_end(cells);
}

void images_table_heading(struct images_table *table, const char *const *names)
{
	struct images_row *row = add_row(table);

	for (size_t i = 0; names[i] && i < IMAGES_TABLE_COLUMNS; i++)
		row->cells[i] = duplicate(names[i]);
}

static void measure(const struct images_table *table, int widths[IMAGES_TABLE_COLUMNS])
{
	for (size_t i = 0; i < table->count; i++)
		for (int c = 0; c < IMAGES_TABLE_COLUMNS && table->rows[i].cells[c]; c++) {
			int width = strlen(table->rows[i].cells[c]) + GAP;

			if (width < NARROWEST)
				width = NARROWEST;
			if (width > widths[c])
				widths[c] = width;
		}
}

static void print_row(const struct images_row *row, const int widths[IMAGES_TABLE_COLUMNS])
{
	for (int c = 0; c < IMAGES_TABLE_COLUMNS && row->cells[c]; c++) {
		bool last = c + 1 == IMAGES_TABLE_COLUMNS || !row->cells[c + 1];

		printf("%-*s", last ? 0 : widths[c], row->cells[c]);
		free(row->cells[c]);
	}
	putchar('\n');
}

void images_table_print(struct images_table *table)
{
	int widths[IMAGES_TABLE_COLUMNS] = {0};

	measure(table, widths);
	for (size_t i = 0; i < table->count; i++)
		print_row(&table->rows[i], widths);
	free(table->rows);
	*table = (struct images_table){0};
}
