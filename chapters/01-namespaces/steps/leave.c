/*
 * leave.c - what keeps a process in a root: chroot(2) against pivot_root(2)
 *
 *	leave chroot|pivot ROOT FILE
 *
 * Enters the root in one of the two ways, tries to get out of it as root can, and then says
 * whether FILE, a file of the host, can be seen.
 * Book: 1.5
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"

static fallible enter_by_chroot(const char *root)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		return error_system("cannot chroot to '%s'", root);
	return NULL;
}

static fallible enter_by_pivot(const char *root)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_system("cannot make a private list of mounts");
	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0)
		return error_system("cannot make '%s' a mount", root);
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return error_system("cannot make '%s' the root", root);
	return chdir("/") < 0 ? error_system("cannot enter the new root") : NULL;
}

/* A second chroot leaves the working folder where it was: outside of the new root. */
static fallible leave(void)
{
	mkdir("below", 0755);
	if (chroot("below") < 0)
		return error_system("cannot chroot a second time");
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return error_system("cannot go up");
	return chroot(".") < 0 ? error_system("cannot chroot to the top") : NULL;
}

static fallible enter_and_leave(int argc, char **argv)
{
	if (argc != 4)
		return error_new(ERROR_INVALID, "usage: leave chroot|pivot ROOT FILE");
	TRY((strcmp(argv[1], "pivot") == 0 ? enter_by_pivot : enter_by_chroot)(argv[2]));
	TRY(leave());
	printf("%s: the host's file is %s\n", argv[1],
	       access(argv[3], F_OK) == 0 ? "in reach" : "nowhere");
	return NULL;
}

int main(int argc, char **argv)
{
	return error_report("leave", enter_and_leave(argc, argv));
}
