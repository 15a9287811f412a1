#include "executable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

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

static bool is_sealed(void)
{
	autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_GET_SEALS) == SEALS;
}

/* Who is not root meets root's file here as a rule, and its containers have no more rights than he
 * has. */
static bool is_ours(void)
{
	struct stat st;

	return stat("/proc/self/exe", &st) < 0 || st.st_uid == geteuid() ||
	       faccessat(AT_FDCWD, "/proc/self/exe", W_OK, AT_EACCESS) == 0;
}

/* It may also lie on a file system that is read-only anyway. */
static bool is_protected(void)
{
	struct statvfs fs;

	if (statvfs("/proc/self/exe", &fs) == 0 && fs.f_flag & ST_RDONLY)
		return true;
	return is_sealed() || (geteuid() != 0 && !is_ours());
}

/* A copy in memory that cannot be changed: for who may not mount. */
static fallible copy_sealed(int *fd)
{
	autoclose int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	off_t done = 0;

	*fd = memfd_create("mini-runc", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (from < 0 || *fd < 0 || fstat(from, &st) < 0)
		return error_system("cannot copy this program into memory");
	while (done < st.st_size)
		if (sendfile(*fd, from, &done, st.st_size - done) <= 0)
			return error_system("cannot copy this program into memory");
	if (fcntl(*fd, F_ADD_SEALS, SEALS) < 0)
		return error_system("cannot seal the copy of this program");
	return NULL;
}

fallible executable_protect(char **argv)
{
	uint64_t began = explain_clock();
	autoclose int fd = -1;

	if (is_protected())
		return NULL;
	autoerror e = executable_open("/proc/self/exe", &fd);
	if (e && e->errnum != EPERM)
		return steal(&e);
	if (e)
		TRY(copy_sealed(&fd));
	explain(began, "1.13", "no container can write into this program",
		e ? "memfd_create(), fcntl(F_ADD_SEALS), execveat()"
		  : "open_tree(\"/proc/self/exe\", CLONE), mount_setattr(RDONLY), execveat()");
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return error_system("cannot start '%s' again from a read-only mount", argv[0]);
}
