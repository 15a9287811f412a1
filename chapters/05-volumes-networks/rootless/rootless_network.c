#include "rootless_network.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "memory.h"

#define NAME_SERVER   "10.0.2.3"
#define RESOLV_CONF   "/etc/resolv.conf"
#define CONF_LIMIT    (256 << 10)
#define ROUTES_LIMIT  (64 << 10)
#define WAIT_SECONDS  10
#define PAUSE_USEC    20000
#define WORDS_MAX     24
#define DEFAULT_ROUTE "tap0\t00000000\t" /* device, destination: /proc/net/route */

static const char dns_forward[] = "--dns-forward=" NAME_SERVER;

/* The last word is the process. What is published comes by another way (port_relay.h). */
static const struct {
	const char *name, *words[WORDS_MAX];
} programs[] = {
	{"slirp4netns",
	 {"slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "PID", "tap0"}},
	{"pasta",
	 {"pasta", "--foreground", "--stderr", "--config-net", "--ns-ifname=tap0", "--mtu=65520",
	  "--ipv4-only", "--address=10.0.2.100", "--netmask=24", "--gateway=10.0.2.2", dns_forward,
	  "--no-map-gw", "--tcp-ports=none", "--udp-ports=none", "--tcp-ns=none", "--udp-ns=none",
	  "PID"}},
};

static int start(const char *const *words, pid_t inside, pid_t *helper)
{
	autofree char *pid = format("%d", inside);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	char *argv[WORDS_MAX + 1] = {NULL};

	for (size_t i = 0; words[i]; i++)
		argv[i] = strcmp(words[i], "PID") == 0 ? pid : (char *)words[i];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	/* What we ignore they have to know of: one waits for programs of its own, the other one
	 * gives up when SIGPIPE was not as it expects. */
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGCHLD);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int errnum = posix_spawnp(helper, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

static fallible start_wanted(const char *wanted, pid_t inside, pid_t *helper)
{
	bool known = false;

	for (size_t i = 0; i < countof(programs); i++) {
		if (wanted && strcmp(wanted, programs[i].name) != 0)
			continue;
		known = true;
		if (start(programs[i].words, inside, helper) == 0)
			return NULL;
	}
	if (!known)
		return error_new(ERROR_INVALID,
				 "MINI_ROOTLESS_NET: '%s' is not slirp4netns, pasta or none",
				 wanted);
	return error_new(ERROR_UNAVAILABLE,
			 "a user's network needs a program that connects it to the machine's, and "
			 "%s is there: install the package slirp4netns or passt, or set "
			 "MINI_ROOTLESS_NET=none for a daemon whose containers reach each other "
			 "only",
			 wanted ? "that one is not" : "none");
}

fallible rootless_network_start(pid_t inside, pid_t *helper)
{
	const char *wanted = getenv("MINI_ROOTLESS_NET");

	*helper = 0;
	if (wanted && strcmp(wanted, "none") == 0)
		return NULL;
	return start_wanted(wanted && *wanted ? wanted : NULL, inside, helper);
}

/* -- inside -- */

static bool has_route(void)
{
	autobuffer routes = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/self/net/route", ROUTES_LIMIT, &routes);

	return !e && routes.data && strstr(routes.data, DEFAULT_ROUTE);
}

static bool is_there(pid_t helper)
{
	return kill(helper, 0) == 0 || errno == EPERM;
}

/* The search domains and the options stay. */
static void copy_other_lines(struct buffer *conf)
{
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, RESOLV_CONF, CONF_LIMIT, &text);
	char *save = NULL;

	for (char *line = e || !text.data ? NULL : strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, "nameserver", strlen("nameserver")) != 0)
			buffer_printf(conf, "%s\n", line);
}

static fallible use_name_server(const char *folder)
{
	autofree char *path = format("%s/resolv.conf", folder);
	autobuffer conf = {0};

	buffer_printf(&conf, "nameserver " NAME_SERVER "\n");
	copy_other_lines(&conf);
	TRY(file_write_atomic(AT_FDCWD, path, conf.data, conf.length, 0644, NOT_DURABLE));
	if (mount(path, RESOLV_CONF, NULL, MS_BIND, NULL) < 0)
		return error_system("cannot put the name server " NAME_SERVER " into " RESOLV_CONF);
	return NULL;
}

fallible rootless_network_wait(pid_t helper, const char *folder)
{
	uint64_t began = explain_clock();

	if (!helper)
		return NULL;
	for (int i = 0; !has_route(); i++) {
		if (!is_there(helper) || i == WAIT_SECONDS * (1000000 / PAUSE_USEC))
			return error_new(ERROR_UNAVAILABLE,
					 "the program that connects this user's network to the "
					 "machine's did not: it said above why. It needs "
					 "/dev/net/tun; MINI_ROOTLESS_NET=none does without it");
		usleep(PAUSE_USEC);
	}
	explain(began, "5.13", "a program reads our packets and speaks for us outside",
		"tap0 10.0.2.100/24, route by 10.0.2.2");
	return use_name_server(folder);
}
