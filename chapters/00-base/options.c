#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

void words_append(struct words *words, const char *text)
{
	words->items = reallocate(words->items, words->count + 2, sizeof(*words->items));
	words->items[words->count++] = text;
	words->items[words->count] = NULL;
}

void words_finish(struct words *words)
{
	free(words->items);
	*words = (struct words){0};
}

static const struct option_row *find_name(const struct option_row *rows, const char *name,
					  size_t length)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == length && memcmp(rows->name, name, length) == 0)
			return rows;
	return NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
	for (; rows->name; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_OPTIONAL;
}

/* Go's strconv.ParseBool. */
static fallible parse_flag(const char *text, bool *out)
{
	static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
	static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};

	for (size_t i = 0; i < countof(yes); i++) {
		if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
			continue;
		*out = strcmp(text, yes[i]) == 0;
		return NULL;
	}
	autofree char *quoted = text_quoted(text);
	return error_new(ERROR_INVALID, "strconv.ParseBool: parsing %s: invalid syntax", quoted);
}

/* Go's strconv.ParseInt. */
static fallible parse_integer(const char *text, int64_t *out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool number = *digits && !digits[strspn(digits, "0123456789")];
	autoerror e = integer_parse(text, "the value", INT64_MIN, INT64_MAX, out);
	autofree char *quoted = text_quoted(text);

	if (!e)
		return NULL;
	return error_new(ERROR_INVALID, "strconv.ParseInt: parsing %s: %s", quoted,
			 number ? "value out of range" : "invalid syntax");
}

static fallible parse_size(const char *text, int64_t *out)
{
	if (strcmp(text, "-1") == 0) {
		*out = -1; /* "unlimited", for --memory-swap */
		return NULL;
	}
	return size_parse(text, out);
}

static fallible store(const struct option_row *row, void *into, const char *text)
{
	void *target = (char *)into + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return text ? parse_flag(text, target) : (*(bool *)target = true, NULL);
	case OPTION_TEXT:
		*(const char **)target = text;
		return NULL;
	case OPTION_OPTIONAL:
		*(const char **)target = text ? text : "";
		return NULL;
	case OPTION_INTEGER:
		return parse_integer(text, target);
	case OPTION_SIZE:
		return parse_size(text, target);
	case OPTION_LIST:
		words_append(target, text);
		return NULL;
	}
	return NULL;
}

fallible options_wrap(struct error *e, const char *text, const char *flag)
{
	autofree char *quoted = text_quoted(text);

	return error_wrap(e, "invalid argument %s for \"%s\" flag", quoted, flag);
}

/* As the user knows the option: "-e, --env". */
static fallible store_told(const struct option_row *row, void *into, const char *text)
{
	autofree char *shown = row->letter ? format("-%c, --%s", row->letter, row->name)
					   : format("--%s", row->name);

	return options_wrap(store(row, into, text), text ? text : "", shown);
}

/* argv[*at] is "--name" or "--name=value". */
static fallible parse_long(const struct option_row *rows, void *into, int argc, char **argv,
			   int *at, bool *help)
{
	const char *name = argv[*at] + 2;
	size_t length = strcspn(name, "=");
	const char *text = name[length] ? name + length + 1 : NULL;
	const struct option_row *row = find_name(rows, name, length);

	if (!row && strcmp(name, "help") == 0) {
		*help = true;
		return NULL;
	}
	if (!row)
		return error_new(ERROR_INVALID, "unknown flag: --%.*s", (int)length, name);
	if (!text && takes_value(row)) {
		if (*at + 1 >= argc)
			return error_new(ERROR_INVALID, "flag needs an argument: --%s", row->name);
		text = argv[++*at];
	}
	return store_told(row, into, text);
}

