#include "dockerd_pages.h"

#include "dockerd_config.h"
#include "dockerd_settings.h"
#include "man_page.h"

static const struct man_section before[] = {
	{"SYNOPSIS", "mini-dockerd [OPTIONS]"},
	{"DESCRIPTION",
	 "The daemon that containers are asked of: it answers the Docker Engine API, versions 1.24 "
	 "to 1.50, to docker(1), to mini-docker(1) and to every other client. Containers are not "
	 "its children: they run on, and their exit codes are kept, while it is stopped, killed or "
	 "replaced by a newer one.\n\n"
	 "It needs root. Everything can be said by flags or in the configuration file, but not in "
	 "both at once."},
	{0},
};

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

static const struct man_term exit_status[] = {
	{"0", "It was told to end."},
	{"1", "It could not start, and said why."},
	{"125", "The command line is wrong."},
	{0},
};

static const struct man_section after[] = {
	{"SIGNALS", .terms = signals},
	{"ENVIRONMENT", .terms = environment},
	{"FILES", .terms = files},
	{"EXIT STATUS", .terms = exit_status},
	{"SEE ALSO", "mini-docker(1), docker(1), systemd.socket(5)"},
	{0},
};

void dockerd_pages_man(const char *program, FILE *to)
{
	const struct man_page page = {
		.name = program,
		.section = 8,
		.about = "a self-sufficient runtime for containers",
		.before = before,
		.options = dockerd_flags,
		.after = after,
	};

	man_page_write(to, &page);
}
