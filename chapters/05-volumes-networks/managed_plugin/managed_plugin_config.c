#include "managed_plugin_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "members.h"
#include "memory.h"
#include "text.h"

/* ---- reading ---- */

static const struct member config_members[] = {
	{"Args", MEMBER_OBJECT, "{}"},
	{"Description", MEMBER_TEXT, "\"\""},
	{"DockerVersion", MEMBER_TEXT, NULL},
	{"Documentation", MEMBER_TEXT, "\"\""},
	{"Entrypoint", MEMBER_TEXTS, "null"},
	{"Env", MEMBER_ARRAY, "null"},
	{"Interface", MEMBER_OBJECT, "{}"},
	{"IpcHost", MEMBER_FLAG, "false"},
	{"Linux", MEMBER_OBJECT, "{}"},
	{"Mounts", MEMBER_ARRAY, "null"},
	{"Network", MEMBER_OBJECT, "{}"},
	{"PidHost", MEMBER_FLAG, "false"},
	{"PropagatedMount", MEMBER_TEXT, "\"\""},
	{"User", MEMBER_OBJECT, "{}"},
	{"WorkDir", MEMBER_TEXT, "\"\""},
	{"rootfs", MEMBER_OBJECT, NULL},
	{0},
};

static const struct member args_members[] = {
	{"Description", MEMBER_TEXT, "\"\""},
	{"Name", MEMBER_TEXT, "\"\""},
	{"Settable", MEMBER_TEXTS, "null"},
	{"Value", MEMBER_TEXTS, "null"},
	{0},
};

static const struct member env_members[] = {
	{"Description", MEMBER_TEXT, "\"\""},
	{"Name", MEMBER_TEXT, "\"\""},
	{"Settable", MEMBER_TEXTS, "null"},
	{"Value", MEMBER_TEXT, "null"},
	{0},
};

static const struct member interface_members[] = {
	{"ProtocolScheme", MEMBER_TEXT, NULL},
	{"Socket", MEMBER_TEXT, "\"\""},
	{"Types", MEMBER_TEXTS, "null"},
	{0},
};

static const struct member linux_members[] = {
	{"AllowAllDevices", MEMBER_FLAG, "false"},
	{"Capabilities", MEMBER_TEXTS, "null"},
	{"Devices", MEMBER_ARRAY, "null"},
	{0},
};

static const struct member device_members[] = {
	{"Description", MEMBER_TEXT, "\"\""},
	{"Name", MEMBER_TEXT, "\"\""},
	{"Path", MEMBER_TEXT, "null"},
	{"Settable", MEMBER_TEXTS, "null"},
	{0},
};

static const struct member mount_members[] = {
	{"Description", MEMBER_TEXT, "\"\""}, {"Destination", MEMBER_TEXT, "\"\""},
	{"Name", MEMBER_TEXT, "\"\""},        {"Options", MEMBER_TEXTS, "null"},
	{"Settable", MEMBER_TEXTS, "null"},   {"Source", MEMBER_TEXT, "null"},
	{"Type", MEMBER_TEXT, "\"\""},        {0},
};

static const struct member network_members[] = {{"Type", MEMBER_TEXT, "\"\""}, {0}};

static const struct member user_members[] = {
	{"GID", MEMBER_INTEGER, NULL},
	{"UID", MEMBER_INTEGER, NULL},
	{0},
};

/* Where in the config an object, or an array of objects, has a table of its own. */
static const struct part {
	const char *in, *name; /* in: NULL for the config itself */
	const struct member *members;
} parts[] = {
	{NULL, "Args", args_members},       {NULL, "Env", env_members},
	{NULL, "Mounts", mount_members},    {NULL, "Interface", interface_members},
	{NULL, "Network", network_members}, {NULL, "User", user_members},
	{NULL, "Linux", linux_members},     {"Linux", "Devices", device_members},
};

/* The members under the names of the table, whichever letters are capital. */
static json_t *respell(const json_t *object, const struct member *members)
{
	json_t *spelt = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)object, name, value)
		for (const struct member *m = members; m->name; m++)
			if (strcasecmp(m->name, name) == 0)
				json_object_set(spelt, m->name, value);
	return spelt;
}

static fallible read_object(const struct member *members, const json_t *from, const char *what,
			    json_t **out)
{
	if (!json_is_object(from))
		return error_new(ERROR_INVALID, "%s is not an object", what);
	autojson *spelt = respell(from, members);
	return members_read(members, spelt, what, out);
}

static fallible read_part(const struct part *part, json_t *owner)
{
	autofree char *what = format("the plugin's config: %s", part->name);
	json_t *value = json_object_get(owner, part->name), *item, *read;
	size_t i;

	if (json_is_object(value)) {
		TRY(read_object(part->members, value, what, &read));
		json_object_set_new(owner, part->name, read);
		return NULL;
	}
	json_array_foreach (value, i, item) {
		TRY(read_object(part->members, item, what, &read));
		json_array_set_new(value, i, read);
	}
	return NULL;
}

