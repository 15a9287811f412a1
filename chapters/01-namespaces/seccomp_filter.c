#include "seccomp_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"

fallible seccomp_filter_load(const void *bytes, size_t length, uint32_t flags)
{
	uint64_t began = explain_clock();
	size_t count = length / sizeof(struct sock_filter);
	struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)bytes};

	if (!count || count > BPF_MAXINSNS || length % sizeof(struct sock_filter))
		return error_new(ERROR_INVALID, "a seccomp filter of %zu bytes cannot be loaded",
				 length);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		return error_system("cannot load the seccomp filter of %zu instructions", count);
	explain(began, "1.8", "calls that containers do not need are refused",
		"seccomp(SECCOMP_SET_MODE_FILTER, 0x%x, %zu instructions)", flags, count);
	return NULL;
}

fallible seccomp_set_no_new_privs(void)
{
	uint64_t began = explain_clock();

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_system("cannot set no_new_privs");
	explain(began, "1.8", "setuid and file capabilities give nothing any more",
		"prctl(PR_SET_NO_NEW_PRIVS, 1)");
	return NULL;
}
