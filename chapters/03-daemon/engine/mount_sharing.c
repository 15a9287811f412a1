#include "mount_sharing.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define MOUNTINFO_LIMIT (64 << 20)

enum { FIELD_PLACE = 4, FIELD_OPTIONAL = 6 };

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:2 - ext3 /dev/root rw" */
static void read_row(const char *row, size_t length, struct mount_sharing *found)
{
	size_t field = 0;

	*found = (struct mount_sharing){0};
	for (const char *at = row; at < row + length; field++) {
		size_t word = strcspn(at, " \n");

		if (field >= FIELD_OPTIONAL && word == 1 && *at == '-')
			return;
		if (field == FIELD_PLACE)
			found->place = duplicate_range(at, word);
		if (field >= FIELD_OPTIONAL && text_has_prefix(at, "shared:"))
			found->shared = true;
		if (field >= FIELD_OPTIONAL && text_has_prefix(at, "master:"))
			found->slave = true;
		at += word + 1;
	}
}

bool mount_sharing_find(const char *mountinfo, uint64_t id, struct mount_sharing *found)
{
	for (const char *line = mountinfo; *line;) {
		size_t length = strcspn(line, "\n");

		if (strtoull(line, NULL, 10) == id) {
			read_row(line, length, found);
			return found->place != NULL;
		}
		line += length + (line[length] == '\n');
	}
	return false;
}

static bool id_of(const char *path, uint64_t *id)
{
	struct statx about;

	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_MNT_ID, &about) < 0)
		return false;
	*id = about.stx_mnt_id;
	return about.stx_mask & STATX_MNT_ID;
}

static fallible check(const char *source, bool shared)
{
	autobuffer text = {0};
	uint64_t id;
	struct mount_sharing mount;

	/* A source that is missing is told by who mounts it. */
	if (!id_of(source, &id))
		return NULL;
	TRY(file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text));
	if (!mount_sharing_find(text.data, id, &mount))
		return NULL;
	autofree char *place = mount.place;
	if (mount.shared || (mount.slave && !shared))
		return NULL;
	return error_new(ERROR_INVALID,
			 "path %s is mounted on %s but it is not a shared%s mount: 'mount "
			 "--make-shared %s' makes it one",
			 source, place, shared ? "" : " or slave", place);
}

fallible mount_sharing_want(json_t *spec, const char *source, const char *propagation)
{
	bool shared = strstr(propagation, "shared") != NULL;

	if (!shared && !strstr(propagation, "slave"))
		return NULL;
	TRY(check(source, shared));
	if (shared)
		json_object_set_new(json_object_get(spec, "linux"), "rootfsPropagation",
				    json_string("shared"));
	return NULL;
}