/* The socket's name is used in a folder of ours. */
static fallible check_socket(const json_t *config)
{
	const char *name = json_string_at(config, "Interface", "Socket", NULL);

	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_new(ERROR_INVALID,
				 "the plugin's config: Interface.Socket '%s' is not the name of a "
				 "file in /run/docker/plugins",
				 name);
	return NULL;
}

fallible managed_plugin_config_read(const json_t *document, json_t **out)
{
	autojson *whole = json_deep_copy(document), *config = NULL;

	TRY(read_object(config_members, whole, "the plugin's config", &config));
	for (size_t i = 0; i < countof(parts); i++)
		TRY(read_part(&parts[i],
			      parts[i].in ? json_object_get(config, parts[i].in) : config));
	TRY(check_socket(config));
	*out = steal(&config);
	return NULL;
}

/* ---- settings ---- */

static json_t *env_text(const char *name, const char *value)
{
	autofree char *text = format("%s=%s", name, value);

	return json_text_value(text, strlen(text));
}

/* [] where the config has none, as Docker shows it. */
static json_t *copy_list(const json_t *list)
{
	return json_is_array(list) ? json_deep_copy(list) : json_array();
}

json_t *managed_plugin_config_settings(const json_t *config)
{
	json_t *env = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(config, "Env"), i, one)
		if (json_is_string(json_object_get(one, "Value")))
			json_array_append_new(env, env_text(json_string_at(one, "Name", NULL),
							    json_string_at(one, "Value", NULL)));
	return json_pack("{s:o, s:o, s:o, s:o}", "Args",
			 copy_list(json_at(config, "Args", "Value", NULL)), "Devices",
			 copy_list(json_at(config, "Linux", "Devices", NULL)), "Env", env, "Mounts",
			 copy_list(json_object_get(config, "Mounts")));
}

/* ---- set ---- */

struct setting {
	char *name, *field; /* field: NULL when none is said */
	const char *value;
};
static void setting_finish(struct setting *setting)
{
	free(setting->name);
	free(setting->field);
}
#define autosetting __attribute__((cleanup(setting_finish))) struct setting

static fallible read_setting(const char *text, struct setting *setting)
{
	size_t length = strcspn(text, "=");

	if (length == 0)
		return error_new(ERROR_INVALID,
				 "invalid settable format: '%s', NAME=value is needed", text);
	setting->name = duplicate_range(text, length);
	setting->value = text[length] ? text + length + 1 : "";
	char *dot = strrchr(setting->name, '.');
	if (dot && dot != setting->name) {
		setting->field = duplicate(dot + 1);
		*dot = '\0';
	}
	return NULL;
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

/* Without a field the only one that may be set is meant. */
static fallible check_settable(const struct setting *setting, const json_t *described,
			       const char *field)
{
	const json_t *settable = json_object_get(described, "Settable");

	if (!setting->field && json_array_size(settable) > 1)
		return error_new(ERROR_INVALID,
				 "\"%s\" has several fields that can be set: say "
				 "which, %s.FIELD=value",
				 setting->name, setting->name);
	if (holds(settable, field) && (!setting->field || strcmp(setting->field, field) == 0))
		return NULL;
	return error_new(ERROR_INVALID, "\"%s%s%s\" is not settable", setting->name,
			 setting->field ? "." : "", setting->field ? setting->field : "");
}

static void set_env(json_t *settings, const struct setting *setting)
{
	json_t *env = json_object_get(settings, "Env"), *item;
	autofree char *begin = format("%s=", setting->name);
	size_t i;

	json_array_foreach (env, i, item)
		if (text_has_prefix(json_string_value(item), begin)) {
			json_array_set_new(env, i, env_text(setting->name, setting->value));
			return;
		}
	json_array_append_new(env, env_text(setting->name, setting->value));
}

static void set_args(json_t *settings, const struct setting *setting)
{
	json_t *args = json_array();

	for (const char *at = setting->value;; at++) {
		size_t length = strcspn(at, " ");

		json_array_append_new(args, json_text_value(at, length));
		at += length;
		if (!*at)
			break;
	}
	json_object_set_new(settings, "Args", args);
}

static json_t *find_named(json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(json_string_at(item, "Name", NULL), name) == 0)
			return item;
	return NULL;
}

/* Of mounts and devices the config shows the value, too. */
static void set_member(json_t *config_list, json_t *settings_list, const struct setting *setting,
		       const char *member)
{
	json_t *lists[] = {config_list, settings_list};

	for (size_t i = 0; i < countof(lists); i++)
		json_object_set_new(find_named(lists[i], setting->name), member,
				    json_text_value(setting->value, strlen(setting->value)));
}

