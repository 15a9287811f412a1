/* The grammar of --mount: key=value fields, separated by commas (container_value.h). */
#include "container_value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv.h"
#include "memory.h"
#include "text.h"

enum field_kind { FIELD_TEXT, FIELD_FLAG, FIELD_SIZE, FIELD_MODE, FIELD_MAP, FIELD_RECURSIVE };

/* Where a key goes: an object inside the mount, an object inside that, and the member. */
static const struct {
	const char *key;
	enum field_kind kind;
	const char *section, *inner, *member;
} fields[] = {
	{"type", FIELD_TEXT, NULL, NULL, "Type"},
	{"source", FIELD_TEXT, NULL, NULL, "Source"},
	{"src", FIELD_TEXT, NULL, NULL, "Source"},
	{"target", FIELD_TEXT, NULL, NULL, "Target"},
	{"dst", FIELD_TEXT, NULL, NULL, "Target"},
	{"destination", FIELD_TEXT, NULL, NULL, "Target"},
	{"readonly", FIELD_FLAG, NULL, NULL, "ReadOnly"},
	{"ro", FIELD_FLAG, NULL, NULL, "ReadOnly"},
	{"consistency", FIELD_TEXT, NULL, NULL, "Consistency"},
	{"bind-propagation", FIELD_TEXT, "BindOptions", NULL, "Propagation"},
	{"bind-create-mountpoint", FIELD_FLAG, "BindOptions", NULL, "CreateMountpoint"},
	{"bind-nonrecursive", FIELD_FLAG, "BindOptions", NULL, "NonRecursive"},
	{"bind-recursive", FIELD_RECURSIVE, "BindOptions", NULL, NULL},
	{"volume-subpath", FIELD_TEXT, "VolumeOptions", NULL, "Subpath"},
	{"volume-nocopy", FIELD_FLAG, "VolumeOptions", NULL, "NoCopy"},
	{"volume-label", FIELD_MAP, "VolumeOptions", NULL, "Labels"},
	{"volume-driver", FIELD_TEXT, "VolumeOptions", "DriverConfig", "Name"},
	{"volume-opt", FIELD_MAP, "VolumeOptions", "DriverConfig", "Options"},
	{"image-subpath", FIELD_TEXT, "ImageOptions", NULL, "Subpath"},
	{"tmpfs-size", FIELD_SIZE, "TmpfsOptions", NULL, "SizeBytes"},
	{"tmpfs-mode", FIELD_MODE, "TmpfsOptions", NULL, "Mode"},
};

static json_t *object_at(json_t *object, const char *key)
{
	json_t *inner = key ? json_object_get(object, key) : object;

	if (!inner) {
		inner = json_object();
		json_object_set_new(object, key, inner);
	}
	return inner;
}

