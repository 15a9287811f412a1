/*
 * filter - the names of system calls on stdin become a seccomp program on stdout (for floor)
 *
 * One name a line; what is not named fails with EPERM. Names that this machine does not have are
 * left out, as runtimes do. Docker's profile is for what else the processor runs, too: so is this.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	char name[128];
	int result;

	if (!filter)
		return 1;
#ifdef __x86_64__
	seccomp_arch_add(filter, SCMP_ARCH_X86);
	seccomp_arch_add(filter, SCMP_ARCH_X32);
#endif
	while (fgets(name, sizeof(name), stdin)) {
		int number;

		name[strcspn(name, "\n")] = '\0';
		number = seccomp_syscall_resolve_name(name);
		if (number >= 0)
			seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	result = seccomp_export_bpf(filter, STDOUT_FILENO);
	seccomp_release(filter);
	if (result < 0)
		fprintf(stderr, "filter: cannot write the program: %s\n", strerror(-result));
	return result < 0;
}
