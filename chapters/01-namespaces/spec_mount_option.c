#include "spec_mount_option.h"

#include <string.h>

#include "json.h"
#include "kernel_call.h"
#include "memory.h"
#include "spec.h"

/* Data is for the superblock, whose own flags the kernel takes by their names from any file
 * system. Ignored is what is the default anyway, and i_version: file systems keep it or do not. */
enum option_effect {
	OPTION_SET,
	OPTION_CLEAR,
	OPTION_PROPAGATE,
	OPTION_IDMAP,
	OPTION_COPY_UP,
	OPTION_DATA,
	OPTION_IGNORE,
};

/* Names of mount(8). With r before it, one of the last column is meant for the whole tree. What is
 * not here is for the file system to know: "size=1m". */
static const struct {
	const char *name;
	enum option_effect effect;
	unsigned long flags;
	bool of_tree;
} options[] = {
	{"async", OPTION_DATA, 0, false},
	{"atime", OPTION_CLEAR, MS_NOATIME, true},
	{"bind", OPTION_SET, MS_BIND, false},
	{"defaults", OPTION_IGNORE, 0, false},
	{"dev", OPTION_CLEAR, MS_NODEV, true},
	{"diratime", OPTION_CLEAR, MS_NODIRATIME, true},
	{"dirsync", OPTION_DATA, 0, false},
	{"exec", OPTION_CLEAR, MS_NOEXEC, true},
	{"idmap", OPTION_IDMAP, MS_BIND, false},
	{"iversion", OPTION_IGNORE, 0, false},
	{"lazytime", OPTION_DATA, 0, false},
	{"loud", OPTION_IGNORE, 0, false},
	{"mand", OPTION_DATA, 0, false},
	{"noatime", OPTION_SET, MS_NOATIME, true},
	{"nodev", OPTION_SET, MS_NODEV, true},
	{"nodiratime", OPTION_SET, MS_NODIRATIME, true},
	{"noexec", OPTION_SET, MS_NOEXEC, true},
	{"noiversion", OPTION_IGNORE, 0, false},
	{"nolazytime", OPTION_DATA, 0, false},
	{"nomand", OPTION_DATA, 0, false},
	{"norelatime", OPTION_CLEAR, MS_RELATIME, true},
	{"nostrictatime", OPTION_CLEAR, MS_STRICTATIME, true},
	{"nosuid", OPTION_SET, MS_NOSUID, true},
	{"nosymfollow", OPTION_SET, MS_NOSYMFOLLOW, true},
	{"private", OPTION_PROPAGATE, MS_PRIVATE, false},
	{"rbind", OPTION_SET, MS_BIND | MS_REC, false},
	{"relatime", OPTION_SET, MS_RELATIME, true},
	{"remount", OPTION_SET, MS_REMOUNT, false},
	{"ridmap", OPTION_IDMAP, MS_BIND | MS_REC, false},
	{"ro", OPTION_SET, MS_RDONLY, true},
	{"rprivate", OPTION_PROPAGATE, MS_PRIVATE | MS_REC, false},
	{"rshared", OPTION_PROPAGATE, MS_SHARED | MS_REC, false},
	{"rslave", OPTION_PROPAGATE, MS_SLAVE | MS_REC, false},
	{"runbindable", OPTION_PROPAGATE, MS_UNBINDABLE | MS_REC, false},
	{"rw", OPTION_CLEAR, MS_RDONLY, true},
	{"shared", OPTION_PROPAGATE, MS_SHARED, false},
	{"silent", OPTION_IGNORE, 0, false},
	{"slave", OPTION_PROPAGATE, MS_SLAVE, false},
	{"strictatime", OPTION_SET, MS_STRICTATIME, true},
	{"suid", OPTION_CLEAR, MS_NOSUID, true},
	{"symfollow", OPTION_CLEAR, MS_NOSYMFOLLOW, true},
	{"sync", OPTION_DATA, 0, false},
	{"tmpcopyup", OPTION_COPY_UP, 0, false},
	{"unbindable", OPTION_PROPAGATE, MS_UNBINDABLE, false},
};

json_t *spec_mount_option_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < countof(options); i++) {
		json_array_append_new(names, json_string(options[i].name));
		if (options[i].of_tree)
			json_array_append_new(names, json_sprintf("r%s", options[i].name));
	}
	return names;
}

static void apply(struct spec_mount *mount, enum option_effect effect, unsigned long flags,
		  bool tree)
{
	unsigned long *set = tree ? &mount->tree_set : &mount->set;
	unsigned long *clear = tree ? &mount->tree_clear : &mount->clear;
	uint32_t propagation = flags;

	switch (effect) {
	case OPTION_SET:
		*set |= flags;
		*clear &= ~flags;
		break;
	case OPTION_CLEAR:
		*set &= ~flags;
		*clear |= flags;
		break;
	case OPTION_PROPAGATE:
		buffer_append(&mount->propagations, &propagation, sizeof(propagation));
		break;
	case OPTION_IDMAP:
		mount->idmap = flags;
		break;
	case OPTION_COPY_UP:
		mount->copy_up = true;
		break;
	case OPTION_DATA:
	case OPTION_IGNORE:
		break;
	}
}

static void add_option(struct spec_mount *mount, const char *name)
{
	for (size_t i = 0; i < countof(options); i++) {
		bool whole = strcmp(options[i].name, name) == 0;
		bool tree = !whole && options[i].of_tree && *name == 'r' &&
			    strcmp(options[i].name, name + 1) == 0;

		if (!whole && !tree)
			continue;
		if (options[i].effect == OPTION_DATA)
			break;
		apply(mount, options[i].effect, options[i].flags, tree);
		return;
	}
	buffer_printf(&mount->data, "%s%s", mount->data.length ? "," : "", name);
}

fallible spec_read_mount_options(const json_t *row, struct spec_mount *mount)
{
	const json_t *option;
	json_t *list;
	size_t i;

	TRY(json_get_array(row, "options", &list));
	json_array_foreach (list, i, option) {
		if (!json_is_string(option))
			return error_new(ERROR_INVALID, "options[%zu] must be a string", i);
		add_option(mount, json_string_value(option));
	}
	return NULL;
}

void spec_mount_finish(struct spec_mount *mount)
{
	buffer_finish(&mount->propagations);
	buffer_finish(&mount->data);
}
