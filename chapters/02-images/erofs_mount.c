#include "erofs_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"

static int set(int fs, unsigned int command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, command, key, value, 0);
}

static const char *reason(int number)
{
	switch (number) {
	case ENOTBLK:
		return " (from a file: is CONFIG_EROFS_FS_BACKED_BY_FILE in the kernel, and can "
		       "the file system read a page of a file? tmpfs and overlays cannot)";
	case EPERM:
		return " (are you root of the machine?)";
	default:
		return "";
	}
}

static fallible problem(const char *what)
{
	return error_system("cannot %s of the layer%s", what, reason(errno));
}

fallible erofs_mount(int folder, const char *name, int *mount)
{
	uint64_t began = explain_clock();
	autoclose int image = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), fs = -1;
	char source[40];

	if (image < 0)
		return error_system("cannot open the image of the layer");
	fs = syscall(SYS_fsopen, "erofs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return error_system("cannot use EROFS (is the kernel's module 'erofs' there, and "
				    "are you root?)");
	snprintf(source, sizeof(source), "/proc/self/fd/%d", image);
	if (set(fs, FSCONFIG_SET_STRING, "source", source) < 0 ||
	    set(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		return problem("read the image");
	*mount = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	if (*mount < 0)
		return problem("mount the image");
	explain(began, "2.11", "a layer that is one file: the kernel reads the tree in it",
		"fsconfig(fs, FSCONFIG_SET_STRING, \"source\", \"layers/.../%s\"); "
		"fsmount(fs, FSMOUNT_CLOEXEC, RDONLY)",
		name);
	return NULL;
}
