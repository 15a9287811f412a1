/*
 * refuse.c - a seccomp filter by hand: four instructions that refuse one system call
 *
 *	refuse COMMAND [ARGUMENT...]
 *
 * Runs the command; unshare(2) fails in it, and in all that it starts, with EPERM.
 * Book: 1.8
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"

static struct sock_filter filter[] = {
	/* load the number of the call; is it this one? if not, skip one instruction */
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static fallible run(int argc, char **argv)
{
	struct sock_fprog program = {.len = countof(filter), .filter = filter};

	if (argc < 2)
		return error_new(ERROR_INVALID, "usage: refuse COMMAND [ARGUMENT...]");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_system("cannot set no_new_privs");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return error_system("cannot load the filter");
	execvp(argv[1], argv + 1);
	return error_system("cannot run '%s'", argv[1]);
}

int main(int argc, char **argv)
{
	return error_report("refuse", run(argc, argv));
}
