#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"

const struct namespace_kind namespace_kinds[] = {
	{"user", "user", CLONE_NEWUSER},
	{"mount", "mnt", CLONE_NEWNS},
	{"pid", "pid", CLONE_NEWPID},
	{"uts", "uts", CLONE_NEWUTS},
	{"ipc", "ipc", CLONE_NEWIPC},
	{"network", "net", CLONE_NEWNET},
	{"cgroup", "cgroup", CLONE_NEWCGROUP},
	{"time", "time", CLONE_NEWTIME},
	{0},
};

const struct namespace_kind *namespace_kind_of(uint64_t flag)
{
	const struct namespace_kind *kind = namespace_kinds;

	while (kind->oci && kind->flag != flag)
		kind++;
	return kind->oci ? kind : NULL;
}

const struct namespace_kind *namespace_kind_named(const char *oci_name)
{
	const struct namespace_kind *kind = namespace_kinds;

	while (kind->oci && strcmp(kind->oci, oci_name) != 0)
		kind++;
	return kind->oci ? kind : NULL;
}

char *namespace_flags_text(uint64_t flags)
{
	struct buffer text = {0};

	for (const struct namespace_kind *kind = namespace_kinds; kind->oci; kind++)
		if (flags & kind->flag)
			buffer_printf(&text, "%s%s", text.length ? "|" : "", kind->oci);
	return buffer_take(&text);
}

fallible namespace_join(const char *path, uint64_t flag)
{
	uint64_t began = explain_clock();
	const struct namespace_kind *kind = namespace_kind_of(flag);
	/* Whoever names a FIFO in its place shall not make us wait. */
	autoclose int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open the namespace '%s'", path);
	if (setns(fd, flag) < 0)
		return error_system("cannot join '%s' as a %s namespace", path,
				    kind ? kind->oci : "new kind of");
	explain(began, "1.13", "from here on it sees what the others there see",
		"setns(open(\"%s\"))", path);
	return NULL;
}

fallible namespace_unshare(uint64_t flags)
{
	uint64_t began = explain_clock();
	autofree char *names = namespace_flags_text(flags);

	if (unshare(flags) < 0)
		return error_system("cannot make new namespaces (%s)", names);
	explain(began, "1.2", "its own view begins here", "unshare(%s)", names);
	return NULL;
}

/* The clocks can be moved only while nobody is inside: make it, write, then enter. */
fallible namespace_unshare_time(const char *offsets)
{
	TRY(namespace_unshare(CLONE_NEWTIME));
	if (*offsets)
		TRY(file_write(AT_FDCWD, "/proc/self/timens_offsets", offsets));
	return namespace_join("/proc/self/ns/time_for_children", CLONE_NEWTIME);
}

fallible namespace_visit_network(int namespace, const char *path,
				 struct error *(*visit)(void *context), void *context)
{
	autoclose int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (own < 0)
		return error_system("cannot open our own network namespace");
	if (setns(namespace, CLONE_NEWNET) < 0)
		return error_system("cannot enter the network namespace '%s'%s", path,
				    errno == EPERM ? " (only root can)" : "");
	struct error *e = visit(context);
	if (setns(own, CLONE_NEWNET) == 0)
		return e;
	error_free(e);
	return error_system("cannot come back from the network namespace '%s'", path);
}

fallible namespace_loopback_up(void)
{
	uint64_t began = explain_clock();
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_system("cannot open a socket to bring up the loopback interface");
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_system("cannot bring up the loopback interface");
	explain(began, "1.2", "127.0.0.1 works in the new network", "ioctl(SIOCSIFFLAGS, lo, UP)");
	return NULL;
}
