/*
 * idmap.c - a mount in which the files belong to others than on the disk
 *
 *	idmap FOLDER TARGET ON-DISK HERE
 *
 * Mounts FOLDER at TARGET. What is user ON-DISK's there is user HERE's in this mount.
 * Book: 1.9
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "memory.h"

static fallible write_map(const char *kind, pid_t pid, const char *disk, const char *here)
{
	autofree char *path = format("/proc/%d/%s", pid, kind);
	autofree char *line = format("%s %s 1", disk, here);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? error_system("cannot open '%s'", path)
		      : file_write_fd(fd, path, line, strlen(line));
}

/* The kernel takes a map only in the form of a user namespace, and one needs a process in it. */
static fallible make_map(const char *disk, const char *here, int *fd)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return error_system("cannot make a user namespace");
	while (pid == 0)
		pause();
	autofree char *path = format("/proc/%d/ns/user", pid);
	struct error *e = write_map("uid_map", pid, disk, here);
	e = e ? e : write_map("gid_map", pid, disk, here);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return e;
}

static fallible mount_mapped(int argc, char **argv)
{
	autoclose int user = -1, tree = -1;

	if (argc != 5)
		return error_new(ERROR_INVALID, "usage: idmap FOLDER TARGET ON-DISK HERE");
	TRY(make_map(argv[3], argv[4], &user));
	tree = syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = user};
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return error_system("cannot map the ids of '%s'", argv[1]);
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, argv[2], MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_system("cannot mount it at '%s'", argv[2]);
	return NULL;
}

int main(int argc, char **argv)
{
	return error_report("idmap", mount_mapped(argc, argv));
}
