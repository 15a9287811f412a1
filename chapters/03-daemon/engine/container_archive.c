#include "container_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "container_record.h"
#include "container_view.h"
#include "file.h"
#include "file_user.h"
#include "memory.h"
#include "packer_copy.h"
#include "path.h"
#include "text.h"
#include "unpack_copy.h"
#include "user.h"

void container_path_finish(struct container_path *path)
{
	free(path->name);
	free(path->link);
}

/* ---- names ---- */

/* One path as it was asked for, and where it is. */
struct place {
	const char *container_name, *path;
	struct container_view view;
	char *clean;
	char *above;      /* the folder that it is in, without links */
	const char *name; /* borrowed from clean: "" when that ends with a slash */
};
static void place_finish(struct place *place)
{
	container_view_close(&place->view);
	free(place->clean);
	free(place->above);
}
#define auto_place __attribute__((cleanup(place_finish))) struct place

static fallible not_found(const struct place *place)
{
	return error_new(ERROR_NOT_FOUND, "Could not find the file %s in container %s", place->path,
			 place->container_name);
}

/* All links but the last name, which a slash or "." behind it makes the last but one. */
static fallible find_above(struct place *place)
{
	const char *slash = strrchr(place->clean, '/');
	autofree char *above = duplicate_range(place->clean, slash - place->clean);

	place->name = slash + 1;
	return path_resolve(place->view.root, above, &place->above);
}

static fallible open_place(struct container *container, struct place *place)
{
	place->clean = path_clean_but_end(place->path);
	TRY(container_view_open(container, "copy from or to", &place->view));
	return find_above(place);
}

/* A slash or "." behind it asks for a folder, and follows a link that leads to one. */
static fallible stat_place(struct place *place, struct stat *st)
{
	autofree char *whole = format("%s/%s", place->above, place->name);
	autoclose int fd = -1;
	autoerror e = file_open_in_root(place->view.root, whole, O_PATH | O_NOFOLLOW, 0, &fd);

	if (e && e->errnum == ENOENT)
		return not_found(place);
	if (e)
		return error_errno(ERROR_SYSTEM, e->errnum, "lstat %s", place->path);
	return fstat(fd, st) < 0 ? error_system("lstat %s", place->path) : NULL;
}

static fallible find(struct place *place, struct container_path *found)
{
	TRY(stat_place(place, &found->st));
	found->name = path_base(place->clean);
	if (!S_ISLNK(found->st.st_mode)) {
		found->link = duplicate("");
		return NULL;
	}
	autofree char *whole = format("%s/%s", place->above, place->name);
	return path_resolve(place->view.root, whole, &found->link);
}

static void tell(struct container *container, const char *action)
{
	container_lock(container);
	container_record_event(container, action, NULL);
	container_unlock(container);
}

/* ---- out ---- */

fallible container_archive_stat(struct container *container, const char *container_name,
				const char *path, struct container_path *found)
{
	auto_place place = {.container_name = container_name,
			    .path = path,
			    .view = {.root = -1, .namespace = -1}};

	TRY(open_place(container, &place));
	return find(&place, found);
}

static fallible pack(struct place *place, const struct container_path *found,
		     const struct sink *tar)
{
	bool folder = S_ISDIR(found->st.st_mode);
	autofree char *path =
		folder ? format("%s/%s", place->above, place->name) : duplicate(place->above);
	autoclose int fd = -1;

	TRY(file_open_in_root(place->view.root, path, O_PATH | O_DIRECTORY, 0, &fd));
	return packer_copy(fd, folder ? "." : place->name, found->name, place->view.owners, tar);
}

fallible container_archive_get(struct container *container, const char *container_name,
			       const char *path, const struct container_archive_out *out)
{
	auto_place place = {.container_name = container_name,
			    .path = path,
			    .view = {.root = -1, .namespace = -1}};
	auto_container_path found = {0};

	TRY(open_place(container, &place));
	TRY(find(&place, &found));
	TRY(out->begin(out->context, &found));
	TRY(pack(&place, &found, &out->tar));
	tell(container, "archive-path");
	return NULL;
}

/* ---- in ---- */

static fallible open_folder(struct place *place, const char *folder, int *fd)
{
	autoerror e = file_open_in_root(place->view.root, folder, O_PATH | O_NOFOLLOW, 0, fd);
	struct stat st;

	if (e && e->errnum == ENOENT)
		return not_found(place);
	if (e && e->errnum != ENOTDIR)
		return steal(&e);
	if (e || fstat(*fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_new(ERROR_INVALID, "extraction point is not a directory");
	return NULL;
}

static uint64_t mount_of(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) == 0 ? stx.stx_mnt_id : 0;
}

static fallible check_writable(const struct place *place, int folder)
{
	struct statvfs fs;

	if (fstatvfs(folder, &fs) < 0 || !(fs.f_flag & ST_RDONLY))
		return NULL;
	return error_new(ERROR_INVALID, mount_of(folder) == mount_of(place->view.root)
						? "container rootfs is marked read-only"
						: "mounted volume is marked read-only");
}

/* The container's user; *owner stays as it is when it names none. */
static fallible find_owner(const struct place *place, struct unpack_owner *space,
			   const struct unpack_owner **owner)
{
	struct container *container = place->view.container;
	struct user user = {0};

	container_lock(container);
	autofree char *name = duplicate(container_record_text(container, "Config", "User"));
	container_unlock(container);
	if (!*name)
		return NULL;
	struct error *e = user_find(place->view.root, name, &user);
	*space = (struct unpack_owner){user.uid, user.gid};
	*owner = space;
	user_finish(&user);
	return e;
}

/* In a user namespace root of the machine has no files: those of its root are made. */
static fallible unpack_as(const struct unpack_copy *copy, const struct source *tar)
{
	const struct owners *owners = copy->owners;

	if (!owners)
		return unpack_copy(copy, tar);
	TRY(file_user_become(owner_outside(&owners->uids, 0), owner_outside(&owners->gids, 0)));
	struct error *e = unpack_copy(copy, tar);
	file_user_return();
	return e;
}

static fallible unpack(const struct unpack_copy *copy, const struct source *packed)
{
	autodecompressor *d = NULL;

	TRY(decompressor_open(packed, &d));
	struct source tar = decompressor_source(d);
	return unpack_as(copy, &tar);
}

fallible container_archive_put(struct container *container, const char *container_name,
			       const char *path, const struct container_archive_in *in)
{
	auto_place place = {.container_name = container_name,
			    .path = path,
			    .view = {.root = -1, .namespace = -1}};
	autofree char *folder = NULL;
	autoclose int fd = -1;
	struct unpack_owner owner;

	TRY(open_place(container, &place));
	TRY(path_resolve(place.view.root, place.clean, &folder));
	TRY(open_folder(&place, folder, &fd));
	TRY(check_writable(&place, fd));
	struct unpack_copy copy = {.root = place.view.root,
				   .folder = folder,
				   .shown = "",
				   .owners = place.view.owners,
				   .keeps_kinds = in->keeps_kinds};
	if (in->owned)
		TRY(find_owner(&place, &owner, &copy.owner));
	TRY(unpack(&copy, &in->tar));
	tell(container, "extract-to-dir");
	return NULL;
}
