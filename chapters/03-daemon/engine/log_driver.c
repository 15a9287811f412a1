#include "log_driver.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "json.h"
#include "log_syslog_driver.h"
#include "memory.h"
#include "text.h"

#define CACHE_FILE      "container-cached.log"
#define LOCAL_MAX_SIZE  (20 * 1024 * 1024)
#define LOCAL_MAX_FILES 5
#define BUFFER_SIZE     1000000 /* of mode=non-blocking */
#define JOURNALD_SOCKET "/run/systemd/journal/socket"

/* What every driver knows: the mode, and the cache of those that need one. */
static const char *const common_options[] = {
	"mode",
	"max-buffer-size",
	"cache-disabled",
	"cache-max-size",
	"cache-max-file",
	"cache-compress",
	NULL,
};

/* ---- json-file ---- */

static fallible order_json_size(const struct log_info *info, int64_t *size)
{
	const char *text = log_info_option(info, "max-size");

	*size = 0;
	if (!*text)
		return NULL;
	if (*text == '-') /* Go's pattern has no sign */
		return error_new(ERROR_INVALID, "invalid size: '%s'", text);
	TRY(size_parse_decimal(text, size));
	if (*size <= 0)
		return error_new(ERROR_INVALID, "max-size must be a positive number");
	return NULL;
}

/* As Go writes JSON: what HTML could take for markup is escaped. */
static void add_attributes(struct buffer *orders, const json_t *attributes)
{
	autofree char *text = json_dumps(attributes, JSON_COMPACT | JSON_SORT_KEYS);
	autobuffer safe = {0};

	for (const char *c = text; *c; c++) {
		if (strchr("<>&", *c))
			buffer_printf(&safe, "\\u%04x", *c);
		else
			buffer_append(&safe, c, 1);
	}
	log_orders_add(orders, "attributes", safe.data);
}

static fallible order_json_file(const struct log_info *info, struct buffer *orders)
{
	autofree char *file = format("%s-json.log", log_info_id(info)), *tag = NULL;
	autojson *attributes = NULL;
	int64_t size, files;
	bool compress;

	TRY(order_json_size(info, &size));
	TRY(log_info_integer(info, "max-file", 1, &files));
	if (files < 1)
		return error_new(ERROR_INVALID, "max-file cannot be less than 1");
	TRY(log_info_flag(info, "compress", false, &compress));
	if (compress && (files == 1 || !size))
		return error_new(ERROR_INVALID, "compress cannot be true when max-file is less "
						"than 2 or max-size is not set");
	TRY(log_info_attributes(info, &attributes));
	TRY(log_info_tag(info, "", &tag));
	if (*tag)
		json_object_set_new(attributes, "tag", json_text_value(tag, strlen(tag)));
	log_orders_add(orders, "file", file);
	log_orders_add_number(orders, "max-size", size);
	log_orders_add_number(orders, "max-file", files);
	log_orders_add_number(orders, "compress", compress);
	if (json_object_size(attributes))
		add_attributes(orders, attributes);
	return NULL;
}

/* ---- local ---- */

static fallible local_size(const struct log_info *info, int64_t *size)
{
	const char *text = log_info_option(info, "max-size");

	*size = LOCAL_MAX_SIZE;
	if (*text)
		TRY(error_wrap(size_parse(text, size), "invalid value for max-size: %s", text));
	return NULL;
}

static fallible order_local_file(const struct log_info *info, const char *file,
				 struct buffer *orders)
{
	const char *given = log_info_option(info, "max-file");
	int64_t size, files;
	bool compress;

	TRY(local_size(info, &size));
	TRY(error_wrap(log_info_integer(info, "max-file", LOCAL_MAX_FILES, &files),
		       "invalid value for max-file: %s", given));
	TRY(error_wrap(log_info_flag(info, "compress", true, &compress),
		       "error reading compress log option"));
	if (files < 0)
		return error_new(ERROR_INVALID, "max file count cannot be less than 0");
	if (compress && files <= 1)
		return error_new(ERROR_INVALID,
				 "compression cannot be enabled when max file count is 1");
	log_orders_add(orders, "file", file);
	log_orders_add_number(orders, "max-size", size);
	log_orders_add_number(orders, "max-file", files);
	log_orders_add_number(orders, "compress", compress);
	return NULL;
}

static fallible order_local(const struct log_info *info, struct buffer *orders)
{
	return order_local_file(info, "local-logs/container.log", orders);
}

