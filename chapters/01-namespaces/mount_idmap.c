#include "mount_idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idmap.h"
#include "kernel_call.h"
#include "memory.h"

/* A user namespace is only to be had with a process in it, which is gone when we hold it open. */
fallible mount_idmap_namespace(const char *uid_map, const char *gid_map, int *fd)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = kernel_clone3(&args);

	if (pid < 0)
		return error_system("cannot make a user namespace for an idmapped mount");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	autofree char *path = format("/proc/%d/ns/user", pid);
	struct error *e = idmap_write(pid, uid_map, gid_map);
	if (!e)
		*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!e && *fd < 0)
		e = error_system("cannot open the user namespace '%s'", path);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return e;
}
