#include "volume_local.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "project_quota.h"
#include "remap.h"
#include "trash.h"
#include "volume.h"
#include "volume_driver.h"
#include "volume_place.h"

static bool is_name_byte(char c, bool first)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

	return letter || (!first && c && strchr("_.-", c));
}

fallible volume_local_check_name(const char *name)
{
	size_t length = 0;

	if (strlen(name) == 1)
		return error_new(
			ERROR_INVALID,
			"create %s: volume name is too short, names should be at least two "
			"alphanumeric characters",
			name);
	while (is_name_byte(name[length], length == 0))
		length++;
	if (name[length])
		return error_new(ERROR_INVALID,
				 "create %s: \"%s\" includes invalid characters for a local volume "
				 "name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you "
				 "intended to pass a host directory, use absolute path",
				 name, name);
	return NULL;
}

/* A folder that was refused a limit would be a volume for the next daemon. It is empty, unless it
 * was there before. */
static fallible limit_place(struct engine *engine, int data, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *folder = format("volumes/%s", name), *files = format("%s/_data", folder);
	autoerror e = volume_place_limit(data, name, json_object_get(volume, "Options"));

	if (e && unlinkat(engine->data_root, files, AT_REMOVEDIR) == 0)
		unlinkat(engine->data_root, folder, AT_REMOVEDIR);
	return steal(&e);
}

static fallible make_place(struct engine *engine, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *folder = format("volumes/%s/_data", name);
	autoclose int volumes = -1, data = -1;

	TRY(directory_create(engine->data_root, "volumes", 0701, &volumes));
	TRY(directory_create(engine->data_root, folder, 0755, &data));
	if (engine->remap && fchown(data, engine->remap->users.uid, engine->remap->users.gid) < 0)
		return error_system("cannot give the volume '%s' to root of the containers", name);
	return limit_place(engine, data, volume);
}

static fallible create(struct engine *engine, json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *place = volume_place(engine, name);
	uint64_t began = explain_clock();

	TRY(volume_local_check_name(name));
	TRY(volume_place_check(engine->data_root, name, json_object_get(volume, "Options")));
	TRY(make_place(engine, volume));
	json_object_set_new(volume, "Mountpoint", json_string(place));
	explain(began, "5.1", "a folder that goes with nobody", "mkdir(\"volumes/%s/_data\")",
		name);
	return NULL;
}

static fallible remove_place(struct engine *engine, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *folder = format("volumes/%s", name), *files = format("%s/_data", folder);
	autoclose int data = -1;
	autoerror none = directory_open(engine->data_root, files, &data);

	if (!none)
		log_dropped(LOG_LEVEL_WARN, project_quota_clear(data),
			    "the limit of the volume %s stays", name);
	return trash_put(engine->trash, engine->data_root, folder);
}

fallible volume_local_renew(struct engine *engine, const json_t *volume)
{
	autofree char *files = format("volumes/%s/_data", json_string_at(volume, "Name", NULL));

	TRY(trash_put(engine->trash, engine->data_root, files));
	return make_place(engine, volume);
}

static fallible use(struct engine *engine, const json_t *volume, const char *container,
		    struct volume_files *files)
{
	TRY(volume_place_use(engine, volume, container));
	files->path = duplicate(json_string_at(volume, "Mountpoint", NULL));
	return NULL;
}

static void rest(struct engine *engine, const json_t *volume, const char *container)
{
	volume_place_rest(engine, volume, container);
}

const struct volume_driver volume_local_driver = {
	.create = create,
	.remove = remove_place,
	.record_first = true,
	.use = use,
	.rest = rest,
};

/* ---- folders without a record ---- */

static fallible visit_folder(struct engine *engine, const char *name, volume_local_visit *visit)
{
	autofree char *folder = format("volumes/%s/_data", name);
	autoerror unfit = volume_local_check_name(name);

	if (unfit || faccessat(engine->data_root, folder, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	return visit(engine, name);
}

fallible volume_local_each(struct engine *engine, volume_local_visit *visit)
{
	autoclose int fd = -1;
	const struct dirent *entry;
	struct error *e = NULL;

	TRY(directory_create(engine->data_root, "volumes", 0701, &fd));
	DIR *folder = fdopendir(fd);
	if (!folder)
		return error_system("cannot look through the volumes");
	fd = -1;
	while (!e && (entry = readdir(folder)))
		e = visit_folder(engine, entry->d_name, visit);
	closedir(folder);
	return e;
}
