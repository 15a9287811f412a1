#include "plugin.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "plugin_spec.h"
#include "plugin_together.h"
#include "plugin_wire.h"
#include "text.h"

struct plugin {
	struct plugin *next;
	unsigned holders; /* the table is one */
	atomic_bool gone; /* not in the table any more */
	bool managed;
	char *name;
	struct plugin_spec spec;
	bool disabled;
	json_t *interfaces; /* strings; not changed any more */
	char *root, *shared, *shared_here;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct plugin *plugins;
static const struct plugin_folders *folders = &plugin_folders;

void plugin_look_in(const struct plugin_folders *given)
{
	folders = given;
}

/* ---- the table ---- */

static void destroy(struct plugin *plugin)
{
	free(plugin->name);
	plugin_spec_finish(&plugin->spec);
	json_decref(plugin->interfaces);
	free(plugin->root);
	free(plugin->shared);
	free(plugin->shared_here);
	free(plugin);
}

/* Locked. */
static void let_go(struct plugin *plugin)
{
	if (--plugin->holders == 0)
		destroy(plugin);
}

void plugin_release(struct plugin *plugin)
{
	if (!plugin)
		return;
	pthread_mutex_lock(&lock);
	let_go(plugin);
	pthread_mutex_unlock(&lock);
}

void plugin_release_cleanup(struct plugin **plugin)
{
	plugin_release(*plugin);
}

static bool is_named(const struct plugin *plugin, const char *name)
{
	size_t length = strlen(name);

	return strncmp(plugin->name, name, length) == 0 &&
	       (!plugin->name[length] || strcmp(plugin->name + length, ":latest") == 0);
}

/* Locked. */
static struct plugin *find(const char *name)
{
	struct plugin *plugin = plugins;

	while (plugin && !is_named(plugin, name))
		plugin = plugin->next;
	return plugin;
}

/* Locked. One that is not in it is fine. */
static void take_out(struct plugin *plugin)
{
	struct plugin **at = &plugins;

	while (*at && *at != plugin)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = plugin->next;
	plugin->gone = true;
	let_go(plugin);
}

static void forget(struct plugin *plugin)
{
	pthread_mutex_lock(&lock);
	take_out(plugin);
	pthread_mutex_unlock(&lock);
}

/* One that the caller holds from now on, or NULL. */
static struct plugin *hold(const char *name)
{
	pthread_mutex_lock(&lock);
	struct plugin *plugin = find(name);
	if (plugin)
		plugin->holders++;
	pthread_mutex_unlock(&lock);
	return plugin;
}

/* Two may have spoken to it for the first time at once: then the first one's is kept. The answer is
 * held by the caller. */
static struct plugin *enter(struct plugin *plugin)
{
	pthread_mutex_lock(&lock);
	struct plugin *kept = find(plugin->name);
	if (kept && strcmp(kept->name, plugin->name) == 0) {
		destroy(plugin);
	} else {
		kept = plugin;
		kept->holders = 1;
		kept->next = plugins;
		plugins = kept;
	}
	kept->holders++;
	pthread_mutex_unlock(&lock);
	return kept;
}

const char *plugin_name(const struct plugin *plugin)
{
	return plugin->name;
}

/* Where a path of the plugin's begins here; *rest: what follows. NULL: it has our files. */
static const char *base_of(const struct plugin *plugin, const char *path, const char **rest)
{
	size_t length = plugin->shared ? strlen(plugin->shared) : 0;
	bool shared = length && strncmp(path, plugin->shared, length) == 0 &&
		      (!path[length] || path[length] == '/');

	*rest = shared ? path + length : path;
	return shared ? plugin->shared_here : plugin->root;
}

char *plugin_path(const struct plugin *plugin, const char *path)
{
	const char *rest, *base = base_of(plugin, path, &rest);

	return format("%s%s", base ? base : "", rest);
}

fallible plugin_place(const struct plugin *plugin, const char *path, char **place, int *fd)
{
	const char *rest, *base = base_of(plugin, path, &rest);
	autoclose int root = -1;
	char link[64], found[PATH_MAX];

	*place = plugin_path(plugin, path);
	*fd = -1;
	if (!base)
		return NULL;
	TRY(directory_open(AT_FDCWD, base, &root));
	TRY(error_wrap(file_open_in_root(root, *rest ? rest : ".", O_PATH, 0, fd),
		       "plugin \"%s\" has no '%s'", plugin->name, path));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
	ssize_t length = readlink(link, found, sizeof(found) - 1);
	if (length < 0)
		return error_system("cannot find out where '%s' is", path);
	free(*place);
	*place = duplicate_range(found, (size_t)length);
	return NULL;
}

/* ---- patience ---- */

struct patience {
	int64_t end; /* milliseconds of CLOCK_MONOTONIC */
	int64_t pause;
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct patience patience_of(int seconds)
{
	return (struct patience){milliseconds() + seconds * 1000, 100};
}

/* Waits, each time longer; false: it has been long enough. */
static bool wait_more(struct patience *patience)
{
	const struct timespec pause = {patience->pause / 1000, patience->pause % 1000 * 1000000};

	if (milliseconds() + patience->pause > patience->end)
		return false;
	nanosleep(&pause, NULL);
	patience->pause *= 2;
	return true;
}

/* ---- calling ---- */

/* What is only asked is known at once; what is to be done, as making a disk somewhere, takes time.
 */
static int seconds_for(const char *method)
{
	static const char *const questions[] = {"Plugin.Activate",           "VolumeDriver.Get",
						"VolumeDriver.List",         "VolumeDriver.Path",
						"VolumeDriver.Capabilities", "AuthZPlugin.AuthZReq",
						"AuthZPlugin.AuthZRes"};

	for (size_t i = 0; i < countof(questions); i++)
		if (strcmp(questions[i], method) == 0)
			return 10;
	return 120;
}

static fallible refused(const char *method, const struct plugin_answer *answer)
{
	enum error_class class = answer->status == 404 ? ERROR_NOT_IMPLEMENTED : ERROR_SYSTEM;
	size_t length = answer->body.length;
	autojson *value = NULL;
	autoerror e = json_parse(answer->body.data, length, "the answer", &value);
	const char *words = e ? "" : json_string_at(value, "Err", NULL);

	if (*words)
		return error_new(class, "%s: %s", method, words);
	while (length && strchr("\r\n ", answer->body.data[length - 1]))
		length--;
	if (!length)
		return error_new(class, "%s: HTTP status %d", method, answer->status);
	return error_new(class, "%s: %.*s", method, length > 1000 ? 1000 : (int)length,
			 answer->body.data);
}

static fallible read_answer(const char *method, const struct plugin_answer *answer, json_t **out)
{
	autojson *value = NULL;
	const char *words;

	if (answer->status != 200)
		return refused(method, answer);
	TRY(json_parse(answer->body.data, answer->body.length, "what it answered", &value));
	if (!json_is_object(value))
		return error_new(ERROR_INVALID, "what it answered is no JSON object");
	TRY(json_get_string(value, "Err", "", &words));
	if (*words)
		return error_new(ERROR_SYSTEM, "%s", words);
	*out = steal(&value);
	return NULL;
}

static fallible ask(struct plugin *plugin, const char *method, const json_t *request,
		    struct patience patience, struct plugin_answer *answer)
{
	autofree char *body = request ? json_text(request) : NULL;
	struct error *e;
	bool connected;

