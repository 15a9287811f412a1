#include "root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"

fallible root_set_propagation(unsigned long propagation)
{
	uint64_t began = explain_clock();

	if (kernel_mount(NULL, "/", NULL, propagation, NULL) < 0)
		return error_system("cannot set how mounts propagate from and to '/'");
	explain(began, "1.4", "who sees mounts that are made from here on",
		"mount(NULL, \"/\", NULL, %s%s)", propagation & MS_REC ? "MS_REC|" : "",
		propagation & MS_SLAVE     ? "MS_SLAVE"
		: propagation & MS_PRIVATE ? "MS_PRIVATE"
		: propagation & MS_SHARED  ? "MS_SHARED"
					   : "MS_UNBINDABLE");
	return NULL;
}

fallible root_attach(int given, const char *path, int *rootfd)
{
	uint64_t began = explain_clock();
	autoclose int bound = -1;

	if (given < 0)
		TRY(mount_bind(path, true, &bound));
	int fd = given < 0 ? bound : given;
	if (kernel_move_mount(fd, "", AT_FDCWD, path,
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot attach the container's root on '%s'", path);
	*rootfd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (*rootfd < 0)
		return error_system("cannot keep the root '%s' open", path);
	explain(began, "1.5", "the tree that becomes the root", "mount --rbind %s %s",
		given < 0 ? path : "(a detached mount)", path);
	return NULL;
}

/* With both arguments "." the old root lies on the same place below the new one, so no folder in
 * the image is needed to put it; what is unmounted then is the one on top of ".", the old. */
fallible root_pivot(int rootfd)
{
	uint64_t began = explain_clock();

	if (fchdir(rootfd) < 0)
		return error_system("cannot enter the container's root");
	if (kernel_pivot_root(".", ".") < 0)
		return error_system("cannot make the container's root the root (pivot_root)");
	explain(began, "1.5", "the container's tree is now \"/\"", "pivot_root(\".\", \".\")");
	began = explain_clock();
	if (kernel_umount(".", MNT_DETACH) < 0)
		return error_system("cannot let go of the old root");
	if (chdir("/") < 0)
		return error_system("cannot enter the new root");
	explain(began, "1.5", "nothing of the host is mounted any more",
		"umount2(\".\", MNT_DETACH)");
	return NULL;
}

fallible root_move(int rootfd)
{
	uint64_t began = explain_clock();

	if (fchdir(rootfd) < 0)
		return error_system("cannot enter the container's root");
	if (kernel_mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return error_system("cannot move the container's root over the root");
	if (chroot(".") < 0 || chdir("/") < 0)
		return error_system("cannot enter the new root");
	explain(began, "1.5", "as far as a ramdisk lets us: the host's root lies below",
		"mount(\".\", \"/\", NULL, MS_MOVE), chroot(\".\")");
	return NULL;
}

fallible root_chroot(int rootfd)
{
	uint64_t began = explain_clock();

	if (fchdir(rootfd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_system("cannot make the container's root the root (chroot)");
	explain(began, "1.5", "a lookup begins here; the mounts are still the host's",
		"chroot(\".\")");
	return NULL;
}

/* "mnt_id:\t83\n" is a line of it. */
fallible root_mount_name(const char *path, char **name)
{
	autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	autofree char *info = format("/proc/self/fdinfo/%d", fd);
	autobuffer text = {0};
	char namespace[64] = "";

	if (fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open '%s'", path);
	TRY(file_read(AT_FDCWD, info, 4096, &text));
	const char *line = strstr(text.data, "mnt_id:");
	if (!line || readlink("/proc/self/ns/mnt", namespace, sizeof(namespace) - 1) < 0)
		return error_new(ERROR_SYSTEM, "the kernel does not tell the mount of '%s'", path);
	*name = format("%s %lld", namespace, strtoll(line + strlen("mnt_id:"), NULL, 10));
	return NULL;
}

fallible root_detach(const char *path, const char *before)
{
	uint64_t began = explain_clock();
	autofree char *now = NULL;
	autoerror e = root_mount_name(path, &now);
	size_t namespace = strcspn(before, " ") + 1;

	/* A root that is not there any more has nothing on it. */
	if (e)
		return e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	if (strcmp(now, before) == 0 || strncmp(now, before, namespace) != 0)
		return NULL;
	if (kernel_umount(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return error_system("cannot take away what the container mounted on '%s'", path);
	explain(began, "1.5", "the host has its folder back", "umount2(\"%s\", MNT_DETACH)", path);
	return NULL;
}

fallible root_enter_joined(const char *path, int *rootfd)
{
	if (chdir(path) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_system("cannot enter the root of the container");
	*rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *rootfd < 0 ? error_system("cannot open the root of the container") : NULL;
}

fallible root_make_readonly(void)
{
	uint64_t began = explain_clock();
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (kernel_mount_setattr(AT_FDCWD, "/", 0, &attr) < 0)
		return error_system("cannot make the root read-only");
	explain(began, "1.5", "the image cannot be changed", "mount -o remount,bind,ro /");
	return NULL;
}
