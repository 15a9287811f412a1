#include "executable.h"

#include <stdbool.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"

fallible executable_open(const char *path, int *fd)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	*fd = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	if (*fd >= 0 && kernel_mount_setattr(*fd, "", AT_EMPTY_PATH, &attr) == 0)
		return NULL;
	struct error *e = error_system("cannot open '%s' on a read-only mount", path);
	close_fd(fd);
	return e;
}

/* It may also lie on a file system that is read-only anyway. */
static bool is_protected(void)
{
	struct statvfs fs;

	return statvfs("/proc/self/exe", &fs) == 0 && fs.f_flag & ST_RDONLY;
}

fallible executable_protect(char **argv)
{
	uint64_t began = explain_clock();
	autoclose int fd = -1;

	if (is_protected())
		return NULL;
	TRY(executable_open("/proc/self/exe", &fd));
	explain(began, "1.13", "no container can write into this program",
		"open_tree(\"/proc/self/exe\", CLONE), mount_setattr(RDONLY), execveat()");
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return error_system("cannot start '%s' again from a read-only mount", argv[0]);
}
