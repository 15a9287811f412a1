#include "context_store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "sha256.h"
#include "text.h"

#define FILE_LIMIT (1 << 20)

fallible context_name_check(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && (!i || !strchr("_.+-", name[i])))
			length = 0;
	autofree char *quoted = text_quoted(name);
	if (length < 2)
		return error_new(ERROR_INVALID,
				 "context name %s is invalid, names are validated against "
				 "regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"",
				 quoted);
	return NULL;
}

static char *path_of(const char *folder, const char *kind, const char *name)
{
	char hex[65];

	sha256_hex(name, strlen(name), hex);
	return format("%s/contexts/%s/%s", folder, kind, hex);
}

char *context_store_meta(const char *folder, const char *name)
{
	return path_of(folder, "meta", name);
}

char *context_store_tls(const char *folder, const char *name)
{
	return path_of(folder, "tls", name);
}

/* -- meta.json -- */

fallible context_store_read(const char *folder, const char *name, json_t **meta)
{
	autofree char *place = context_store_meta(folder, name);
	autofree char *path = format("%s/meta.json", place);

	autofree char *quoted = text_quoted(name);
	if (access(path, F_OK) < 0)
		return error_errno(ERROR_NOT_FOUND, errno, "context %s: context not found: open %s",
				   quoted, path);
	return error_wrap(json_read(AT_FDCWD, path, FILE_LIMIT, meta), "context %s", quoted);
}

bool context_store_has(const char *folder, const char *name)
{
	autojson *meta = NULL;
	autoerror e = context_store_read(folder, name, &meta);

	return !e;
}

fallible context_store_check_new(const char *folder, const char *name)
{
	if (strcmp(name, CONTEXT_DEFAULT) == 0)
		return error_new(ERROR_INVALID, "\"default\" is a reserved context name");
	TRY(context_name_check(name));
	return context_store_has(folder, name)
		       ? error_new(ERROR_CONFLICT, "context \"%s\" already exists", name)
		       : NULL;
}

static fallible write_file(const char *folder, mode_t folder_mode, const char *name,
			   const void *bytes, size_t length, mode_t mode)
{
	autoclose int fd = -1;

	TRY(directory_create(AT_FDCWD, folder, folder_mode, &fd));
	return file_write_atomic(fd, name, bytes, length, mode, NOT_DURABLE);
}

fallible context_store_write(const char *folder, const char *name, const json_t *meta)
{
	autofree char *place = context_store_meta(folder, name);
	autofree char *text = json_text(meta);

	return write_file(place, 0755, "meta.json", text, strlen(text), 0644);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(json_string_at(*(json_t *const *)a, "Name", NULL),
		      json_string_at(*(json_t *const *)b, "Name", NULL));
}

void context_store_sort(json_t *list)
{
	size_t count = json_array_size(list);
	autofree json_t **items = allocate((count + 1) * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = json_incref(json_array_get(list, i));
	qsort(items, count, sizeof(*items), by_name);
	json_array_clear(list);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, items[i]);
}

fallible context_store_list(const char *folder, json_t **list)
{
	autofree char *place = format("%s/contexts/meta", folder);
	autojson *found = json_array();
	DIR *dir = opendir(place);
	struct error *e = NULL;

	for (struct dirent *entry; !e && dir && (entry = readdir(dir));) {
		autofree char *path = format("%s/%s/meta.json", place, entry->d_name);
		json_t *meta = NULL;

		if (entry->d_name[0] == '.' || access(path, F_OK) < 0)
			continue;
		e = json_read(AT_FDCWD, path, FILE_LIMIT, &meta);
		if (!e)
			json_array_append_new(found, meta);
	}
	if (dir)
		closedir(dir);
	if (e)
		return e;
	context_store_sort(found);
	*list = steal(&found);
	return NULL;
}

fallible context_store_remove(const char *folder, const char *name)
{
	autofree char *meta = context_store_meta(folder, name);

	if (access(meta, F_OK) < 0)
		return error_new(ERROR_NOT_FOUND, "context \"%s\" does not exist", name);
	TRY(context_store_forget_keys(folder, name));
	return tree_remove(AT_FDCWD, meta);
}

/* -- keys -- */

char *context_store_tls_file(const char *folder, const char *name, const char *file)
{
	autofree char *place = context_store_tls(folder, name);
	autofree char *path = format("%s/docker/%s", place, file);

	return access(path, F_OK) < 0 ? NULL : steal(&path);
}

fallible context_store_forget_keys(const char *folder, const char *name)
{
	autofree char *place = context_store_tls(folder, name);

	return tree_remove(AT_FDCWD, place);
}

fallible context_store_tls_write(const char *folder, const char *name, const char *file,
				 const void *bytes, size_t length)
{
	autofree char *place = context_store_tls(folder, name);
	autofree char *docker = format("%s/docker", place);

	return write_file(docker, 0700, file, bytes, length, 0600);
}

/* -- the chosen one -- */

static fallible read_config(const char *folder, json_t **config)
{
	autofree char *path = format("%s/config.json", folder);
	autoerror e = json_read(AT_FDCWD, path, FILE_LIMIT, config);

	if (!e)
		return NULL;
	if (e->errnum != ENOENT && e->errnum != ENOTDIR)
		return error_wrap(steal(&e), "cannot read the client's configuration");
	*config = json_object();
	return NULL;
}

fallible context_store_current(const char *folder, char **name)
{
	autojson *config = NULL;

	*name = NULL;
	TRY(read_config(folder, &config));
	const char *current = json_string_at(config, "currentContext", NULL);
	if (*current && strcmp(current, CONTEXT_DEFAULT) != 0)
		*name = duplicate(current);
	return NULL;
}

fallible context_store_choose(const char *folder, const char *name)
{
	autojson *config = NULL;

	TRY(read_config(folder, &config));
	if (name)
		json_object_set_new(config, "currentContext", json_string(name));
	else
		json_object_del(config, "currentContext");
	autofree char *text = json_dumps(config, JSON_INDENT(4));
	return write_file(folder, 0700, "config.json", text, strlen(text), 0600);
}