/* The options of the cache are those of `local` behind "cache-". */
static fallible order_cache(const struct log_info *info, struct buffer *orders)
{
	autojson *options = json_object();
	struct log_info cache = *info;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)info->options, name, value)
		if (text_has_prefix(name, "cache-"))
			json_object_set(options, name + strlen("cache-"), value);
	cache.options = options;
	log_orders_add(orders, "driver", log_local.name);
	return order_local_file(&cache, CACHE_FILE, orders);
}

/* ---- journald ---- */

static void add_field(struct buffer *orders, const char *name, const char *value)
{
	autofree char *field = format("%s=%s", name, value);

	log_orders_add(orders, "field", field);
}

/* The journal takes capital letters, digits and _, which must not come first. */
static char *field_name(const char *name)
{
	char *copy = duplicate(name + strspn(name, "_"));

	for (char *c = copy; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c -= 'a' - 'A';
		else if (!((*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')))
			*c = '_';
	}
	return copy;
}

static fallible order_journald(const struct log_info *info, struct buffer *orders)
{
	autofree char *short_id = format("%.12s", log_info_id(info)), *tag = NULL;
	autojson *attributes = NULL;
	const char *name;
	json_t *value;

	if (access(JOURNALD_SOCKET, F_OK) < 0)
		return error_new(ERROR_INVALID, "journald is not enabled on this host");
	TRY(log_info_tag(info, "{{.ID}}", &tag));
	TRY(log_info_attributes(info, &attributes));
	log_orders_add(orders, "address", "unixgram:" JOURNALD_SOCKET);
	add_field(orders, "CONTAINER_ID", short_id);
	add_field(orders, "CONTAINER_ID_FULL", log_info_id(info));
	add_field(orders, "CONTAINER_NAME", log_info_name(info));
	add_field(orders, "CONTAINER_TAG", tag);
	add_field(orders, "IMAGE_NAME", log_info_image(info));
	add_field(orders, "SYSLOG_IDENTIFIER", tag);
	json_object_foreach (attributes, name, value) {
		autofree char *field = field_name(name);

		add_field(orders, field, json_string_value(value));
	}
	return NULL;
}

/* ---- the table ---- */

static const char *const json_file_options[] = {"max-file",  "max-size", "compress",
						"labels",    "env",      "labels-regex",
						"env-regex", "tag",      NULL};
static const char *const local_options[] = {"max-file", "max-size", "compress", NULL};
static const char *const journald_options[] = {"labels",    "env", "labels-regex",
					       "env-regex", "tag", NULL};

static const struct log_driver drivers[] = {
	{"journald", journald_options, "journald log driver", NULL, order_journald, &log_journald,
	 NULL, NULL},
	{"json-file", json_file_options, "json-file log driver", NULL, order_json_file,
	 &log_json_file, &log_form_json_file, "%s-json.log"},
	{"local", local_options, "log driver local", NULL, order_local, &log_local, &log_form_local,
	 "local-logs/container.log"},
	{"none", NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"syslog", log_syslog_options, "syslog log driver", log_syslog_check, log_syslog_order,
	 &log_syslog, NULL, NULL},
};

static const struct log_driver *find(const char *name)
{
	for (size_t i = 0; i < countof(drivers); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}

json_t *log_driver_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < countof(drivers); i++)
		if (drivers[i].writer)
			json_array_append_new(names, json_string(drivers[i].name));
	return names;
}

/* ---- checks ---- */

static bool is_listed(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static fallible check_common(const struct log_info *info)
{
	const char *mode = log_info_option(info, "mode");
	const char *buffer = log_info_option(info, "max-buffer-size");
	const char *disabled = log_info_option(info, "cache-disabled");
	bool drops = strcmp(mode, "non-blocking") == 0, flag;
	int64_t size;

	if (*mode && !drops && strcmp(mode, "blocking") != 0)
		return error_new(ERROR_INVALID, "logger: logging mode not supported: %s", mode);
	if (*buffer && !drops)
		return error_new(ERROR_INVALID, "logger: max-buffer-size option is only supported "
						"with 'mode=non-blocking'");
	if (*buffer)
		TRY(error_wrap(size_parse(buffer, &size), "error parsing option max-buffer-size"));
	autoerror e = log_info_flag(info, "cache-disabled", false, &flag);
	return e ? error_new(ERROR_INVALID, "invalid value for option cache-disabled: %s", disabled)
		 : NULL;
}

static fallible check_names(const struct log_driver *driver, const json_t *options)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)options, name, value) {
		if (!json_is_string(value))
			return error_new(ERROR_INVALID, "the log opt '%s' must be a string", name);
		if (is_listed(common_options, name) || is_listed(driver->options, name))
			continue;
		return error_new(ERROR_INVALID, "unknown log opt '%s' for %s", name, driver->title);
	}
	return NULL;
}