static fallible set_one(json_t *config, json_t *settings, const struct setting *setting)
{
	json_t *devices = json_at(config, "Linux", "Devices", NULL);
	json_t *mounts = json_object_get(config, "Mounts"), *args = json_object_get(config, "Args");
	json_t *found;

	if ((found = find_named(json_object_get(config, "Env"), setting->name))) {
		TRY(check_settable(setting, found, "value"));
		set_env(settings, setting);
	} else if ((found = find_named(mounts, setting->name))) {
		TRY(check_settable(setting, found, "source"));
		set_member(mounts, json_object_get(settings, "Mounts"), setting, "Source");
	} else if ((found = find_named(devices, setting->name))) {
		TRY(check_settable(setting, found, "path"));
		set_member(devices, json_object_get(settings, "Devices"), setting, "Path");
	} else if (strcmp(json_string_at(args, "Name", NULL), setting->name) == 0) {
		TRY(check_settable(setting, args, "value"));
		set_args(settings, setting);
	} else {
		return error_new(ERROR_INVALID,
				 "setting \"%s\" not found in the plugin configuration",
				 setting->name);
	}
	return NULL;
}

fallible managed_plugin_config_set(json_t *config, json_t *settings, const json_t *changes)
{
	autojson *new_config = json_deep_copy(config), *new_settings = json_deep_copy(settings);
	const json_t *change;
	size_t i;

	json_array_foreach (changes, i, change) {
		autosetting setting = {0};

		if (!json_is_string(change))
			return error_new(ERROR_INVALID,
					 "what is to be set must be a list of texts");
		TRY(read_setting(json_string_value(change), &setting));
		TRY(set_one(new_config, new_settings, &setting));
	}
	json_object_update(config, new_config);
	json_object_update(settings, new_settings);
	return NULL;
}

/* ---- privileges ---- */

/* Takes `values`. */
static void want(json_t *privileges, const char *name, const char *description, json_t *values)
{
	json_array_append_new(privileges, json_pack("{s:s, s:s, s:o}", "Name", name, "Description",
						    description, "Value", values));
}

static void want_each(json_t *privileges, const char *name, const char *description,
		      const json_t *list, const char *member)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (json_is_string(json_object_get(one, member)))
			want(privileges, name, description,
			     json_pack("[O]", json_object_get(one, member)));
}

static void want_flag(json_t *privileges, const char *name, const char *description,
		      const json_t *flag)
{
	if (json_is_true(flag))
		want(privileges, name, description, json_pack("[s]", "true"));
}

static bool wants_network(const char *type)
{
	return *type && strcmp(type, "null") != 0 && strcmp(type, "bridge") != 0;
}

json_t *managed_plugin_config_privileges(const json_t *config)
{
	json_t *all = json_array(), *capabilities = json_at(config, "Linux", "Capabilities", NULL);
	const char *network = json_string_at(config, "Network", "Type", NULL);

	if (wants_network(network))
		want(all, "network", "permissions to access a network", json_pack("[s]", network));
	want_flag(all, "host ipc namespace", "allow access to host ipc namespace",
		  json_object_get(config, "IpcHost"));
	want_flag(all, "host pid namespace", "allow access to host pid namespace",
		  json_object_get(config, "PidHost"));
	want_each(all, "mount", "host path to mount", json_object_get(config, "Mounts"), "Source");
	want_each(all, "device", "host device to access", json_at(config, "Linux", "Devices", NULL),
		  "Path");
	want_flag(all, "allow-all-devices", "allow 'rwm' access to all devices",
		  json_at(config, "Linux", "AllowAllDevices", NULL));
	if (json_array_size(capabilities))
		want(all, "capabilities", "list of additional capabilities required",
		     json_incref(capabilities));
	return all;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each as one text, sorted: the order says nothing, the description neither. The caller frees. */
static char *text_of(const json_t *privileges)
{
	size_t count = json_array_size(privileges), i;
	char **texts = allocate((count + 1) * sizeof(char *)); /* NOLINT(bugprone-sizeof-*) */
	autobuffer all = {0};
	const json_t *one;

	json_array_foreach (privileges, i, one) {
		autofree char *values = json_text(json_object_get(one, "Value"));

		texts[i] = format("%s %s\n", json_string_at(one, "Name", NULL), values);
	}
	qsort(texts, count, sizeof(*texts), by_text);
	for (i = 0; i < count; i++) {
		buffer_append_string(&all, texts[i]);
		free(texts[i]);
	}
	free(texts);
	return duplicate(all.data ? all.data : "");
}

fallible managed_plugin_config_grant(const json_t *config, const json_t *granted)
{
	autojson *wanted = managed_plugin_config_privileges(config);
	autofree char *needs = text_of(wanted), *has = text_of(granted);

	if (strcmp(needs, has) == 0)
		return NULL;
	return error_new(ERROR_FORBIDDEN, "incorrect privileges");
}
