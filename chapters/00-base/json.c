#include "json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "text.h"

void json_decref_cleanup(json_t **value)
{
	json_decref(*value);
}

fallible json_parse(const char *bytes, size_t length, const char *what, json_t **out)
{
	json_error_t problem;

	*out = json_loadb(bytes, length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
	if (!*out)
		return error_new(ERROR_INVALID, "%s is not valid JSON: line %d, column %d: %s",
				 what, problem.line, problem.column, problem.text);
	return NULL;
}

fallible json_read(int dirfd, const char *name, size_t limit, json_t **out)
{
	autobuffer bytes = {0};

	TRY(file_read(dirfd, name, limit, &bytes));
	return json_parse(bytes.data, bytes.length, name, out);
}

#define FORM (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

char *json_text(const json_t *value)
{
	char *text = json_dumps(value, FORM);

	return text ? text : duplicate("null");
}

void json_append(struct buffer *text, const json_t *value)
{
	size_t room = 16 << 10, length;

	while ((length = json_dumpb(value, buffer_reserve(text, room), room, FORM)) > room)
		room = length;
	text->length += length;
	text->data[text->length] = '\0';
}

/* No text in JSON has a line end: the blanks behind one are levels. */
void json_append_indented(struct buffer *text, const json_t *value, const char *indent)
{
	autofree char *dumped = json_dumps(value, JSON_INDENT(1) | JSON_ENCODE_ANY);

	for (const char *at = dumped; *at;) {
		size_t length = strcspn(at, "\n"), level;

		length += at[length] == '\n';
		buffer_append(text, at, length);
		at += length;
		for (level = at[-1] == '\n' ? strspn(at, " ") : 0, at += level; level; level--)
			buffer_append_string(text, indent);
	}
}

static fallible wrong_type(const char *key, const char *wanted)
{
	return error_new(ERROR_INVALID, "the member '%s' must be %s", key, wanted);
}

fallible json_get_string(const json_t *object, const char *key, const char *fallback,
			 const char **out)
{
	const json_t *value = json_object_get(object, key);

	*out = fallback;
	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_string(value))
		return wrong_type(key, "a string");
	*out = json_string_value(value);
	return NULL;
}

fallible json_get_integer(const json_t *object, const char *key, int64_t fallback, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	*out = fallback;
	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_integer(value))
		return wrong_type(key, "an integer");
	*out = json_integer_value(value);
	return NULL;
}

fallible json_get_boolean(const json_t *object, const char *key, bool fallback, bool *out)
{
	const json_t *value = json_object_get(object, key);

	*out = fallback;
	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_boolean(value))
		return wrong_type(key, "true or false");
	*out = json_is_true(value);
	return NULL;
}

fallible json_get_object(const json_t *object, const char *key, json_t **out)
{
	json_t *value = json_object_get(object, key);

	*out = NULL;
	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_object(value))
		return wrong_type(key, "an object");
	*out = value;
	return NULL;
}

fallible json_get_array(const json_t *object, const char *key, json_t **out)
{
	json_t *value = json_object_get(object, key);

	*out = NULL;
	if (!value || json_is_null(value))
		return NULL;
	if (!json_is_array(value))
		return wrong_type(key, "an array");
	*out = value;
	return NULL;
}

static json_t *walk(const json_t *object, va_list keys)
{
	const json_t *value = object;

	for (const char *key; value && (key = va_arg(keys, const char *));)
		value = json_object_get(value, key);
	return (json_t *)value;
}

json_t *json_at(const json_t *object, ...)
{
	va_list keys;

	va_start(keys, object);
	json_t *value = walk(object, keys);
	va_end(keys);
	return value;
}

const char *json_string_at(const json_t *object, ...)
{
	va_list keys;

	va_start(keys, object);
	const char *text = json_string_value(walk(object, keys));
	va_end(keys);
	return text ? text : "";
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *json_sorted_keys(const json_t *object)
{
	autofree const char **keys = allocate((json_object_size(object) + 1) * sizeof(*keys));
	json_t *sorted = json_array(), *value;
	const char *key;
	size_t count = 0;

	json_object_foreach ((json_t *)object, key, value)
		keys[count++] = key;
	qsort(keys, count, sizeof(*keys), compare_texts);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(sorted, json_string(keys[i]));
	return sorted;
}

json_t *json_text_value(const char *bytes, size_t length)
{
	json_t *value = json_stringn(bytes, length);
	autobuffer clean = {0};

	if (value)
		return value;
	for (size_t i = 0; i < length;) {
		size_t sequence = utf8_sequence(bytes + i, length - i);

		if (sequence)
			buffer_append(&clean, bytes + i, sequence);
		else
			buffer_append_string(&clean, "\xef\xbf\xbd");
		i += sequence ? sequence : 1;
	}
	return json_stringn(clean.data, clean.length);
}

json_t *json_string_or_null(const char *text)
{
	return text ? json_text_value(text, strlen(text)) : json_null();
}

fallible json_string_array(const json_t *array, const char *what, const char ***out)
{
	size_t count = json_array_size(array);
	autofree const char **strings = allocate((count + 1) * sizeof(*strings));

	for (size_t i = 0; i < count; i++) {
		strings[i] = json_string_value(json_array_get(array, i));
		if (!strings[i])
			return error_new(ERROR_INVALID, "%s must be an array of strings", what);
	}
	*out = steal(&strings);
	return NULL;
}
