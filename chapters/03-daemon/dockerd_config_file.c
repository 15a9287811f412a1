#include "dockerd_config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dockerd_settings.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT (1 << 20)

static bool is_set(const struct dockerd_config *config, const struct option_row *row)
{
	const void *field = (const char *)config + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		return *(const bool *)field != dockerd_setting_is_on(row);
	case OPTION_LIST:
		return ((const struct words *)field)->count > 0;
	case OPTION_INTEGER:
	case OPTION_SIZE:
		return *(const int64_t *)field != DOCKERD_NOT_GIVEN;
	default:
		return *(const char *const *)field;
	}
}

/* As Go prints a value: [a b], true, 5. */
static void print_value(struct buffer *text, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value)) {
		buffer_append_string(text, json_string_value(value));
	} else if (json_is_array(value)) {
		buffer_append_string(text, "[");
		json_array_foreach (value, i, item) {
			buffer_append_string(text, i ? " " : "");
			print_value(text, item);
		}
		buffer_append_string(text, "]");
	} else {
		autofree char *plain = json_dumps(value, JSON_ENCODE_ANY);

		buffer_append_string(text, plain);
	}
}

static json_t *flag_value(const struct dockerd_config *config, const struct option_row *row)
{
	const void *field = (const char *)config + row->offset;
	const struct words *words = field;
	json_t *list;

	switch (row->kind) {
	case OPTION_FLAG:
		return json_boolean(*(const bool *)field);
	case OPTION_INTEGER:
	case OPTION_SIZE:
		return json_integer(*(const int64_t *)field);
	case OPTION_LIST:
		list = json_array();
		for (size_t i = 0; i < words->count; i++)
			json_array_append_new(list, json_text_value(words->items[i],
								    strlen(words->items[i])));
		return list;
	default:
		return json_string_or_null(*(const char *const *)field);
	}
}

static void print_name(const struct dockerd_config *config, const char *key, const json_t *value,
		       struct buffer *text)
{
	(void)config;
	(void)value;
	buffer_append_string(text, key);
}

static void print_absent(const struct dockerd_config *config, const char *key, const json_t *value,
			 struct buffer *text)
{
	(void)config;
	(void)value;
	buffer_printf(text, "%s (%s)", key, dockerd_setting_key_absent(key));
}

static void print_both(const struct dockerd_config *config, const char *key, const json_t *value,
		       struct buffer *text)
{
	autojson *flag = flag_value(config, dockerd_setting_of_key(key));

	buffer_printf(text, "%s: (from flag: ", key);
	print_value(text, flag);
	buffer_append_string(text, ", from file: ");
	print_value(text, value);
	buffer_append_string(text, ")");
}

static bool is_unknown(const struct dockerd_config *config, const char *key)
{
	(void)config;
	return !dockerd_setting_of_key(key) && !dockerd_setting_key_absent(key) &&
	       !dockerd_setting_is_idle(key);
}

static bool is_absent(const struct dockerd_config *config, const char *key)
{
	(void)config;
	return !dockerd_setting_of_key(key) && dockerd_setting_key_absent(key);
}

static bool is_twice(const struct dockerd_config *config, const char *key)
{
	const struct option_row *row = dockerd_setting_of_key(key);

	return row && is_set(config, row);
}

/* One rule about keys: which ones break it, and what is said about each. */
struct key_check {
	bool (*wanted)(const struct dockerd_config *, const char *key);
	void (*print)(const struct dockerd_config *, const char *key, const json_t *value,
		      struct buffer *text);
	const char *text;
};

static fallible check_rule(const struct dockerd_config *config, json_t *file,
			   const struct key_check *check)
{
	autobuffer names = {0};
	const char *key;
	json_t *value;

	json_object_foreach (file, key, value) {
		if (!check->wanted(config, key))
			continue;
		if (names.length)
			buffer_append_string(&names, ", ");
		check->print(config, key, value, &names);
	}
	return names.length ? error_new(ERROR_INVALID, "%s: %s", check->text, names.data) : NULL;
}

static fallible check_keys(const struct dockerd_config *config, json_t *file)
{
	static const struct key_check checks[] = {
		{is_unknown, print_name,
		 "the following directives don't match any configuration option"},
		{is_absent, print_absent,
		 "the following directives are not built into this mini-docker"},
		{is_twice, print_both,
		 "the following directives are specified both as a flag and in the "
		 "configuration file"},
	};

	for (size_t i = 0; i < countof(checks); i++)
		TRY(check_rule(config, file, &checks[i]));
	return NULL;
}