fallible log_driver_check(const char *name, const json_t *options)
{
	const struct log_driver *driver = find(name);
	const struct log_info info = {.options = options};

	if (driver && !driver->writer)
		return NULL;
	TRY(check_common(&info));
	if (!driver)
		return error_new(ERROR_INVALID, "logger: no log driver named '%s' is registered",
				 name);
	TRY(check_names(driver, options));
	return driver->check ? driver->check(&info) : NULL;
}

/* ---- creating ---- */

static void merge(json_t *into, const json_t *defaults, bool all)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)defaults, name, value)
		if ((all || text_has_prefix(name, "cache-")) && !json_object_get(into, name))
			json_object_set(into, name, value);
}

fallible log_driver_settle(json_t *config, const char *type, const json_t *options)
{
	if (!*json_string_at(config, "Type", NULL))
		json_object_set_new(config, "Type", json_string(type));
	if (!json_is_object(json_object_get(config, "Config")))
		json_object_set_new(config, "Config", json_object());
	const char *name = json_string_at(config, "Type", NULL);
	json_t *own = json_object_get(config, "Config");
	merge(own, options, strcmp(name, type) == 0);
	return log_driver_check(name, own);
}

char *log_driver_path(const char *data_root, const char *id, const json_t *log_config)
{
	if (strcmp(json_string_at(log_config, "Type", NULL), log_json_file.name) != 0)
		return duplicate("");
	return format("%s/containers/%s/%s-json.log", data_root, id, id);
}

/* ---- a container's ---- */

/* A document from before there were drivers has none. */
static const struct log_driver *driver_of(const struct container *container, struct log_info *info)
{
	const json_t *config = json_at(container->document, "HostConfig", "LogConfig", NULL);
	const char *type = json_string_at(config, "Type", NULL);

	*info = (struct log_info){
		.document = container->document,
		.options = json_object_get(config, "Config"),
	};
	return find(*type ? type : log_json_file.name);
}

static bool has_cache(const struct log_driver *driver, const struct log_info *info)
{
	bool disabled = false;

	error_free(log_info_flag(info, "cache-disabled", false, &disabled)); /* checked at create */
	return driver->writer && !driver->form && !disabled;
}

static void order_buffer(const struct log_info *info, struct buffer *orders)
{
	const char *text = log_info_option(info, "max-buffer-size");
	int64_t size = BUFFER_SIZE;

	if (strcmp(log_info_option(info, "mode"), "non-blocking") != 0)
		return;
	if (*text)
		error_free(size_parse(text, &size)); /* checked at create */
	log_orders_add_number(orders, "buffer", size > 0 ? size : BUFFER_SIZE);
}

static fallible make_orders(const struct log_driver *driver, const struct log_info *info,
			    struct buffer *orders)
{
	log_orders_add(orders, "driver", driver->writer->name);
	TRY(driver->order(info, orders));
	order_buffer(info, orders);
	return has_cache(driver, info) ? order_cache(info, orders) : NULL;
}

fallible log_driver_orders(const struct container *container, struct buffer *orders)
{
	struct log_info info;
	const struct log_driver *driver = driver_of(container, &info);

	if (!driver)
		return error_new(ERROR_INVALID, "failed to initialize logging driver: there is no "
						"such driver in this mini-docker");
	if (!driver->writer)
		return NULL;
	return error_wrap(make_orders(driver, &info, orders),
			  "failed to initialize logging driver");
}

fallible log_driver_reading(const struct container *container, const struct log_form **form,
			    char **name)
{
	struct log_info info;
	const struct log_driver *driver = driver_of(container, &info);

	if (driver && driver->form) {
		*form = driver->form;
		*name = strstr(driver->file, "%s")
				? format("%s%s", container->id, driver->file + strlen("%s"))
				: duplicate(driver->file);
		return NULL;
	}
	if (!driver || !has_cache(driver, &info))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "configured logging driver does not support reading");
	*form = &log_form_local;
	*name = duplicate(CACHE_FILE);
	return NULL;
}
