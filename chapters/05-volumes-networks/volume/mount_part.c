#include "mount_part.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"

static fallible walk(int tree, const char *path, const char *what, int *fd)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

	do
		*fd = syscall(SYS_openat2, tree, *path ? path : ".", &how, sizeof(how));
	while (*fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (*fd >= 0)
		return NULL;
	if (errno == EXDEV || errno == ELOOP)
		return error_new(ERROR_FORBIDDEN, "the subpath '%s' leads out of %s by a link",
				 path, what);
	return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			   "cannot access the subpath '%s' of %s", path, what);
}

fallible mount_part_open(int tree, const char *path, const char *what, int *mount)
{
	uint64_t began = explain_clock();
	autoclose int part = -1;

	TRY(walk(tree, path, what, &part));
	*mount = kernel_open_tree(part, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
	if (*mount < 0)
		return error_system("cannot mount the subpath '%s' of %s%s", path, what,
				    errno == EINVAL ? " (a part of what is mounted nowhere needs "
						      "Linux 6.15)"
						    : "");
	explain(began, "5.3", "a part of a tree, whatever links are on the way",
		"openat2(\"%s\", RESOLVE_BENEATH), open_tree(OPEN_TREE_CLONE)", path);
	return NULL;
}
