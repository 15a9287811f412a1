#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "text.h"

#define WORDS_MOST      64
#define CONSOLE_SECONDS 10

/* ---- the words ---- */

/* A socket's address has 108 bytes, and the path of a run may have more: the runtime finds the
 * folder among our descriptors. */
static void set_console(char *argv[])
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d/" SHIM_CONSOLE, getpid(), SHIM_FD_RUN);
	for (; *argv; argv++)
		if (strcmp(*argv, SHIM_CONSOLE) == 0)
			*argv = path;
}

/* Command number n as an argv, borrowed from the words; false when it has none. */
static bool find_command(const void *words, size_t length, enum shim_command n,
			 char *argv[WORDS_MOST])
{
	char *at = (char *)words, *end = at + length;
	size_t count = 0;

	for (int left = n; left && at < end; at += strlen(at) + 1)
		left -= !*at;
	for (; at < end && *at && count + 1 < WORDS_MOST; at += strlen(at) + 1)
		argv[count++] = at;
	argv[count] = NULL;
	set_console(argv);
	return count > 0;
}

/* ---- running one ---- */

static int spawn(char *const argv[], const int stdio[3], pid_t *pid)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all;

	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		if (stdio && stdio[fd] >= 0)
			posix_spawn_file_actions_adddup2(&actions, stdio[fd], fd);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int problem = posix_spawn(pid, argv[0], &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return problem;
}

static fallible run(char *const argv[], const int stdio[3])
{
	uint64_t began = explain_clock();
	int status;
	pid_t pid;
	int problem = spawn(argv, stdio, &pid);

	if (problem)
		return error_errno(ERROR_SYSTEM, problem, "cannot start the runtime '%s'", argv[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_system("cannot wait for the runtime '%s'", argv[0]);
	explain(began, "3.5", "another runtime does it: its exit code is all that counts",
		"posix_spawn(\"%s\") = %d, waitpid() = %d", argv[0], pid, status);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return error_new(ERROR_SYSTEM, "the runtime '%s' failed with status %d", argv[0],
				 WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return NULL;
}

/* ---- the root ---- */

/* The descriptor is of a mount of the old namespace: the new one has a copy, under the same path.
 */
static fallible open_run_again(int *fd)
{
	char path[PATH_MAX] = "", self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", SHIM_FD_RUN);
	if (readlink(self, path, sizeof(path) - 1) < 0)
		return error_system("cannot find the folder of a run");
	*fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? error_system("cannot open '%s'", path) : NULL;
}

/* Mount number n gets a path as the root does. */
static fallible attach_mount(int run_fd, size_t n, int mount)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), SHIM_MOUNTS "/%zu", n);
	if (fstat(mount, &st) < 0)
		return error_system("cannot look at a mount of the container");
	if ((S_ISDIR(st.st_mode) ? mkdirat(run_fd, path, 0700)
				 : mknodat(run_fd, path, S_IFREG | 0600, 0)) < 0 &&
	    errno != EEXIST)
		return error_system("cannot make the place '%s' for a mount", path);
	if (kernel_move_mount(mount, "", run_fd, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_system("cannot attach a mount of the container");
	return NULL;
}

static fallible attach_mounts(int run_fd, const struct runtime_files *files)
{
	if (files->mount_count && mkdirat(run_fd, SHIM_MOUNTS, 0700) < 0 && errno != EEXIST)
		return error_system("cannot make the folder for mounts of a container");
	for (size_t i = 0; i < files->mount_count; i++)
		TRY(attach_mount(run_fd, i, files->mounts[i]));
	return NULL;
}

static fallible attach_root(const struct runtime_files *files)
{
	uint64_t began = explain_clock();
	autoclose int run_fd = -1;
	int root = files->root;

	if (root < 0)
		return NULL;
	if (mkdirat(SHIM_FD_RUN, SHIM_ROOTFS, 0700) < 0 && errno != EEXIST)
		return error_system("cannot make the folder for the root of a container");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_system("cannot make a mount namespace for the runtime");
	TRY(open_run_again(&run_fd));
	if (kernel_move_mount(root, "", run_fd, SHIM_ROOTFS, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_system("cannot attach the root of a container");
	explain(began, "1.5", "the root has a path for the runtime, seen by nobody else",
		"unshare(CLONE_NEWNS), move_mount(root, \"" SHIM_ROOTFS "\")");
	return attach_mounts(run_fd, files);
}

/* ---- the console ---- */

/* The runtime connects and sends the master of the terminal that it made. */
static fallible listen_for_console(int *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", SHIM_FD_RUN,
		 SHIM_CONSOLE);
	unlinkat(SHIM_FD_RUN, SHIM_CONSOLE, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 1) < 0)
		return error_system("cannot listen for the console of a container");
	*out = steal_fd(&fd);
	return NULL;
}

static fallible receive_console(int listener, int *console)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char name[256];
	struct iovec part = {name, sizeof(name)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct pollfd set = {listener, POLLIN, 0};
	autoclose int fd = poll(&set, 1, CONSOLE_SECONDS * 1000) == 1
				   ? accept4(listener, NULL, NULL, SOCK_CLOEXEC)
				   : -1;

	if (fd < 0 || recvmsg(fd, &message, MSG_CMSG_CLOEXEC) < 0)
		return error_system("the runtime did not send the console");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return error_new(ERROR_SYSTEM, "the runtime sent no console");
	memcpy(console, CMSG_DATA(header), sizeof(*console));
	return NULL;
}

/* ---- the process ---- */

static fallible find_process(struct runtime_process *process)
{
	autobuffer text = {0};
	int64_t pid;

	TRY(file_read(SHIM_FD_RUN, SHIM_PID, 64, &text));
	TRY(integer_parse(text.data, "the pid that the runtime wrote", 1, INT32_MAX, &pid));
	process->pidfd = kernel_pidfd_open(pid);
	if (process->pidfd < 0)
		return error_system("cannot watch process %lld", (long long)pid);
	process->pid = pid;
	return NULL;
}

static bool has_console(char *const argv[])
{
	for (; *argv; argv++)
		if (strcmp(*argv, "--console-socket") == 0)
			return true;
	return false;
}

static fallible create(char *const argv[], const struct runtime_files *files,
		       struct runtime_process *process)
{
	autoclose int listener = -1;

	if (has_console(argv))
		TRY(listen_for_console(&listener));
	TRY(run(argv, files->stdio));
	TRY(find_process(process));
	return listener >= 0 ? receive_console(listener, &process->console) : NULL;
}

fallible commands_create(const void *words, size_t length, const struct runtime_files *files,
			 struct runtime_process *process)
{
	char *argv[WORDS_MOST];

	if (find_command(words, length, SHIM_COMMAND_CGROUP, argv))
		cgroup_open(&process->cgroup, argv[0]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	TRY(attach_root(files));
	if (!find_command(words, length, SHIM_COMMAND_CREATE, argv))
		return error_new(ERROR_INVALID, "the orders have no command");
	return create(argv, files, process);
}

fallible commands_start(const void *words, size_t length)
{
	char *argv[WORDS_MOST];

	return find_command(words, length, SHIM_COMMAND_START, argv) ? run(argv, NULL) : NULL;
}

void commands_delete(const void *words, size_t length)
{
	char *argv[WORDS_MOST];

	if (find_command(words, length, SHIM_COMMAND_DELETE, argv))
		error_report("mini-shim", run(argv, NULL));
}
