/*
 * host.h - what `docker info` and `docker version` tell about the machine
 *
 * Read anew each time: memory can be hot-plugged, a name changed. What cannot be read is empty or
 * 0; nothing here fails. Book: 3.1
 */
#ifndef MINI_HOST_H
#define MINI_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

struct host {
	struct utsname uname;
	char *os_name;    /* "Debian GNU/Linux 12 (bookworm)"; owned */
	char *os_version; /* "12"; owned */
	int processors;   /* that this process may use */
	int64_t memory;   /* bytes */
};
#define autohost __attribute__((cleanup(host_finish))) struct host

void host_read(struct host *host);
void host_finish(struct host *host);

/* "extfs", "xfs", "btrfs", "tmpfs", "overlayfs", ... or "<unknown>", in Docker's words. */
const char *host_filesystem(int fd);
/* Whether containers can be limited in this: "memory", "cpu", "cpuset", "pids", "io". */
bool host_has_controller(const char *name);
/* Whether a file of /proc/sys holds a number other than 0: "net/ipv4/ip_forward". */
bool host_sysctl_is_set(const char *name);

#endif
