#include "unpack_attributes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "memory.h"
#include "text.h"

/* There is no setxattrat(2) in the kernels we support: the folder's descriptor is a path, too. */
static int set_xattr(const struct unpack_place *place, const char *name, const void *value,
		     size_t size)
{
	if (place->fd >= 0)
		return fsetxattr(place->fd, name, value, size, 0);
	autofree char *path = format("/proc/self/fd/%d/%s", place->parent, place->name);
	return lsetxattr(path, name, value, size, 0);
}

/* To overlayfs these are orders; from an archive they are nobody's. */
static bool is_overlay_xattr(const char *name)
{
	return text_has_prefix(name, "trusted.overlay.") || text_has_prefix(name, "user.overlay.");
}

static fallible apply_xattr(const struct unpack_place *place, const char *name, const void *value,
			    size_t size)
{
	if (is_overlay_xattr(name) || set_xattr(place, name, value, size) == 0)
		return NULL;
	if (errno == ENOTSUP || (errno == EPERM && text_has_prefix(name, "user.")))
		return NULL; /* not on this filesystem, not on this kind of file: as Docker does */
	return error_system("cannot set the extended attribute '%s' of '%s'", name, place->path);
}

static fallible apply_xattrs(const struct unpack_place *place, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		TRY(apply_xattr(place, name, value, size));
	return NULL;
}

fallible unpack_attributes_owner(const struct unpack_place *place, uid_t uid, gid_t gid)
{
	int result = place->fd >= 0
			     ? fchown(place->fd, uid, gid)
			     : fchownat(place->parent, place->name, uid, gid, AT_SYMLINK_NOFOLLOW);

	if (result < 0)
		return error_system("cannot give '%s' to user %u and group %u (unpacking needs "
				    "root)",
				    place->path, uid, gid);
	return NULL;
}

struct timespec unpack_attributes_mtime(struct archive_entry *entry)
{
	struct timespec mtime = {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};

	return mtime;
}

/* Owner first: chown(2) clears set-uid bits and security.capability. */
fallible unpack_attributes_apply(const struct unpack_place *place, struct archive_entry *entry)
{
	mode_t mode = archive_entry_mode(entry) & 07777;
	bool link = archive_entry_filetype(entry) == AE_IFLNK;
	struct timespec mtime = unpack_attributes_mtime(entry), times[] = {mtime, mtime};

	TRY(unpack_attributes_owner(place, archive_entry_uid(entry), archive_entry_gid(entry)));
	TRY(apply_xattrs(place, entry));
	if (!link && (place->fd >= 0 ? fchmod(place->fd, mode)
				     : fchmodat(place->parent, place->name, mode, 0)) < 0)
		return error_system("cannot set the mode of '%s'", place->path);
	if ((place->fd >= 0
		     ? futimens(place->fd, times)
		     : utimensat(place->parent, place->name, times, AT_SYMLINK_NOFOLLOW)) < 0)
		return error_system("cannot set the time of '%s'", place->path);
	return NULL;
}

fallible unpack_attributes_copy_xattrs(int from, int to, const char *path)
{
	char names[4096], value[4096];
	ssize_t length = flistxattr(from, names, sizeof(names));
	struct unpack_place place = {.fd = to, .path = path};

	for (const char *name = names; length > 0 && name < names + length;
	     name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, sizeof(value));

		if (size >= 0)
			TRY(apply_xattr(&place, name, value, size));
	}
	return NULL;
}