	for (;;) {
		e = plugin_wire_ask(&plugin->spec, method, body, seconds_for(method), &connected,
				    answer);
		if (!e || connected || plugin->gone || !wait_more(&patience))
			break;
		log_debug("plugin %s: %s; trying again", plugin->name, e->message);
		error_free(e);
	}
	if (e && !connected && !plugin->managed)
		forget(plugin);
	return error_wrap(e, "%s: plugin \"%s\"", method, plugin->name);
}

static fallible call(struct plugin *plugin, const char *method, const json_t *request,
		     struct patience patience, json_t **answer)
{
	auto_plugin_answer said = {0};

	*answer = NULL;
	TRY(ask(plugin, method, request, patience, &said));
	struct error *e = read_answer(method, &said, answer);
	if (e && e->class == ERROR_INVALID)
		return error_wrap(e, "%s: plugin \"%s\"", method, plugin->name);
	return e;
}

fallible plugin_call(struct plugin *plugin, const char *method, const json_t *request,
		     json_t **answer)
{
	return call(plugin, method, request, patience_of(PLUGIN_PATIENCE), answer);
}

fallible plugin_call_now(struct plugin *plugin, const char *method, const json_t *request,
			 json_t **answer)
{
	return call(plugin, method, request, patience_of(0), answer);
}

/* ---- finding ---- */

static bool implements(const struct plugin *plugin, const char *interface)
{
	const json_t *name;
	size_t i;

	json_array_foreach (plugin->interfaces, i, name)
		if (strcasecmp(json_string_value(name), interface) == 0)
			return true;
	return false;
}

static void add_text(json_t *list, const char *text, size_t length)
{
	json_array_append_new(list, json_text_value(text, length));
}

/* Its first word to us: what it can do. */
static fallible activate(struct plugin *plugin, struct patience patience)
{
	auto_plugin_answer said = {0};
	autojson *answer = NULL;
	const json_t *name;
	json_t *list;
	size_t i;

	TRY(ask(plugin, "Plugin.Activate", NULL, patience, &said));
	TRY(error_wrap(read_answer("Plugin.Activate", &said, &answer), "plugin \"%s\"",
		       plugin->name));
	TRY(error_wrap(json_get_array(answer, "Implements", &list), "plugin \"%s\"", plugin->name));
	json_array_foreach (list, i, name)
		if (json_is_string(name))
			add_text(plugin->interfaces, json_string_value(name),
				 json_string_length(name));
	return NULL;
}

/* From the folders. */
static fallible look_up(const char *name, struct patience patience, struct plugin **out)
{
	struct plugin_spec spec;

	TRY(plugin_spec_find(folders, name, &spec));
	struct plugin *plugin = allocate(sizeof(*plugin));
	*plugin = (struct plugin){
		.name = duplicate(name), .spec = spec, .interfaces = json_array(), .holders = 1};
	struct error *e = activate(plugin, patience);
	if (e)
		destroy(plugin);
	else
		*out = enter(plugin);
	return e;
}

static fallible check(const struct plugin *plugin, const char *interface)
{
	if (plugin->disabled)
		return error_new(ERROR_CONFLICT, "plugin \"%s\" found but disabled", plugin->name);
	if (implements(plugin, interface))
		return NULL;
	return error_new(ERROR_INVALID,
			 "legacy plugin: plugin does not implement the requested driver: "
			 "plugin=\"%s\", requested implementation=\"%s\"",
			 plugin->name, interface);
}

/* waits: how long for one that is nowhere. */
static fallible get(const char *name, const char *interface, struct patience waits,
		    struct patience answers, struct plugin **out)
{
	autoplugin *plugin = hold(name);
	struct error *e = plugin ? NULL : look_up(name, answers, &plugin);

