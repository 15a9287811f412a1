#include "mount_members.h"

#include "json.h"
#include "members.h"
#include "memory.h"

static const struct member mount_table[] = {
	{"Type", MEMBER_TEXT, NULL},
	{"Source", MEMBER_TEXT, NULL},
	{"Target", MEMBER_TEXT, NULL},
	{"ReadOnly", MEMBER_FLAG, NULL},
	{"Consistency", MEMBER_TEXT, NULL},
	{"BindOptions", MEMBER_OBJECT, NULL},
	{"VolumeOptions", MEMBER_OBJECT, NULL},
	{"ImageOptions", MEMBER_OBJECT, NULL},
	{"TmpfsOptions", MEMBER_OBJECT, NULL},
	{0},
};
static const struct member bind_table[] = {
	{"Propagation", MEMBER_TEXT, NULL},
	{"NonRecursive", MEMBER_FLAG, NULL},
	{"CreateMountpoint", MEMBER_FLAG, NULL},
	{"ReadOnlyNonRecursive", MEMBER_FLAG, NULL},
	{"ReadOnlyForceRecursive", MEMBER_FLAG, NULL},
	{0},
};
static const struct member volume_table[] = {
	{"NoCopy", MEMBER_FLAG, NULL},
	{"Labels", MEMBER_TEXT_MAP, NULL},
	{"DriverConfig", MEMBER_OBJECT, NULL},
	{"Subpath", MEMBER_TEXT, NULL},
	{0},
};
static const struct member driver_table[] = {
	{"Name", MEMBER_TEXT, NULL},
	{"Options", MEMBER_TEXT_MAP, NULL},
	{0},
};
static const struct member image_table[] = {{"Subpath", MEMBER_TEXT, NULL}, {0}};
static const struct member tmpfs_table[] = {
	{"SizeBytes", MEMBER_INTEGER, NULL},
	{"Mode", MEMBER_INTEGER, NULL},
	{"Options", MEMBER_ARRAY, NULL},
	{0},
};

/* An object after the one that it is a member of. */
static const struct {
	const char *of, *name;
	const struct member *table;
} parts[] = {
	{NULL, "BindOptions", bind_table},
	{NULL, "VolumeOptions", volume_table},
	{"VolumeOptions", "DriverConfig", driver_table},
	{NULL, "ImageOptions", image_table},
	{NULL, "TmpfsOptions", tmpfs_table},
};

static fallible check(const struct member *table, const json_t *from, const char *what)
{
	autojson *unused = NULL;

	return members_read(table, from, what, &unused);
}

/* [["noexec"], ["uid", "1000"]] */
static fallible check_tmpfs_options(const json_t *mount)
{
	static const struct member texts[] = {{"Options", MEMBER_TEXTS, NULL}, {0}};
	const json_t *row;
	size_t i;

	json_array_foreach (json_at(mount, "TmpfsOptions", "Options", NULL), i, row) {
		autojson *object = json_pack("{s:O}", "Options", row);

		TRY(check(texts, object, "TmpfsOptions"));
	}
	return NULL;
}

fallible mount_members_check(const json_t *mount)
{
	TRY(check(mount_table, mount, "Mounts"));
	for (size_t i = 0; i < countof(parts); i++) {
		const json_t *whole = parts[i].of ? json_object_get(mount, parts[i].of) : mount;

		TRY(check(parts[i].table, json_object_get(whole, parts[i].name), parts[i].name));
	}
	return check_tmpfs_options(mount);
}
