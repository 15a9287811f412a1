#include "template_function.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

#define ARGUMENTS_MOST 16

bool template_truth(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return json_number_value(value) != 0;
	default:
		return json_is_true(value);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Go prints the keys of a map in order. */
static void print_object(struct buffer *out, const json_t *object)
{
	size_t count = json_object_size(object), n = 0;
	autofree const char **keys = allocate(count * sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value)
		keys[n++] = key;
	qsort(keys, count, sizeof(*keys), by_text);
	buffer_append_string(out, "map[");
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out, "%s%s:", i ? " " : "", keys[i]);
		template_print(out, json_object_get(object, keys[i]));
	}
	buffer_append_string(out, "]");
}

static void print_array(struct buffer *out, const json_t *array)
{
	json_t *value;
	size_t i;

	buffer_append_string(out, "[");
	json_array_foreach (array, i, value) {
		if (i)
			buffer_append_string(out, " ");
		template_print(out, value);
	}
	buffer_append_string(out, "]");
}

void template_print(struct buffer *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		print_object(out, value);
		break;
	case JSON_ARRAY:
		print_array(out, value);
		break;
	case JSON_STRING:
		buffer_append(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buffer_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		buffer_printf(out, "%.17g", json_real_value(value));
		break;
	case JSON_NULL:
		buffer_append_string(out, "<nil>");
		break;
	default:
		buffer_append_string(out, json_is_true(value) ? "true" : "false");
	}
}

/* What a value prints as; the caller frees. */
static char *printed(const json_t *value)
{
	struct buffer text = {0};

	template_print(&text, value);
	return buffer_take(&text);
}

static fallible call_json(json_t **arguments, size_t count, json_t **out)
{
	autofree char *text = json_text(arguments[0]);

	(void)count;
	*out = json_string(text);
	return NULL;
}

static fallible call_len(json_t **arguments, size_t count, json_t **out)
{
	const json_t *value = arguments[0];

	(void)count;
	*out = json_integer((json_int_t)(json_is_string(value)   ? json_string_length(value)
					 : json_is_object(value) ? json_object_size(value)
								 : json_array_size(value)));
	return NULL;
}

static fallible call_index(json_t **arguments, size_t count, json_t **out)
{
	json_t *value = arguments[0];

	for (size_t i = 1; i < count && value; i++) {
		json_int_t at = json_integer_value(arguments[i]);

		if (json_is_string(arguments[i])) {
			value = json_object_get(value, json_string_value(arguments[i]));
			continue;
		}
		if (!json_is_array(value) || at < 0 || (size_t)at >= json_array_size(value))
			return error_new(ERROR_INVALID,
					 "error calling index: index out of range: %lld",
					 (long long)at);
		value = json_array_get(value, at);
	}
	*out = value ? json_incref(value) : json_string("");
	return NULL;
}

static fallible call_join(json_t **arguments, size_t count, json_t **out)
{
	autobuffer text = {0};
	json_t *value;
	size_t i;

	(void)count;
	buffer_append_string(&text, "");
	json_array_foreach (arguments[0], i, value) {
		if (i)
			template_print(&text, arguments[1]);
		template_print(&text, value);
	}
	*out = json_text_value(text.data, text.length);
	return NULL;
}

static fallible call_split(json_t **arguments, size_t count, json_t **out)
{
	autofree char *text = printed(arguments[0]);
	autofree char *separator = printed(arguments[1]);
	const char *at = text, *next;

	(void)count;
	*out = json_array();
	while (*separator && (next = strstr(at, separator))) {
		json_array_append_new(*out, json_text_value(at, next - at));
		at = next + strlen(separator);
	}
	json_array_append_new(*out, json_text_value(at, strlen(at)));
	return NULL;
}

static json_t *mapped(const json_t *value, int (*map)(int), bool words)
{
	autofree char *text = printed(value);

	for (char *at = text; *at; at++)
		if (!words || at == text || isspace((unsigned char)at[-1]))
			*at = map((unsigned char)*at);
	return json_string_or_null(text);
}

static fallible call_upper(json_t **arguments, size_t count, json_t **out)
{
	(void)count;
	*out = mapped(arguments[0], toupper, false);
	return NULL;
}

static fallible call_lower(json_t **arguments, size_t count, json_t **out)
{
	(void)count;
	*out = mapped(arguments[0], tolower, false);
	return NULL;
}

static fallible call_title(json_t **arguments, size_t count, json_t **out)
{
	(void)count;
	*out = mapped(arguments[0], toupper, true);
	return NULL;
}

static fallible call_truncate(json_t **arguments, size_t count, json_t **out)
{
	autofree char *text = printed(arguments[0]);
	size_t length = strlen(text);
	json_int_t most = json_integer_value(arguments[1]);

	(void)count;
	*out = json_text_value(text, most >= 0 && (size_t)most < length ? (size_t)most : length);
	return NULL;
}

/* pad TEXT BEFORE AFTER: that many blanks on either side. */
static fallible call_pad(json_t **arguments, size_t count, json_t **out)
{
	autofree char *text = printed(arguments[0]);
	int before = (int)json_integer_value(arguments[1]);
	int after = (int)json_integer_value(arguments[2]);

	(void)count;
	if (!*text || before < 0 || after < 0 || before > 1000 || after > 1000) {
		*out = json_string_or_null(text);
		return NULL;
	}
	autofree char *padded = format("%*s%s%*s", before, "", text, after, "");
	*out = json_string_or_null(padded);
	return NULL;
}

