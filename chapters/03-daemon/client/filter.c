#include "filter.h"

#include <ctype.h>
#include <string.h>

#include "http_message.h"
#include "json.h"
#include "memory.h"

/* Names compare without case and blanks, as docker takes them. */
static char *clean(const char *text, size_t length, bool lower)
{
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	while (length && isspace((unsigned char)*text))
		text++, length--;
	char *copy = duplicate_range(text, length);
	for (char *at = copy; lower && *at; at++)
		*at = tolower((unsigned char)*at);
	return copy;
}

fallible filter_add(struct buffer *path, const struct words *filters)
{
	autojson *all = json_object();

	for (size_t i = 0; i < filters->count; i++) {
		const char *text = filters->items[i], *equals = strchr(text, '=');

		if (!equals)
			return options_wrap(error_new(ERROR_INVALID, "bad format of filter "
								     "(expected name=value)"),
					    text, "-f, --filter");
		autofree char *name = clean(text, equals - text, true);
		autofree char *value = clean(equals + 1, strlen(equals + 1), false);
		json_t *values = json_object_get(all, name);
		if (!values) {
			values = json_object();
			json_object_set_new(all, name, values);
		}
		/* What is no UTF-8 is sent as Go would: the daemon says what it thinks of it. */
		autojson *sent = json_text_value(value, strlen(value));
		json_object_set_new(values, json_string_value(sent), json_true());
	}
	if (!filters->count)
		return NULL;
	autofree char *text = json_text(all);
	http_query_add(path, "filters", text);
	return NULL;
}
