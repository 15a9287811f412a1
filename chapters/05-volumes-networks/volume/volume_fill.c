#include "volume_fill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "engine.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "mount_point.h"
#include "volume.h"
#include "volume_copy.h"
#include "volume_driver.h"
#include "volume_hold.h"
#include "volume_local.h"
#include "volume_turn.h"

/* ---- one folder ---- */

/* Whether anything is in it; with `remove` it goes. */
static fallible sweep(const char *place, bool remove, bool *found)
{
	DIR *folder = opendir(place);
	const struct dirent *entry;

	*found = false;
	if (!folder)
		return error_system("cannot look into the volume at '%s'", place);
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*found = true;
		if (remove)
			log_dropped(LOG_LEVEL_WARN, tree_remove(dirfd(folder), entry->d_name),
				    "a part of an image stays in a volume");
	}
	closedir(folder);
	return NULL;
}

/* The mark is a file beside the folder of a volume whose files are ours. */
static char *mark_of(const json_t *volume)
{
	return volume_driver_is_local(volume)
		       ? format("volumes/%s/filling", json_string_at(volume, "Name", NULL))
		       : NULL;
}

static fallible set_mark(const struct engine *engine, const char *mark)
{
	autoclose int fd = -1;

	if (!mark)
		return NULL;
	fd = openat(engine->data_root, mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_system("cannot create '%s'", mark) : NULL;
}

static fallible copy_whole(struct engine *engine, struct container *container, const char *target,
			   const char *place, const char *mark, int *tree)
{
	bool found;

	TRY(sweep(place, false, &found));
	if (found)
		return NULL;
	TRY(set_mark(engine, mark));
	struct error *e = volume_copy_up(container, target, place, tree);
	if (e)
		error_free(sweep(place, true, &found));
	if (mark)
		unlinkat(engine->data_root, mark, 0);
	return e;
}

/* ---- filling ---- */

/* A file system is there for the copy; it goes again, as nobody runs on it yet. */
static fallible fill(struct engine *engine, struct container *container, const char *target,
		     const json_t *volume, int *tree)
{
	const struct volume_driver *driver = volume_driver_of(volume);
	auto_volume_files files = VOLUME_NO_FILES;
	struct error *e = driver->use(engine, volume, container->id, &files);
	autofree char *mark = mark_of(volume);
	autofree char *place =
		files.fd < 0 ? duplicate(files.path) : format("/proc/self/fd/%d", files.fd);

	if (!e)
		e = error_wrap(copy_whole(engine, container, target, place, mark, tree),
			       "cannot copy the image's '%s' into the volume '%s'", target,
			       json_string_at(volume, "Name", NULL));
	driver->rest(engine, volume, container->id);
	return e;
}

fallible volume_fill(struct engine *engine, struct container *container,
		     const struct mount_point *point, const json_t *volume, int *tree)
{
	const char *name = json_string_at(volume, "Name", NULL);

	if (point->no_copy || *point->subpath)
		return NULL;
	volume_turn_take(name);
	struct error *e = fill(engine, container, point->target, volume, tree);
	volume_turn_give(name);
	return e;
}

/* ---- the daemon begins ---- */

static fallible begin_anew(struct engine *engine, const char *name)
{
	autojson *users = volume_hold_users(name), *volume = NULL;

	TRY(volume_find(engine, name, &volume));
	if (json_array_size(users)) {
		log_warn("the volume %s has a part only of what its image has: a daemon ended "
			 "while it was filled, and containers have it",
			 name);
		return NULL;
	}
	log_warn("the volume %s begins anew: a daemon ended while it was filled", name);
	return volume_local_renew(engine, volume);
}

static fallible recover_one(struct engine *engine, const char *name)
{
	autofree char *mark = format("volumes/%s/filling", name);

	if (faccessat(engine->data_root, mark, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	TRY(begin_anew(engine, name));
	if (unlinkat(engine->data_root, mark, 0) < 0 && errno != ENOENT)
		return error_system("cannot remove '%s'", mark);
	return NULL;
}

fallible volume_fill_recover(struct engine *engine)
{
	return volume_local_each(engine, recover_one);
}
