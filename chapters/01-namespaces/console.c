#include "console.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* The multiplexer must be that of a devpts, not a file that the image put there. */
static fallible open_master(int rootfd, int *master)
{
	struct statfs fs;
	int unlock = 0;

	TRY(error_wrap(file_open_in_root(rootfd, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, master),
		       "cannot make a terminal: the container needs a devpts on /dev/pts"));
	if (fstatfs(*master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return error_new(ERROR_INVALID,
				 "cannot make a terminal: /dev/pts in the container is no devpts");
	if (ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		return error_system("cannot unlock the new terminal");
	return NULL;
}

static fallible bind_on_console(int rootfd, int slave)
{
	autoclose int fd = kernel_open_tree(slave, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);

	if (fd < 0)
		return error_system("cannot make the terminal a mount for /dev/console");
	return mount_place_exactly(fd, rootfd, "/dev/console", true);
}

static fallible become_stdio(int slave)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return error_system("cannot make the terminal the controlling one");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return error_system("cannot make the terminal descriptor %d", fd);
	return NULL;
}

fallible console_create(int rootfd, const struct console_request *request, int *master)
{
	uint64_t began = explain_clock();
	struct winsize size = {.ws_row = request->height, .ws_col = request->width};
	autoclose int ours = -1, slave = -1;

	TRY(open_master(rootfd, &ours));
	slave = ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return error_system("cannot open the other side of the new terminal");
	if (size.ws_row && size.ws_col && ioctl(slave, TIOCSWINSZ, &size) < 0)
		return error_system("cannot set the size of the terminal");
	if (request->uid && fchown(slave, request->uid, -1) < 0)
		return error_system("cannot give the terminal to user %u", request->uid);
	if (request->device)
		TRY(bind_on_console(rootfd, slave));
	TRY(become_stdio(slave));
	explain(began, "1.11", "a terminal; the runtime holds the other end",
		"open(\"/dev/pts/ptmx\"), ioctl(TIOCGPTPEER), ioctl(TIOCSCTTY)");
	*master = steal_fd(&ours);
	return NULL;
}
