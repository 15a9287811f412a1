#include "unpack_attributes.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "rootless_owner.h"

static fallible apply_xattrs(const struct xattrs_of *place, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		TRY(xattrs_set(place, name, value, size));
	return NULL;
}

static int change_owner(const struct xattrs_of *place, uid_t uid, gid_t gid)
{
	return place->fd >= 0 ? fchown(place->fd, uid, gid)
			      : fchownat(place->parent, place->name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

/* An id that the user namespace does not have becomes 0, and what it had set for itself goes. */
static int squash_owner(const struct xattrs_of *place, uid_t uid, gid_t gid, mode_t *lost)
{
	if (change_owner(place, uid, -1) < 0) {
		*lost |= S_ISUID;
		uid = 0;
	}
	if (change_owner(place, -1, gid) < 0) {
		*lost |= S_ISGID;
		gid = 0;
	}
	return change_owner(place, uid, gid);
}

/* *lost: mode bits that must not be set, since they would be another user's. */
static fallible apply_owner(const struct xattrs_of *place, uid_t uid, gid_t gid, mode_t *lost)
{
	*lost = 0;
	if (change_owner(place, uid, gid) == 0 ||
	    (errno == EINVAL && squash_owner(place, uid, gid, lost) == 0))
		return NULL;
	return error_system("cannot give '%s' to user %u and group %u (unpacking needs root, if "
			    "only of a user namespace)",
			    place->path, uid, gid);
}

struct timespec unpack_attributes_mtime(struct archive_entry *entry)
{
	struct timespec mtime = {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};

	return mtime;
}

/* Owner first: chown(2) clears set-uid bits and security.capability. The name may have become a
 * link since: none is followed. */
static fallible apply_mode_and_time(const struct xattrs_of *place, mode_t mode,
				    struct timespec mtime)
{
	struct timespec times[] = {mtime, mtime};

	if (!S_ISLNK(mode) && (place->fd >= 0 ? fchmod(place->fd, mode & 07777)
					      : fchmodat(place->parent, place->name, mode & 07777,
							 AT_SYMLINK_NOFOLLOW)) < 0)
		return error_system("cannot set the mode of '%s'", place->path);
	if ((place->fd >= 0
		     ? futimens(place->fd, times)
		     : utimensat(place->parent, place->name, times, AT_SYMLINK_NOFOLLOW)) < 0)
		return error_system("cannot set the time of '%s'", place->path);
	return NULL;
}

/* A tar can say more than the kernel can keep, and -1 would mean "as it is". */
static fallible check_id(const char *path, int64_t id)
{
	if (id >= 0 && id < UINT32_MAX)
		return NULL;
	return error_new(ERROR_INVALID, "'%s' belongs to the id %lld, which cannot be", path,
			 (long long)id);
}

fallible unpack_attributes_check_owner(struct archive_entry *entry, const char *path)
{
	TRY(check_id(path, archive_entry_uid(entry)));
	return check_id(path, archive_entry_gid(entry));
}

fallible unpack_attributes_apply(const struct xattrs_of *place, struct archive_entry *entry,
				 bool *squashed)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);
	mode_t lost;

	TRY(unpack_attributes_check_owner(entry, place->path));
	TRY(apply_owner(place, uid, gid, &lost));
	*squashed = lost;
	TRY(apply_xattrs(place, entry));
	if (lost)
		TRY(rootless_owner_note(place, lost & S_ISUID ? uid : ROOTLESS_OWNER_AS_IS,
					lost & S_ISGID ? gid : ROOTLESS_OWNER_AS_IS));
	return apply_mode_and_time(place, archive_entry_mode(entry) & ~lost,
				   unpack_attributes_mtime(entry));
}

fallible unpack_attributes_copy(const struct xattrs_of *from, const struct stat *st,
				const struct xattrs_of *to)
{
	mode_t lost;

	TRY(apply_owner(to, st->st_uid, st->st_gid, &lost));
	TRY(xattrs_copy(from, to));
	return apply_mode_and_time(to, st->st_mode & ~lost, st->st_mtim);
}