/* Go's print puts a blank between values neither of which is a string, println between all. */
static fallible print_all(json_t **arguments, size_t count, bool line, json_t **out)
{
	autobuffer text = {0};

	buffer_append_string(&text, "");
	for (size_t i = 0; i < count; i++) {
		bool blank = i && (line || (!json_is_string(arguments[i - 1]) &&
					    !json_is_string(arguments[i])));

		if (blank)
			buffer_append_string(&text, " ");
		template_print(&text, arguments[i]);
	}
	if (line)
		buffer_append_string(&text, "\n");
	*out = json_text_value(text.data, text.length);
	return NULL;
}

static fallible call_print(json_t **arguments, size_t count, json_t **out)
{
	return print_all(arguments, count, false, out);
}

static fallible call_println(json_t **arguments, size_t count, json_t **out)
{
	return print_all(arguments, count, true, out);
}

/* One verb with its flags and width: what it prints goes through printf(3) as a string. */
static void print_verb(struct buffer *out, const char *spec, size_t length, const json_t *value)
{
	autofree char *flags = duplicate_range(spec, length - 1);
	autofree char *text = NULL;

	if (spec[length - 1] == 'q')
		text = json_is_string(value) ? json_dumps(value, JSON_ENCODE_ANY) : printed(value);
	else if (spec[length - 1] == 'x' && json_is_integer(value))
		text = format("%llx", (long long)json_integer_value(value));
	else
		text = printed(value);
	bool left = strchr(flags, '-');
	int width = abs(atoi(flags + 1 + strspn(flags + 1, "-0+ ")));
	buffer_printf(out, left ? "%-*s" : "%*s", width > 1000 ? 1000 : width, text);
}

static fallible call_printf(json_t **arguments, size_t count, json_t **out)
{
	const char *at = json_string_value(arguments[0]);
	autobuffer text = {0};
	size_t next = 1;

	if (!at)
		return error_new(ERROR_INVALID, "printf wants a format in quotes");
	buffer_append_string(&text, "");
	while (*at) {
		size_t length = *at == '%' ? 1 + strspn(at + 1, "-+ 0123456789.") + 1 : 1;

		if (*at == '%' && at[length - 1] == '%')
			buffer_append_string(&text, "%");
		else if (*at == '%' && at[length - 1] && next < count)
			print_verb(&text, at, length, arguments[next++]);
		else
			buffer_append(&text, at, strnlen(at, length));
		at += strnlen(at, length);
	}
	*out = json_text_value(text.data, text.length);
	return NULL;
}

static fallible call_not(json_t **arguments, size_t count, json_t **out)
{
	(void)count;
	*out = json_boolean(!template_truth(arguments[0]));
	return NULL;
}

static fallible call_and(json_t **arguments, size_t count, json_t **out)
{
	size_t i = 0;

	while (i + 1 < count && template_truth(arguments[i]))
		i++;
	*out = json_incref(arguments[i]);
	return NULL;
}

static fallible call_or(json_t **arguments, size_t count, json_t **out)
{
	size_t i = 0;

	while (i + 1 < count && !template_truth(arguments[i]))
		i++;
	*out = json_incref(arguments[i]);
	return NULL;
}

static fallible call_eq(json_t **arguments, size_t count, json_t **out)
{
	bool same = false;

	for (size_t i = 1; i < count; i++)
		same |= json_equal(arguments[0], arguments[i]);
	*out = json_boolean(same);
	return NULL;
}

static fallible call_ne(json_t **arguments, size_t count, json_t **out)
{
	(void)count;
	*out = json_boolean(!json_equal(arguments[0], arguments[1]));
	return NULL;
}

/* Less than, equal or greater: -1, 0, 1. Numbers by value, all else by text. */
static int order(json_t **arguments)
{
	double a = json_number_value(arguments[0]), b = json_number_value(arguments[1]);

	if (json_is_number(arguments[0]) && json_is_number(arguments[1]))
		return (a > b) - (a < b);
	autofree char *left = printed(arguments[0]);
	autofree char *right = printed(arguments[1]);
	return strcmp(left, right);
}

#define COMPARISON(name, relation)                                                                 \
	static fallible call_##name(json_t **arguments, size_t count, json_t **out)                \
	{                                                                                          \
		(void)count;                                                                       \
		*out = json_boolean(order(arguments) relation 0);                                  \
		return NULL;                                                                       \
	}
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

static const struct template_function functions[] = {
	{"json", 1, 1, call_json},
	{"len", 1, 1, call_len},
	{"index", 1, ARGUMENTS_MOST, call_index},
	{"join", 2, 2, call_join},
	{"split", 2, 2, call_split},
	{"upper", 1, 1, call_upper},
	{"lower", 1, 1, call_lower},
	{"title", 1, 1, call_title},
	{"truncate", 2, 2, call_truncate},
	{"pad", 3, 3, call_pad},
	{"print", 0, ARGUMENTS_MOST, call_print},
	{"println", 0, ARGUMENTS_MOST, call_println},
	{"printf", 1, ARGUMENTS_MOST, call_printf},
	{"not", 1, 1, call_not},
	{"and", 1, ARGUMENTS_MOST, call_and},
	{"or", 1, ARGUMENTS_MOST, call_or},
	{"eq", 2, ARGUMENTS_MOST, call_eq},
	{"ne", 2, 2, call_ne},
	{"lt", 2, 2, call_lt},
	{"le", 2, 2, call_le},
	{"gt", 2, 2, call_gt},
	{"ge", 2, 2, call_ge},
};

const struct template_function *template_function_find(const char *name, size_t length)
{
	for (size_t i = 0; i < countof(functions); i++)
		if (strlen(functions[i].name) == length &&
		    strncmp(functions[i].name, name, length) == 0)
			return &functions[i];
	return NULL;
}