static fallible parse_boolean(const char *key, const char *value, bool *out)
{
	*out = !value || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
	if (*out || strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
		return NULL;
	return error_new(ERROR_INVALID, "invalid value for %s: %s", key, value);
}

/* What is mounted below the source: there and as read-only as it, not there, to be written, or all
 * of it read-only or none. */
static fallible put_recursive(json_t *object, const char *value)
{
	static const struct {
		const char *value, *member;
	} ways[] = {{"enabled", NULL},
		    {"disabled", "NonRecursive"},
		    {"writable", "ReadOnlyNonRecursive"},
		    {"readonly", "ReadOnlyForceRecursive"}};

	for (size_t i = 0; i < countof(ways); i++) {
		if (strcmp(ways[i].value, value) != 0)
			continue;
		if (ways[i].member)
			json_object_set_new(object, ways[i].member, json_true());
		return NULL;
	}
	return error_new(ERROR_INVALID,
			 "invalid value for bind-recursive: %s (must be \"enabled\", \"disabled\", "
			 "\"writable\", or \"readonly\")",
			 value);
}

static fallible put(json_t *object, size_t row, const char *value)
{
	const char *member = fields[row].member;
	const char *key = fields[row].key;
	int64_t bytes;
	bool flag;

	switch (fields[row].kind) {
	case FIELD_TEXT:
		json_object_set_new(object, member, json_string_or_null(value));
		return NULL;
	case FIELD_FLAG:
		TRY(parse_boolean(key, value, &flag));
		if (flag)
			json_object_set_new(object, member, json_true());
		return NULL;
	case FIELD_SIZE:
		TRY(error_wrap(size_parse(value, &bytes), "invalid value for %s: %s", key, value));
		json_object_set_new(object, member, json_integer(bytes));
		return NULL;
	case FIELD_MODE: {
		char *rest;
		unsigned long mode = strtoul(value, &rest, 8);

		if (!*value || *rest || mode > 07777)
			return error_new(ERROR_INVALID, "invalid value for %s: %s", key, value);
		json_object_set_new(object, member, json_integer((json_int_t)mode));
		return NULL;
	}
	case FIELD_RECURSIVE:
		return put_recursive(object, value);
	case FIELD_MAP: {
		const char *equals = strchr(value, '=');
		autofree char *name =
			equals ? duplicate_range(value, equals - value) : duplicate(value);

		json_object_set_new(object_at(object, member), name,
				    json_string(equals ? equals + 1 : ""));
		return NULL;
	}
	}
	return NULL;
}

static fallible put_field(json_t *mount, const char *field)
{
	const char *equals = strchr(field, '=');
	autofree char *key = equals ? duplicate_range(field, equals - field) : duplicate(field);
	size_t row = 0;

	while (row < countof(fields) && strcmp(fields[row].key, key) != 0)
		row++;
	bool flag = row < countof(fields) && fields[row].kind == FIELD_FLAG;
	if (!equals && !flag)
		return error_new(ERROR_INVALID, "invalid field '%s' must be a key=value pair",
				 field);
	if (row == countof(fields))
		return error_new(ERROR_INVALID, "unexpected key '%s' in '%s'", key, field);
	json_t *object = object_at(mount, fields[row].section);
	return put(object_at(object, fields[row].inner), row, equals ? equals + 1 : NULL);
}

static fallible check_recursive(const json_t *mount)
{
	const json_t *options = json_object_get(mount, "BindOptions");
	bool writable = json_is_true(json_object_get(options, "ReadOnlyNonRecursive"));
	bool forced = json_is_true(json_object_get(options, "ReadOnlyForceRecursive"));

	if ((writable || forced) && !json_is_true(json_object_get(mount, "ReadOnly")))
		return error_new(
			ERROR_INVALID,
			"option 'bind-recursive=%s' requires 'readonly' to be specified in "
			"conjunction",
			writable ? "writable" : "readonly");
	if (forced && strcmp(json_string_at(options, "Propagation", NULL), "rprivate") != 0)
		return error_new(ERROR_INVALID,
				 "option 'bind-recursive=readonly' requires "
				 "'bind-propagation=rprivate' to be specified in conjunction");
	return NULL;
}

/* Options of one type make no sense with another. */
static fallible check(json_t *mount)
{
	static const struct {
		const char *section, *type, *prefix;
	} rows[] = {
		{"BindOptions", "bind", "bind-*"},
		{"VolumeOptions", "volume", "volume-*"},
		{"TmpfsOptions", "tmpfs", "tmpfs-*"},
		{"ImageOptions", "image", "image-*"},
	};
	const char *type = json_string_at(mount, "Type", NULL);

	if (!*json_string_at(mount, "Target", NULL))
		return error_new(ERROR_INVALID, "target is required");
	for (size_t i = 0; i < countof(rows); i++)
		if (json_object_get(mount, rows[i].section) && strcmp(type, rows[i].type) != 0)
			return error_new(ERROR_INVALID,
					 "cannot mix '%s' options with mount type '%s'",
					 rows[i].prefix, type);
	return check_recursive(mount);
}

static fallible complete_source(json_t *mount)
{
	const char *source = json_string_at(mount, "Source", NULL);
	autofree char *path = NULL;

	if (*source != '.')
		return NULL;
	TRY(container_value_path(source, &path));
	json_object_set_new(mount, "Source", json_string_or_null(path));
	return NULL;
}

fallible container_value_mount(const char *text, json_t *array)
{
	autojson *mount = json_pack("{s:s}", "Type", "volume");
	autofree char *copy = duplicate(text);
	autowords given = {0};

	TRY(csv_split(copy, &given));
	for (size_t i = 0; i < given.count; i++)
		TRY(put_field(mount, given.items[i]));
	TRY(check(mount));
	TRY(complete_source(mount));
	json_array_append(array, mount);
	return NULL;
}
