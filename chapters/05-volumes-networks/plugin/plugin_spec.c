#include "plugin_spec.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT (64 * 1024)

static const char *const socket_folders[] = {"/run/docker/plugins", NULL};
static const char *const file_folders[] = {"/etc/docker/plugins", "/usr/lib/docker/plugins", NULL};
const struct plugin_folders plugin_folders = {socket_folders, file_folders};

void plugin_spec_finish(struct plugin_spec *spec)
{
	http_address_finish(&spec->address);
	free(spec->ca);
	free(spec->certificate);
	free(spec->key);
	*spec = (struct plugin_spec){.address = {.fd = -1}};
}

/* ---- addresses ---- */

/* "host", "host:port", "[::1]:port", all with or without a path, which nobody asks for. */
static char *with_port(const char *rest, int port)
{
	autofree char *authority = duplicate_range(rest, strcspn(rest, "/"));
	const char *bracket = strrchr(authority, ']');
	bool has_port = strchr(bracket ? bracket : authority, ':');

	return has_port ? format("tcp://%s", authority) : format("tcp://%s:%d", authority, port);
}

fallible plugin_spec_read(const char *address, struct plugin_spec *spec)
{
	static const struct {
		const char *scheme;
		int port;
		bool tls;
	} forms[] = {{"http://", 80, false}, {"https://", 443, true}};

	*spec = (struct plugin_spec){.address = {.fd = -1}};
	for (size_t i = 0; i < countof(forms); i++)
		if (text_has_prefix(address, forms[i].scheme)) {
			autofree char *plain =
				with_port(address + strlen(forms[i].scheme), forms[i].port);

			spec->tls = spec->verify = forms[i].tls;
			return http_address_parse(plain, spec->tls, &spec->address);
		}
	if (!text_has_prefix(address, "unix://") && !text_has_prefix(address, "tcp://"))
		return error_new(ERROR_INVALID,
				 "invalid address '%s': use unix://PATH, tcp://HOST:PORT, "
				 "http://HOST:PORT or https://HOST:PORT",
				 address);
	return http_address_parse(address, false, &spec->address);
}

/* ---- the forms of files ---- */

static fallible read_socket(const char *path, struct plugin_spec *spec)
{
	autofree char *address = format("unix://%s", path);

	return plugin_spec_read(address, spec);
}

static fallible read_line(const char *path, struct plugin_spec *spec)
{
	autobuffer text = {0};

	TRY(file_read(AT_FDCWD, path, FILE_LIMIT, &text));
	buffer_append(&text, "", 0);
	char *start = text.data + strspn(text.data, " \t\r\n"), *end = start + strlen(start);
	while (end > start && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return plugin_spec_read(start, spec);
}

static char *given(const json_t *tls, const char *key)
{
	const char *text = json_string_at(tls, key, NULL);

	return *text ? duplicate(text) : NULL;
}

static fallible read_json(const char *path, struct plugin_spec *spec)
{
	autojson *file = NULL;
	json_t *tls;

	TRY(json_read(AT_FDCWD, path, FILE_LIMIT, &file));
	TRY(json_get_object(file, "TLSConfig", &tls));
	TRY(plugin_spec_read(json_string_at(file, "Addr", NULL), spec));
	if (tls && !spec->tls)
		return error_new(ERROR_INVALID,
				 "there is a TLSConfig, but the address '%s' means a connection "
				 "in clear: write https://HOST:PORT",
				 json_string_at(file, "Addr", NULL));
	spec->ca = given(tls, "CAFile");
	spec->certificate = given(tls, "CertFile");
	spec->key = given(tls, "KeyFile");
	spec->verify =
		!tls || (spec->ca && !json_is_true(json_object_get(tls, "InsecureSkipVerify")));
	return NULL;
}

/* ---- the folders ---- */

struct form {
	const char *suffix;
	fallible (*read)(const char *path, struct plugin_spec *spec);
};

static const struct form socket_forms[] = {{".sock", read_socket}, {0}};
static const struct form file_forms[] = {{".spec", read_line}, {".json", read_json}, {0}};

static bool is_there(const char *path, const struct form *form)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	       (form->read == read_socket ? S_ISSOCK(st.st_mode) : S_ISREG(st.st_mode));
}

/* Where it is in this form in this folder; NULL: nowhere. */
static char *path_of(const char *folder, const char *name, const struct form *form)
{
	autofree char *direct = format("%s/%s%s", folder, name, form->suffix);
	autofree char *own = format("%s/%s/%s%s", folder, name, name, form->suffix);

	if (is_there(direct, form))
		return steal(&direct);
	return is_there(own, form) ? steal(&own) : NULL;
}

static fallible read_at(const char *path, const struct form *form, struct plugin_spec *spec)
{
	uint64_t began = explain_clock();
	struct error *e = form->read(path, spec);

	if (e) {
		plugin_spec_finish(spec);
		return error_wrap(e, "the plugin's file '%s' is no use", path);
	}
	explain(began, "5.11", "a name is a file: who asks for a plugin needs no list of them",
		"stat(\"%s\"): %s", path, spec->address.text);
	return NULL;
}

static fallible look_in(const char *const *folders, const struct form *forms, const char *name,
			bool *found, struct plugin_spec *spec)
{
	for (; *folders; folders++)
		for (const struct form *form = forms; form->suffix; form++) {
			autofree char *path = path_of(*folders, name, form);

			*found = path;
			if (path)
				return read_at(path, form, spec);
		}
	return NULL;
}

static bool is_safe(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

fallible plugin_spec_find(const struct plugin_folders *folders, const char *name,
			  struct plugin_spec *spec)
{
	bool found = false;

	*spec = (struct plugin_spec){.address = {.fd = -1}};
	if (is_safe(name))
		TRY(look_in(folders->sockets, socket_forms, name, &found, spec));
	if (is_safe(name) && !found)
		TRY(look_in(folders->files, file_forms, name, &found, spec));
	return found ? NULL : error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found", name);
}

/* ---- all of them ---- */

/* "x.sock", and "x" where there is x/x.sock. */
static void add_entry(const char *folder, const char *entry, const struct form *form, json_t *names)
{
	size_t length = strlen(entry) - (text_has_suffix(entry, form->suffix) &&
							 strlen(entry) > strlen(form->suffix)
						 ? strlen(form->suffix)
						 : 0);
	autofree char *name = duplicate_range(entry, length);
	autofree char *path = is_safe(name) ? path_of(folder, name, form) : NULL;

	if (path)
		json_object_set_new(names, name, json_null());
}

static void add_folder(const char *folder, const struct form *forms, json_t *names)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		for (const struct form *form = forms; form->suffix; form++)
			add_entry(folder, entry->d_name, form, names);
	if (entries)
		closedir(entries);
}

json_t *plugin_spec_names(const struct plugin_folders *folders)
{
	autojson *names = json_object();

	for (const char *const *folder = folders->sockets; *folder; folder++)
		add_folder(*folder, socket_forms, names);
	for (const char *const *folder = folders->files; *folder; folder++)
		add_folder(*folder, file_forms, names);
	return json_sorted_keys(names);
}
