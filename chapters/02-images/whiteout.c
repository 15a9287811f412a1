#include "whiteout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "text.h"
#include "user_namespace.h"

#define OPAQUE_USER_XATTR "user.overlay.opaque" /* with overlayfs's option userxattr */

const char *whiteout_find(const char *path)
{
	if (text_has_prefix(path, WHITEOUT_PREFIX))
		return path;
	const char *found = strstr(path, "/" WHITEOUT_PREFIX);
	return found ? found + 1 : NULL;
}

static fallible make_plain(int folder, const char *name, const char *path, bool *plain)
{
	autoclose int fd = openat(folder, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system("cannot make the whiteout for '%s'", path);
	*plain = true;
	return NULL;
}

static bool is_refused(int number)
{
	return number == EPERM || number == ENOTSUP;
}

/* Only root of the machine may set trusted.*; in a user namespace overlayfs is told to look for the
 * other one (overlay.c). Which of them was set, or NULL. */
static const char *mark_opaque(int folder)
{
	const char *mark = user_namespace_is_inner() ? OPAQUE_USER_XATTR : WHITEOUT_OPAQUE_XATTR;

	return fsetxattr(folder, mark, "y", 1, 0) == 0 ? mark : NULL;
}

fallible whiteout_make_opaque(int folder, const char *path, bool *plain)
{
	uint64_t began = explain_clock();
	const char *mark = mark_opaque(folder);

	if (!mark)
		return is_refused(errno)
			       ? make_plain(folder, WHITEOUT_OPAQUE, path, plain)
			       : error_system("cannot mark the folder '%s' as opaque", path);
	explain(began, "2.5", "the folder hides all that lower layers have in it",
		"setxattr(\"%s\", \"%s\", \"y\")", path, mark);
	return NULL;
}

bool whiteout_is(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static bool has_mark(int folder, const char *name)
{
	char value;

	return fgetxattr(folder, name, &value, 1) == 1 && value == 'y';
}

/* The mark that the mounts of this process obey: to root of the machine user.* means nothing, and
 * whoever writes in a container could have set it. */
bool whiteout_is_opaque(int folder)
{
	return has_mark(folder, WHITEOUT_OPAQUE_XATTR) ||
	       (has_mark(folder, OPAQUE_USER_XATTR) && user_namespace_is_inner());
}

bool whiteout_hides_all(int folder)
{
	return whiteout_is_opaque(folder) ||
	       faccessat(folder, WHITEOUT_OPAQUE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool whiteout_hides(int folder, const char *name)
{
	autofree char *plain = format(WHITEOUT_PREFIX "%s", name);
	struct stat st;

	return (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && whiteout_is(&st)) ||
	       faccessat(folder, plain, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static fallible mark_folder_opaque(int parent, const char *name, const char *path, bool *plain)
{
	autoclose int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open the folder '%s'", path);
	return whiteout_make_opaque(fd, path, plain);
}

fallible whiteout_make(int parent, const char *name, const char *path, bool *plain)
{
	uint64_t began = explain_clock();
	struct stat st;

	if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) == 0) {
		explain(began, "2.5", "a whiteout: the name exists in no lower layer any more",
			"mknod(\"%s\", S_IFCHR, 0:0)", path);
		return NULL;
	}
	if (is_refused(errno)) {
		autofree char *file = format(WHITEOUT_PREFIX "%s", name);

		return make_plain(parent, file, path, plain);
	}
	if (errno != EEXIST || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system("cannot make the whiteout for '%s'", path);
	return S_ISDIR(st.st_mode) ? mark_folder_opaque(parent, name, path, plain) : NULL;
}

fallible whiteout_hide_all(int root, int below, bool *plain)
{
	int fd = openat(below, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct error *e = NULL;

	if (!dir) {
		e = error_system("cannot list a lower layer");
		close_fd(&fd);
		return e;
	}
	for (struct dirent *found; !e && (found = readdir(dir));)
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0 &&
		    !text_has_prefix(found->d_name, WHITEOUT_PREFIX))
			e = whiteout_make(root, found->d_name, found->d_name, plain);
	closedir(dir);
	return e;
}
