#include "engine_records.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "store.h"
#include "text.h"
#include "trash.h"

static bool is_id(const char *text)
{
	return strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdef") == ID_LENGTH;
}

struct loading {
	struct engine *engine;
	const struct engine_records *records;
};

static fallible load_one(const struct loading *loading, const char *key, const char *value)
{
	autojson *document = NULL;

	TRY(json_parse(value, strlen(value), "its document", &document));
	if (!is_id(key) || strcmp(json_string_at(document, "Id", NULL), key) != 0)
		return error_new(ERROR_CORRUPT, "its document is not that of a %s",
				 loading->records->noun);
	return loading->records->enter(loading->engine, key, steal(&document));
}

/* One that cannot be read must not keep the others away. */
static fallible load(void *context, const char *key, const char *value)
{
	const struct loading *loading = context;

	log_dropped(LOG_LEVEL_ERROR, load_one(loading, key, value), "%s %.12s is left aside",
		    loading->records->noun, key);
	return NULL;
}

fallible engine_records_load(struct engine *engine, const struct engine_records *records)
{
	struct loading loading = {engine, records};

	return store_each(engine->store, records->kind, load, &loading);
}

static bool has_document(const struct engine *engine, const char *kind, const char *id)
{
	autofree char *value = NULL;
	autoerror e = store_get(engine->store, kind, id, &value);

	return !e || e->class != ERROR_NOT_FOUND;
}

static void drop(struct engine *engine, const struct engine_records *records, int folder,
		 const char *id)
{
	if (records->orphan)
		records->orphan(engine, id);
	log_dropped(LOG_LEVEL_WARN, trash_put(engine->trash, folder, id),
		    "the folder of no %s stays", records->noun);
}

fallible engine_records_drop_orphans(struct engine *engine, const struct engine_records *records)
{
	int fd = openat(engine->data_root, records->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		close_fd(&fd);
		return error_system("cannot list the folders of %ss", records->noun);
	}
	for (struct dirent *entry; (entry = readdir(folder));)
		if (is_id(entry->d_name) && !has_document(engine, records->kind, entry->d_name))
			drop(engine, records, fd, entry->d_name);
	closedir(folder);
	return NULL;
}
