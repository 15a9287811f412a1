#include "csv.h"

#include <stdbool.h>
#include <string.h>

static fallible misplaced(const char *text, const char *at, const char *what)
{
	return error_new(ERROR_INVALID, "parse error on line 1, column %zu: %s",
			 (size_t)(at - text) + 1, what);
}

/* *at: behind the first quote, and then behind the last one. What is between loses every second
 * quote in place. */
static fallible take_quoted(const char *text, char **at)
{
	char *from = *at, *to = from;
	bool closed = false;

	while (*from && !closed) {
		closed = *from == '"' && *++from != '"';
		if (!closed)
			*to++ = *from++;
	}
	if (!closed || (*from && *from != ','))
		return misplaced(text, from, "extraneous or missing \" in quoted-field");
	*at = from;
	/* The field's end, when the comma is behind it as well as when there is none. */
	*to = '\0';
	return NULL;
}

static fallible take_plain(const char *text, char **at)
{
	*at += strcspn(*at, ",\"");
	return **at == '"' ? misplaced(text, *at, "bare \" in non-quoted-field") : NULL;
}

fallible csv_split(char *text, struct words *fields)
{
	bool more = *text;

	for (char *at = text; more; at++) {
		bool quotes = *at == '"';
		char *field = at += quotes;

		TRY(quotes ? take_quoted(text, &at) : take_plain(text, &at));
		more = *at == ',';
		*at = '\0';
		words_append(fields, field);
	}
	return NULL;
}
