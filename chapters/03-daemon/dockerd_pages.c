#include "dockerd_pages.h"

#include "dockerd_config.h"
#include "dockerd_settings.h"
#include "man_page.h"

static const char description[] =
	"The daemon that containers are asked of: it answers the Docker Engine API, versions 1.24 "
	"to 1.50, to docker(1), to mini-docker(1) and to every other client. Containers are not "
	"its children: they run on, and their exit codes are kept, while it is stopped, killed or "
	"replaced by a newer one.\n\n"
	"It needs root. Everything can be said by flags or in the configuration file, but not in "
	"both at once.";

static const struct man_term signals[] = {
	{"SIGTERM, SIGINT", "Ends the daemon; containers go on running."},
	{"SIGHUP", "Reads the configuration file again, all of it or, where it has a mistake, "
		   "nothing."},
	{0},
};

static const struct man_term environment[] = {
	{"MINI_EXPLAIN", "Set to 1: each step at a kernel interface is told on standard error."},
	{"LISTEN_FDS, LISTEN_PID", "Sockets of systemd, for -H fd://."},
	{"NOTIFY_SOCKET", "Where systemd is told that the daemon is ready."},
	{0},
};

static const struct man_term files[] = {
	{DOCKERD_DEFAULT_CONFIG_FILE, "The configuration file: JSON, with the names of the flags "
				      "as keys. --validate tells whether it is right."},
	{"/var/lib/mini-docker", "Images, containers and their logs."},
	{"/run/mini-docker", "What means nothing after a reboot."},
	{"/var/run/docker.sock", "Where clients ask, unless -H says otherwise."},
	{0},
};

void dockerd_pages_man(const char *program, FILE *to)
{
	const struct man_daemon page = {
		.name = program,
		.about = "a self-sufficient runtime for containers",
		.description = description,
		.options = dockerd_flags,
		.signals = signals,
		.environment = environment,
		.files = files,
		.see_also = "mini-docker(1), docker(1), systemd.socket(5)",
	};

	man_page_daemon(to, &page);
}
