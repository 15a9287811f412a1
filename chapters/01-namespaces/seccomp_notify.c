#include "seccomp_notify.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "runtime_channel.h"

fallible seccomp_notify_load(const void *bytes, size_t length, uint32_t flags, int *fd)
{
	uint64_t began = explain_clock();
	size_t count = length / sizeof(struct sock_filter);
	struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)bytes};

	*fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (*fd < 0)
		return error_system("cannot load the seccomp filter with a listener");
	explain(began, "1.8", "an agent of the host decides about some calls",
		"seccomp(SECCOMP_SET_MODE_FILTER, 0x%x, %zu instructions) = %d", flags, count, *fd);
	return NULL;
}

fallible seccomp_notify_send(const char *path, const char *const state[3], pid_t pid, int fd)
{
	uint64_t began = explain_clock();
	autoclose int agent = -1;
	autofree char *second = *state[2] ? format("%d%s", pid, state[2]) : duplicate("");
	autofree char *text = format("%s%d%s%s", state[0], pid, state[1], second);

	TRY(channel_connect(path, "linux.seccomp.listenerPath", &agent));
	TRY(error_wrap(channel_send_bytes(agent, text, strlen(text), fd),
		       "linux.seccomp.listenerPath: '%s'", path));
	explain(began, "1.8", "the agent gets the listener and the container's state",
		"sendmsg(\"%s\", seccompFd)", path);
	return NULL;
}