static fallible store_list(const char *key, json_t *value, struct words *words)
{
	autofree const char **items = NULL;

	if (!json_is_array(value))
		return error_new(ERROR_INVALID, "the member '%s' must be an array of strings", key);
	TRY(json_string_array(value, key, &items));
	for (size_t i = 0; items[i]; i++)
		words_append(words, items[i]);
	return NULL;
}

/* A number of bytes, or what --shm-size takes: "64m". */
static fallible store_size(const char *key, const json_t *value, int64_t *field)
{
	if (json_is_integer(value)) {
		*field = json_integer_value(value);
		return NULL;
	}
	if (!json_is_string(value))
		return error_new(ERROR_INVALID,
				 "the member '%s' must be a size: 67108864 or \"64m\"", key);
	return error_wrap(size_parse(json_string_value(value), field), "the member '%s'", key);
}

/* Objects, but for the one list of objects. */
static fallible store_object(const char *key, json_t *value, json_t **field)
{
	bool list = strcmp(key, "default-address-pools") == 0;

	if (list && !json_is_array(value))
		return error_new(ERROR_INVALID, "the member '%s' must be an array", key);
	if (!list && !json_is_object(value))
		return error_new(ERROR_INVALID, "the member '%s' must be an object", key);
	*field = json_incref(value);
	return NULL;
}

static fallible store_member(struct dockerd_config *config, json_t *file, const char *key,
			     json_t *value)
{
	const struct option_row *row = dockerd_setting_of_key(key);
	void *field;

	if (!row || json_is_null(value))
		return NULL;
	if (dockerd_setting_object(row))
		return store_object(key, value,
				    (json_t **)((char *)config + dockerd_setting_object(row)));
	field = (char *)config + row->offset;
	switch (row->kind) {
	case OPTION_FLAG:
		return json_get_boolean(file, key, false, field);
	case OPTION_LIST:
		return store_list(key, value, field);
	case OPTION_INTEGER:
		return json_get_integer(file, key, DOCKERD_NOT_GIVEN, field);
	case OPTION_SIZE:
		return store_size(key, value, field);
	default:
		return json_get_string(file, key, NULL, field);
	}
}

/* {"proxies": {"http-proxy": ...}}: the one object whose members are settings themselves. */
static fallible spread_proxies(json_t *file)
{
	json_t *proxies = json_object_get(file, "proxies");

	if (!proxies)
		return NULL;
	if (!json_is_object(proxies))
		return error_new(ERROR_INVALID, "the member 'proxies' must be an object");
	json_object_update(file, proxies);
	json_object_del(file, "proxies");
	return NULL;
}

/* What was one address is a list of them since Docker 28. */
static void spread_gateway(json_t *file)
{
	json_t *one = json_object_get(file, "host-gateway-ip");

	if (!json_is_string(one) || json_object_get(file, "host-gateway-ips"))
		return;
	json_object_set_new(file, "host-gateway-ips", json_pack("[O]", one));
	json_object_del(file, "host-gateway-ip");
}

const char *dockerd_config_file_path(const struct dockerd_config *config)
{
	return config->config_file ? config->config_file : config->folders.config_file;
}

/* NULL when there is none and none was asked for. */
static fallible read_file(const struct dockerd_config *config, json_t **out)
{
	const char *path = dockerd_config_file_path(config);
	autojson *file = NULL;

	*out = NULL;
	if (!config->config_file && access(path, F_OK) < 0 && errno == ENOENT)
		return NULL;
	TRY(json_read(AT_FDCWD, path, FILE_LIMIT, &file));
	if (!json_is_object(file))
		return error_new(ERROR_INVALID, "it must be a JSON object");
	TRY(spread_proxies(file));
	spread_gateway(file);
	TRY(check_keys(config, file));
	*out = steal(&file);
	return NULL;
}

static fallible merge(struct dockerd_config *config)
{
	const char *key;
	json_t *value;

	TRY(read_file(config, &config->file));
	json_object_foreach (config->file, key, value)
		TRY(store_member(config, config->file, key, value));
	return NULL;
}

fallible dockerd_config_merge_file(struct dockerd_config *config)
{
	return error_wrap(merge(config), "unable to configure the Docker daemon with file %s",
			  dockerd_config_file_path(config));
}
