#include "manifest_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

#define RECORD_LIMIT (16 << 20)

static char *file_name(const char *name)
{
	char *result = duplicate(name);

	for (char *at = result; *at; at++)
		if (*at == ':' || *at == '/')
			*at = *at == ':' ? '-' : '_';
	return result;
}

static char *folder_of(const struct manifest_store *store)
{
	autofree char *list = file_name(store->list);

	return format("%s/manifests/%s", store->config, list);
}

static fallible not_there(const char *name)
{
	return error_new(ERROR_NOT_FOUND, "No such manifest: %s", name);
}

static fallible open_list(const struct manifest_store *store, int *fd)
{
	autofree char *folder = folder_of(store);

	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0)
		return NULL;
	return errno == ENOENT ? not_there(store->list) : error_system("open %s", folder);
}

bool manifest_store_exists(const struct manifest_store *store)
{
	autofree char *folder = folder_of(store);

	return access(folder, F_OK) == 0;
}

fallible manifest_store_get(const struct manifest_store *store, const char *name, json_t **record)
{
	autofree char *file = file_name(name);
	autoclose int fd = -1;
	autoerror none = open_list(store, &fd);

	if (none)
		return none->class == ERROR_NOT_FOUND ? not_there(name) : steal(&none);
	if (faccessat(fd, file, F_OK, 0) < 0 && errno == ENOENT)
		return not_there(name);
	return json_read(fd, file, RECORD_LIMIT, record);
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static fallible read_files(int fd, struct dirent **files, int count, json_t *records)
{
	for (int i = 0; i < count; i++) {
		json_t *record;

		TRY(json_read(fd, files[i]->d_name, RECORD_LIMIT, &record));
		json_array_append_new(records, record);
	}
	return NULL;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

fallible manifest_store_all(const struct manifest_store *store, json_t **records)
{
	autojson *all = json_array();
	struct dirent **files;
	autoclose int fd = -1;

	TRY(open_list(store, &fd));
	int count = scandirat(fd, ".", &files, is_file, by_bytes);
	if (count < 0)
		return error_system("cannot read the folder of %s", store->list);
	struct error *e = read_files(fd, files, count, all);
	while (count-- > 0)
		free(files[count]);
	free(files);
	*records = e ? NULL : steal(&all);
	return e;
}

/* "a/b/c" and what is missing of the way there. */
static fallible make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		int result = mkdir(path, 0755);
		*at = '/';
		if (result < 0 && errno != EEXIST)
			return error_system("cannot make the folders of %s", path);
	}
	return NULL;
}

fallible manifest_store_put(const struct manifest_store *store, const char *name,
			    const json_t *record)
{
	autofree char *folder = folder_of(store), *file = file_name(name);
	autofree char *path = format("%s/", folder);
	autobuffer text = {0};
	autoclose int fd = -1;

	TRY(make_folders(path));
	TRY(open_list(store, &fd));
	json_append(&text, record);
	return file_write_atomic(fd, file, text.data, text.length, 0644, NOT_DURABLE);
}

fallible manifest_store_remove(const struct manifest_store *store)
{
	autofree char *folder = folder_of(store);

	if (!manifest_store_exists(store))
		return not_there(store->list);
	return tree_remove(AT_FDCWD, folder);
}
