#include "members.h"

#include <stdbool.h>
#include <string.h>

#include "json.h"
#include "memory.h"

static bool is_text(const json_t *value)
{
	return json_is_string(value);
}

static bool is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static bool is_integer(const json_t *value)
{
	return json_is_integer(value);
}

static bool is_texts(const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach (value, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(value);
}

static bool is_command(const json_t *value)
{
	return json_is_string(value) || is_texts(value);
}

static bool is_array(const json_t *value)
{
	return json_is_array(value);
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

static bool is_text_map(const json_t *value)
{
	const char *key;
	json_t *item;

	json_object_foreach ((json_t *)value, key, item)
		if (!json_is_string(item))
			return false;
	return json_is_object(value);
}

static const struct {
	bool (*is)(const json_t *);
	const char *name;
} kinds[] = {
	[MEMBER_TEXT] = {is_text, "a string"},
	[MEMBER_FLAG] = {is_flag, "true or false"},
	[MEMBER_INTEGER] = {is_integer, "an integer"},
	[MEMBER_TEXTS] = {is_texts, "an array of strings"},
	[MEMBER_COMMAND] = {is_command, "an array of strings"},
	[MEMBER_ARRAY] = {is_array, "an array"},
	[MEMBER_OBJECT] = {is_object, "an object"},
	[MEMBER_TEXT_MAP] = {is_text_map, "an object of strings"},
};

static json_t *fallback_of(const struct member *member)
{
	return member->fallback ? json_loads(member->fallback, JSON_DECODE_ANY, NULL) : NULL;
}

static json_t *copy_of(const struct member *member, const json_t *value)
{
	if (member->kind == MEMBER_COMMAND && json_is_string(value))
		return json_pack("[O]", value);
	return json_deep_copy(value);
}

fallible members_read(const struct member *table, const json_t *from, const char *what,
		      json_t **out)
{
	autojson *object = json_object();

	*out = NULL;
	if (from && !json_is_null(from) && !json_is_object(from))
		return error_new(ERROR_INVALID, "%s must be an object", what);
	for (const struct member *member = table; member->name; member++) {
		const json_t *value = json_object_get(from, member->name);
		bool missing = !value || json_is_null(value);

		if (!missing && !kinds[member->kind].is(value))
			return error_new(ERROR_INVALID, "invalid JSON: %s.%s must be %s", what,
					 member->name, kinds[member->kind].name);
		json_t *kept = missing ? fallback_of(member) : copy_of(member, value);
		if (kept)
			json_object_set_new(object, member->name, kept);
	}
	*out = steal(&object);
	return NULL;
}
