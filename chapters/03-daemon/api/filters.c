#include "filters.h"

#include <regex.h>
#include <string.h>

#include "memory.h"
#include "text.h"

#define PATTERN_LIMIT 256

static bool is_known(const char *const *known, const char *name)
{
	for (; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

/* {"a": true, "b": false} or ["a", "b"] becomes ["a", "b"], as Docker reads it: keys count. */
static fallible values_parse(const char *name, json_t *given, json_t **out)
{
	autojson *values = json_array();
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach (given, key, value)
		json_array_append_new(values, json_string(key));
	json_array_foreach (given, i, value) {
		if (!json_is_string(value))
			return error_new(ERROR_INVALID,
					 "invalid filter: a value of '%s' is no string", name);
		json_array_append(values, value);
	}
	if (!json_is_object(given) && !json_is_array(given) && !json_is_null(given))
		return error_new(ERROR_INVALID,
				 "invalid filter: '%s' must have an array of strings", name);
	*out = steal(&values);
	return NULL;
}

fallible filters_parse(const char *text, const char *const *known, struct filters *filters)
{
	autojson *given = NULL;
	autojson *table = json_object();
	const char *name;
	json_t *value;

	*filters = (struct filters){0};
	if (!text || !*text)
		return NULL;
	TRY(error_wrap(json_parse(text, strlen(text), "the text", &given), "invalid filter"));
	if (!json_is_object(given) && !json_is_null(given))
		return error_new(ERROR_INVALID, "invalid filter: it must be a JSON object");
	json_object_foreach (given, name, value) {
		json_t *values = NULL;

		if (known && !is_known(known, name))
			return error_new(ERROR_INVALID, "invalid filter '%s'", name);
		TRY(values_parse(name, value, &values));
		json_object_set_new(table, name, values);
	}
	filters->table = steal(&table);
	return NULL;
}

void filters_finish(struct filters *filters)
{
	json_decref(filters->table);
	filters->table = NULL;
}

const json_t *filters_values(const struct filters *filters, const char *name)
{
	const json_t *values = json_object_get(filters->table, name);

	return json_array_size(values) ? values : NULL;
}

/* Whether any value matches, in the way that `matches` has. */
static bool match_any(const struct filters *filters, const char *name, const char *text,
		      bool (*matches)(const char *value, const char *text))
{
	const json_t *values = filters_values(filters, name);
	const json_t *value;
	size_t i;

	json_array_foreach (values, i, value)
		if (matches(json_string_value(value), text))
			return true;
	return !values;
}

static bool is_equal(const char *value, const char *text)
{
	return strcmp(value, text) == 0;
}

static bool is_prefix(const char *value, const char *text)
{
	return text_has_prefix(text, value);
}

/* A repetition count makes regcomp(3) copy what it repeats, and counts nest: a short text could
 * take all memory. No name has braces, so a pattern needs none. */
static bool is_found(const char *value, const char *text)
{
	regex_t pattern;

	if (is_equal(value, text))
		return true;
	if (strlen(value) > PATTERN_LIMIT || strchr(value, '{') ||
	    regcomp(&pattern, value, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	bool found = regexec(&pattern, text, 0, NULL, 0) == 0;
	regfree(&pattern);
	return found;
}

bool filters_match_exact(const struct filters *filters, const char *name, const char *text)
{
	return match_any(filters, name, text, is_equal);
}

bool filters_match_prefix(const struct filters *filters, const char *name, const char *text)
{
	return match_any(filters, name, text, is_prefix);
}

bool filters_match_pattern(const struct filters *filters, const char *name, const char *text)
{
	return match_any(filters, name, text, is_found);
}

static bool has_label(const json_t *labels, const char *wanted)
{
	size_t length = strcspn(wanted, "=");
	autofree char *key = duplicate_range(wanted, length);
	const char *value = json_string_value(json_object_get(labels, key));

	return value && (!wanted[length] || strcmp(value, wanted + length + 1) == 0);
}

bool filters_match_labels(const struct filters *filters, const char *name, const json_t *labels)
{
	const json_t *value;
	size_t i;

	json_array_foreach (filters_values(filters, name), i, value)
		if (!has_label(labels, json_string_value(value)))
			return false;
	return true;
}

fallible filters_boolean(const struct filters *filters, const char *name, bool fallback, bool *out)
{
	static const char *const yes[] = {"1", "true"}, *const no[] = {"0", "false"};
	bool is_yes = false, is_no = false;

	*out = fallback;
	if (!filters_values(filters, name))
		return NULL;
	for (size_t i = 0; i < countof(yes); i++) {
		is_yes |= filters_match_exact(filters, name, yes[i]);
		is_no |= filters_match_exact(filters, name, no[i]);
	}
	if (is_yes == is_no)
		return error_new(ERROR_INVALID, "invalid filter '%s': it must be true or false",
				 name);
	*out = is_yes;
	return NULL;
}
