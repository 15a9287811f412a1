#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "template.h"
#include "text.h"

#define PADDING      3
#define COLUMNS_MOST 64

/* The two characters \t and \n, which a shell passes on as they are. */
static char *unescape(const char *format)
{
	char *text = duplicate(format), *to = text;

	for (const char *from = format; *from; from++) {
		bool tab = from[0] == '\\' && from[1] == 't';
		bool line = from[0] == '\\' && from[1] == 'n';

		*to++ = tab ? '\t' : line ? '\n' : *from;
		from += tab || line;
	}
	*to = '\0';
	return text;
}

/* The template of "table TEMPLATE", or the format itself. */
static const char *without_prefix(const char *format, bool *table)
{
	*table = text_has_prefix(format, "table");
	return *table ? format + 5 + strspn(format + 5, " ") : format;
}

fallible table_check(const char *format)
{
	bool table;
	const char *template = format ? without_prefix(format, &table) : "";

	return strcmp(template, "json") == 0
		       ? NULL
		       : error_wrap(template_check(template), "failed to parse template");
}

/* -- columns -- */

static int text_width(const char *text, size_t length)
{
	int width = 0;

	for (size_t i = 0; i < length; i++)
		width += (text[i] & 0xc0) != 0x80; /* UTF-8: not a byte that continues a letter */
	return width;
}

/* Calls `each` for every cell; `last` is the one that ends its line. */
static void each_cell(const char *text,
		      void (*each)(void *context, size_t column, const char *cell, size_t length,
				   bool last),
		      void *context)
{
	for (size_t column = 0; *text;) {
		size_t length = strcspn(text, "\t\n");
		bool last = text[length] != '\t';

		each(context, column, text, length, last);
		column = last ? 0 : column + 1;
		text += length + (text[length] ? 1 : 0);
	}
}

struct layout {
	int widths[COLUMNS_MOST];
	struct buffer out;
};

static void measure(void *context, size_t column, const char *cell, size_t length, bool last)
{
	struct layout *layout = context;
	int width = text_width(cell, length) + PADDING;

	if (!last && column < COLUMNS_MOST && width > layout->widths[column])
		layout->widths[column] = width;
}

static void lay_out(void *context, size_t column, const char *cell, size_t length, bool last)
{
	struct layout *layout = context;
	int width = column < COLUMNS_MOST ? layout->widths[column] : TABLE_WIDTH;

	buffer_append(&layout->out, cell, length);
	if (last)
		buffer_append_string(&layout->out, "\n");
	else
		buffer_printf(&layout->out, "%*s", width - text_width(cell, length), "");
}

void table_align(struct buffer *text, int least)
{
	struct layout layout = {0};

	for (size_t i = 0; i < COLUMNS_MOST; i++)
		layout.widths[i] = least;
	each_cell(text->data, measure, &layout);
	each_cell(text->data, lay_out, &layout);
	buffer_finish(text);
	*text = layout.out;
}

/* -- printing -- */

static fallible print_line(const char *template, json_t *value, struct buffer *out)
{
	if (strcmp(template, "json") == 0) {
		autofree char *text = json_text(value);

		buffer_append_string(out, text);
	} else {
		TRY(template_execute(template, value, out));
	}
	buffer_append_string(out, "\n");
	return NULL;
}

static fallible print_header(const char *template, const struct table_column *columns,
			     struct buffer *out)
{
	autojson *headers = json_object();

	for (; columns->field; columns++)
		json_object_set_new(headers, columns->field, json_string(columns->header));
	TRY(template_execute_header(template, headers, out));
	buffer_append_string(out, "\n");
	return NULL;
}

fallible table_print(const char *format, const char *standard, const struct table_column *columns,
		     const json_t *rows)
{
	bool given = format && *format && strcmp(format, "table") != 0, table;
	autofree char *plain = given ? unescape(format) : duplicate(standard);
	const char *template = without_prefix(plain, &table);
	autobuffer out = {0};
	json_t *row;
	size_t i;

	buffer_append_string(&out, "");
	if (table)
		TRY(print_header(template, columns, &out));
	json_array_foreach (rows, i, row)
		TRY(error_wrap(print_line(template, row, &out), "failed to execute template"));
	if (table)
		table_align(&out, TABLE_WIDTH);
	fwrite(out.data, 1, out.length, stdout);
	return NULL;
}

fallible table_print_value(const char *format, json_t *value)
{
	autofree char *template = unescape(format);
	autobuffer out = {0};

	TRY(print_line(template, value, &out));
	fwrite(out.data, 1, out.length, stdout);
	return NULL;
}
