#include "proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

#define PROC_ROOT_INODE 1 /* the top of it, not a folder of it bound to /proc */

static fallible open_proc(int rootfd, int *fd)
{
	struct statfs fs;
	struct stat st;

	TRY(file_open_in_root(rootfd, "/proc", O_PATH | O_DIRECTORY, 0, fd));
	if (fstatfs(*fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC && fstat(*fd, &st) == 0 &&
	    st.st_ino == PROC_ROOT_INODE)
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "the container has no proc on /proc: it needs a mount of type proc");
}

fallible proc_file_open(int rootfd, const char *name, int flags, int *fd)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	autoclose int proc = -1;

	TRY(open_proc(rootfd, &proc));
	*fd = syscall(SYS_openat2, proc, name, &how, sizeof(how));
	if (*fd >= 0)
		return NULL;
	if (errno == EXDEV)
		return error_new(ERROR_FORBIDDEN,
				 "'/proc/%s' is not the kernel's file: something is mounted on it",
				 name);
	return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			   "cannot open '/proc/%s'", name);
}

fallible proc_file_write(int rootfd, const char *name, const char *text)
{
	autoclose int fd = -1;

	TRY(proc_file_open(rootfd, name, O_WRONLY, &fd));
	if (write(fd, text, strlen(text)) < 0)
		return error_system("cannot write '%s' to '/proc/%s'", text, name);
	return NULL;
}