	while (e && e->class == ERROR_NOT_FOUND && wait_more(&waits)) {
		error_free(e);
		plugin = hold(name);
		e = plugin ? NULL : look_up(name, answers, &plugin);
	}
	*out = NULL;
	TRY(e);
	TRY(check(plugin, interface));
	*out = steal(&plugin);
	return NULL;
}

fallible plugin_get(const char *name, const char *interface, struct plugin **plugin)
{
	return get(name, interface, patience_of(0), patience_of(PLUGIN_PATIENCE), plugin);
}

fallible plugin_await(const char *name, const char *interface, struct plugin **plugin)
{
	return get(name, interface, patience_of(PLUGIN_PATIENCE), patience_of(PLUGIN_PATIENCE),
		   plugin);
}

fallible plugin_get_now(const char *name, const char *interface, struct plugin **plugin)
{
	return get(name, interface, patience_of(0), patience_of(0), plugin);
}

/* ---- all of them ---- */

json_t *plugin_names(const char *interface)
{
	autojson *names = json_object();

	pthread_mutex_lock(&lock);
	for (const struct plugin *plugin = plugins; plugin; plugin = plugin->next)
		if (!plugin->disabled && implements(plugin, interface))
			json_object_set_new(names, plugin->name, json_null());
	pthread_mutex_unlock(&lock);
	return json_sorted_keys(names);
}

struct search {
	const json_t *names;
	const char *interface;
};

static void look_for(void *context, size_t index)
{
	const struct search *search = context;
	const char *name = json_string_value(json_array_get(search->names, index));
	autoplugin *plugin = NULL;

	log_dropped(LOG_LEVEL_DEBUG, plugin_get_now(name, search->interface, &plugin),
		    "a plugin is left out");
}

json_t *plugin_find_all(const char *interface)
{
	autojson *found = plugin_spec_names(folders);
	struct search search = {found, interface};

	plugin_together(json_array_size(found), look_for, &search);
	return plugin_names(interface);
}

/* ---- managed ones ---- */

/* "docker.volumedriver/1.0" is volumedriver. */
static json_t *short_forms(const json_t *interfaces)
{
	json_t *names = json_array();
	const json_t *value;
	size_t i;

	json_array_foreach (interfaces, i, value) {
		const char *text = json_string_value(value) ? json_string_value(value) : "";
		const char *start = text_has_prefix(text, "docker.") ? text + 7 : text;

		add_text(names, start, strcspn(start, "/"));
	}
	return names;
}

void plugin_register(const struct plugin_registration *registration)
{
	struct plugin *plugin = allocate(sizeof(*plugin));

	*plugin = (struct plugin){
		.managed = true,
		.name = duplicate(registration->name),
		.spec = {.address = {.fd = -1}},
		.disabled = !registration->address,
		.interfaces = short_forms(registration->interfaces),
		.root = duplicate(registration->root),
		.shared = duplicate(registration->shared),
		.shared_here = duplicate(registration->shared_here),
	};
	if (registration->address)
		log_dropped(LOG_LEVEL_WARN, plugin_spec_read(registration->address, &plugin->spec),
			    "the plugin %s cannot be reached", plugin->name);
	plugin_unregister(plugin->name);
	plugin_release(enter(plugin));
}

void plugin_unregister(const char *name)
{
	pthread_mutex_lock(&lock);
	struct plugin *plugin = find(name);
	if (plugin && strcmp(plugin->name, name) == 0)
		take_out(plugin);
	pthread_mutex_unlock(&lock);
}
