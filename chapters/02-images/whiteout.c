#include "whiteout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "explain.h"
#include "memory.h"
#include "text.h"

#define OPAQUE_XATTR "trusted.overlay.opaque"

const char *whiteout_find(const char *path)
{
	if (text_has_prefix(path, WHITEOUT_PREFIX))
		return path;
	const char *found = strstr(path, "/" WHITEOUT_PREFIX);
	return found ? found + 1 : NULL;
}

fallible whiteout_make_opaque(int folder, const char *path)
{
	uint64_t began = explain_clock();

	if (fsetxattr(folder, OPAQUE_XATTR, "y", 1, 0) < 0)
		return error_system("cannot mark the folder '%s' as opaque (overlay layers need "
				    "root and a filesystem with trusted.* attributes)",
				    path);
	explain(began, "2.5", "the folder hides all that lower layers have in it",
		"setxattr(\"%s\", \"" OPAQUE_XATTR "\", \"y\")", path);
	return NULL;
}

bool whiteout_is(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static fallible mark_folder_opaque(int parent, const char *name, const char *path)
{
	autoclose int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open the folder '%s'", path);
	return whiteout_make_opaque(fd, path);
}

fallible whiteout_make(int parent, const char *name, const char *path)
{
	uint64_t began = explain_clock();
	struct stat st;

	if (mknodat(parent, name, S_IFCHR, makedev(0, 0)) == 0) {
		explain(began, "2.5", "a whiteout: the name exists in no lower layer any more",
			"mknod(\"%s\", S_IFCHR, 0:0)", path);
		return NULL;
	}
	if (errno != EEXIST || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system("cannot make the whiteout for '%s'", path);
	return S_ISDIR(st.st_mode) ? mark_folder_opaque(parent, name, path) : NULL;
}

fallible whiteout_hide_all(int root, int below)
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
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
			e = whiteout_make(root, found->d_name, found->d_name);
	closedir(dir);
	return e;
}
