#include "rootless_home.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroup_own.h"
#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "namespace.h"
#include "port_outside.h"
#include "rootless_inside.h"
#include "rootless_namespace.h"
#include "rootless_outside.h"

#define CGROUPS "/sys/fs/cgroup"
#define KEPT    3  /* the first number that is kept */
#define ABOVE   64 /* the starter has a few only */

void rootless_home_leave_starter(int *const kept[], size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	signal(SIGPIPE, SIG_IGN);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	/* Up, out of the way of each other, and down again. */
	for (size_t i = 0; i < count; i++)
		*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, ABOVE);
	for (size_t i = 0; i < count; i++)
		*kept[i] = dup3(*kept[i], KEPT + i, O_CLOEXEC);
	kernel_close_range(KEPT + count, ~0U, 0);
}

/* -- those that are there -- */

/* Who listened is who answered. */
static fallible find_process(int connection, int *pidfd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return error_system("cannot tell which process holds this user's namespaces");
	*pidfd = kernel_pidfd_open(peer.pid);
	if (*pidfd < 0)
		return error_system("cannot find process %d, which holds this user's namespaces",
				    peer.pid);
	return NULL;
}

static fallible go_to(int pidfd)
{
	uint64_t began = explain_clock();
	char folder[PATH_MAX];
	bool known = getcwd(folder, sizeof(folder)) != NULL;

	if (setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0)
		return error_system("cannot go into this user's namespaces");
	if (known)
		(void)!chdir(folder);
	explain(began, "5.13", "where the containers of the daemon before are",
		"setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET)");
	return NULL;
}

/* *found: somebody was there. The connection stays open until this program becomes the daemon:
 * until then the other one waits for us. */
static fallible join(const char *path, bool *found)
{
	const struct port_outside_request hello = {.verb = PORT_OUTSIDE_HELLO};
	autoclose int pidfd = -1;
	int connection = -1;
	autoerror nobody = port_outside_ask(path, &hello, &connection);

	*found = !nobody;
	if (nobody)
		return NULL;
	TRY(find_process(connection, &pidfd));
	return go_to(pidfd);
}

/* -- new ones -- */

/* With version 2 alone the folder of the user's services may be his ("delegation"), and limits work
 * as ever. Everywhere else the groups are root's: in here there are none then, and who asks for a
 * limit is told. */
static fallible hide_cgroups(void)
{
	autofree char *parent = cgroup_own_parent();
	autofree char *folder = format(CGROUPS "%s", parent);
	uint64_t began = explain_clock();

	if (*parent && access(folder, W_OK) == 0)
		return NULL;
	if (mount("none", CGROUPS, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return error_system("cannot hide control groups, which are root's here");
	explain(began, "5.13", "control groups are root's here: there are none, and no limits",
		"mount(\"none\", \"" CGROUPS "\", \"tmpfs\", MS_RDONLY)");
	return NULL;
}

static fallible make(const char *folder)
{
	autoclose int channel = -1;

	TRY(rootless_outside_start(&channel));
	TRY(rootless_namespace_enter(CLONE_NEWNET));
	TRY(hide_cgroups());
	TRY(namespace_loopback_up());
	return rootless_inside_start(channel, folder);
}

fallible rootless_home_enter(const char *folder)
{
	autofree char *path = format("%s/" ROOTLESS_HOME_SOCKET, folder);
	autoclose int fd = -1, lock = -1;
	bool found;

	TRY(directory_create(AT_FDCWD, folder, 0700, &fd));
	TRY(file_lock(fd, "rootless.lock", true, &lock));
	TRY(join(path, &found));
	if (!found)
		TRY(make(folder));
	setenv(PORT_OUTSIDE_VARIABLE, path, 1);
	return NULL;
}