/* argv[*at] is "-abc", "-nvalue", "-n=value" or "-n" with the value in the next word. */
static fallible parse_letters(const struct option_row *rows, void *into, int argc, char **argv,
			      int *at, bool *help)
{
	const char *group = argv[*at] + 1;

	for (const char *letter = group; *letter; letter++) {
		const struct option_row *row = find_letter(rows, *letter);
		const char *text = letter[1] ? letter + 1 : NULL;

		if (!row && *letter == 'h') {
			*help = true;
			return NULL;
		}
		if (!row)
			return error_new(ERROR_INVALID, "unknown shorthand flag: '%c' in -%s",
					 *letter, group);
		if (!takes_value(row) && letter[1] != '=') {
			TRY(store_told(row, into, NULL));
			continue;
		}
		if (!text && *at + 1 >= argc)
			return error_new(ERROR_INVALID, "flag needs an argument: '%c' in -%s",
					 *letter, group);
		if (!text)
			text = argv[++*at];
		else if (*text == '=')
			text++;
		return store_told(row, into, text);
	}
	return NULL;
}

/* Moves argv[from] to argv[to], to <= from; what is between moves up by one. */
static void move_down(char **argv, int from, int to)
{
	char *word = argv[from];

	memmove(argv + to + 1, argv + to, (from - to) * sizeof(*argv));
	argv[to] = word;
}

fallible options_parse(const struct option_row *rows, void *into, enum options_order order,
		       int argc, char **argv, int *first, bool *help)
{
	int options = 1; /* argv[1..options-1] are options and their values */

	*help = false;
	for (int at = 1; at < argc && !*help; at++) {
		int began = at;
		bool end = strcmp(argv[at], "--") == 0;

		if (argv[at][0] != '-' || !argv[at][1]) {
			if (order == OPTIONS_FIRST)
				break;
			continue;
		}
		if (!end && argv[at][1] == '-')
			TRY(parse_long(rows, into, argc, argv, &at, help));
		else if (!end)
			TRY(parse_letters(rows, into, argc, argv, &at, help));
		for (; began <= at; began++)
			move_down(argv, began, options++);
		if (end)
			break;
	}
	*first = options;
	return NULL;
}

/* -- help -- */

#define LINE_WIDTH  79
#define LEAST_WIDTH 24 /* with less for the text it begins on the next line */
#define SLOP        5  /* a last word may stand out this far, so that it is not alone */

/* How much of the text goes on one line; *next is where the rest begins. */
static size_t line_length(const char *text, size_t width, size_t *next)
{
	size_t length = strlen(text), end = width, line;

	*next = length;
	if (width + SLOP > length)
		return strcspn(text, "\n") < length ? (*next = strcspn(text, "\n") + 1) - 1
						    : length;
	while (end && !strchr(" \t\n", text[end - 1]))
		end--;
	if (end <= 1)
		return length;
	line = strcspn(text, "\n");
	end = line < end ? line + 1 : end;
	*next = end;
	return end - 1;
}

static void print_wrapped(const char *text, size_t indent, FILE *to)
{
	size_t next, width;

	if (indent + LEAST_WIDTH > LINE_WIDTH) {
		indent = 16;
		fprintf(to, "\n%*s", (int)indent, "");
	}
	width = LINE_WIDTH - indent - SLOP;
	for (const char *at = text; *at; at += next) {
		size_t length = line_length(at, width, &next);

		fprintf(to, "%*s%.*s\n", at == text ? 0 : (int)indent, "", (int)length, at);
	}
}

void options_help(const struct option_row *rows, FILE *to)
{
	size_t width = 0;

	for (const struct option_row *row = rows; row->name; row++) {
		size_t length = strlen(row->name) + (row->value ? strlen(row->value) + 1 : 0);

		width = length > width ? length : width;
	}
	fprintf(to, "Options:\n");
	for (const struct option_row *row = rows; row->name; row++) {
		autofree char *left = format("%s%s%s", row->name, row->value ? " " : "",
					     row->value ? row->value : "");

		if (row->letter)
			fprintf(to, "  -%c, ", row->letter);
		else
			fprintf(to, "      ");
		fprintf(to, "--%-*s   ", (int)width, left);
		print_wrapped(row->help, width + strlen("  -x, --") + 3, to);
	}
}
