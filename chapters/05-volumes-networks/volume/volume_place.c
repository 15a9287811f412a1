#include "volume_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"
#include "explain.h"
#include "json.h"
#include "kernel_call.h"
#include "log.h"
#include "memory.h"
#include "spec_mount_option.h"

char *volume_place(const struct engine *engine, const char *name)
{
	return format("%s/volumes/%s/_data", engine->options.data_root, name);
}

static const char *option(const json_t *options, const char *key)
{
	return json_string_at(options, key, NULL);
}

static bool is_known(const char *key)
{
	static const char *const known[] = {"type", "device", "o", "size"};

	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	return false;
}

fallible volume_place_check(const char *name, const json_t *options)
{
	static const char *const needed[] = {"type", "device"};
	const char *key;
	const json_t *value;

	json_object_foreach ((json_t *)options, key, value)
		if (!is_known(key))
			return error_new(ERROR_INVALID, "create %s: invalid option: \"%s\"", name,
					 key);
	if (*option(options, "size"))
		return error_new(ERROR_INVALID,
				 "create %s: quota size requested but no quota support", name);
	for (size_t i = 0; json_object_size(options) && i < countof(needed); i++)
		if (!*option(options, needed[i]))
			return error_new(ERROR_INVALID,
					 "create %s: missing required option: \"%s\"", name,
					 needed[i]);
	return NULL;
}

/* ---- mounting ---- */

static bool is_mounted(const char *place)
{
	struct statx about;

	return statx(AT_FDCWD, place, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &about) == 0 &&
	       about.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* "rw,size=1m" as the list that a mount of config.json has. */
static json_t *words_of(const char *text)
{
	json_t *words = json_array();

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ",");

		if (length)
			json_array_append_new(words, json_text_value(at, length));
		at += length + (at[length] == ',');
	}
	return words;
}

static fallible mount_it(const char *name, const json_t *options, const char *place)
{
	uint64_t began = explain_clock();
	const char *type = option(options, "type"), *device = option(options, "device");
	autojson *row = json_pack("{s:o}", "options", words_of(option(options, "o")));
	automount given = {0};

	TRY(spec_read_mount_options(row, &given));
	if (kernel_mount(device, place, type, given.set,
			 given.data.length ? given.data.data : NULL))
		return error_system("error while mounting volume '%s': failed to mount local "
				    "volume: mount %s:%s, data: %s",
				    name, device, place, option(options, "o"));
	explain(began, "5.1", "a volume that is a file system", "mount(\"%s\", \"%s\", \"%s\")",
		device, place, type);
	return NULL;
}

fallible volume_place_mount(const struct engine *engine, const json_t *volume)
{
	const json_t *options = json_object_get(volume, "Options");
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *place = volume_place(engine, name);

	if (!json_object_size(options) || is_mounted(place))
		return NULL;
	return mount_it(name, options, place);
}

void volume_place_unmount(const struct engine *engine, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *place = volume_place(engine, name);

	if (!json_object_size(json_object_get(volume, "Options")) || !is_mounted(place))
		return;
	if (kernel_umount(place, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		log_warn("the volume %s stays mounted: %s", name, strerror(errno));
}
