/* The grammar of --gpus: a request for devices of a kind (container_value.h). */
#include "container_value.h"

#include <string.h>

#include "csv.h"
#include "memory.h"
#include "text.h"

static fallible put_count(json_t *request, const char *value)
{
	int64_t count = -1;
	autoerror e = strcmp(value, "all") == 0
			      ? NULL
			      : integer_parse(value, "a count", INT32_MIN, INT32_MAX, &count);

	if (e)
		return error_new(ERROR_INVALID,
				 "invalid count (%s): value must be either \"all\" or an integer",
				 value);
	json_object_set_new(request, "Count", json_integer(count));
	return NULL;
}

static fallible put_driver(json_t *request, const char *value)
{
	json_object_set_new(request, "Driver", json_string_or_null(value));
	return NULL;
}

static json_t *split(const char *value)
{
	json_t *array = json_array();

	for (const char *at = value, *end; at; at = *end ? end + 1 : NULL) {
		end = at + strcspn(at, ",");
		json_array_append_new(array, json_stringn(at, end - at));
	}
	return array;
}

static fallible put_devices(json_t *request, const char *value)
{
	json_object_set_new(request, "DeviceIDs", split(value));
	return NULL;
}

static fallible put_capabilities(json_t *request, const char *value)
{
	json_t *all = split(value);

	json_array_append_new(all, json_string("gpu"));
	json_object_set_new(request, "Capabilities", json_pack("[o]", all));
	return NULL;
}

static fallible put_options(json_t *request, const char *value)
{
	autofree char *copy = duplicate(value);
	autowords fields = {0};

	TRY(csv_split(copy, &fields));
	for (size_t i = 0; i < fields.count; i++) {
		const char *equals = strchrnul(fields.items[i], '=');
		autofree char *key = duplicate_range(fields.items[i], equals - fields.items[i]);

		json_object_set_new(json_object_get(request, "Options"), key,
				    json_string_or_null(*equals ? equals + 1 : ""));
	}
	return NULL;
}

static const struct {
	const char *key;
	fallible (*put)(json_t *request, const char *value);
} keys[] = {
	{"count", put_count},     {"driver", put_driver},
	{"device", put_devices},  {"capabilities", put_capabilities},
	{"options", put_options},
};

/* A field without "=" is a count. *seen: which keys were there, a bit each. */
static fallible put_field(json_t *request, const char *field, unsigned *seen)
{
	const char *equals = strchr(field, '=');
	autofree char *key = equals ? duplicate_range(field, equals - field) : duplicate("count");
	size_t row = 0;

	while (row < countof(keys) && strcmp(keys[row].key, key) != 0)
		row++;
	if (row == countof(keys))
		return error_new(ERROR_INVALID, "unexpected key '%s' in '%s'", key, field);
	if (*seen & 1U << row)
		return error_new(ERROR_INVALID, "gpu request key '%s' can be specified only once",
				 key);
	*seen |= 1U << row;
	return keys[row].put(request, equals ? equals + 1 : field);
}

fallible container_value_gpus(const char *text, json_t *requests)
{
	autojson *request = json_pack("{s:s, s:i, s:n, s:[[s]], s:{}}", "Driver", "", "Count", 0,
				      "DeviceIDs", "Capabilities", "gpu", "Options");
	autofree char *copy = duplicate(text);
	autowords fields = {0};
	unsigned seen = 0;

	TRY(csv_split(copy, &fields));
	for (size_t i = 0; i < fields.count; i++)
		TRY(put_field(request, fields.items[i], &seen));
	if (!(seen & 1U) && !json_is_array(json_object_get(request, "DeviceIDs")))
		json_object_set_new(request, "Count", json_integer(1));
	json_array_append(requests, request);
	return NULL;
}
