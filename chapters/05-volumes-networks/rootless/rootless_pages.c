#include "rootless_pages.h"

#include "dockerd_settings.h"
#include "man_page.h"

static const char description[] =
	"mini-dockerd(8) of an ordinary user: it becomes root of a user namespace, and of a mount "
	"and "
	"a network namespace, which are the user's own, and then becomes mini-dockerd. It takes "
	"the "
	"flags of that one and needs no root. Containers run on while it is stopped, killed or "
	"replaced, and are found again by the next one.\n\n"
	"With newuidmap(1) and a range in /etc/subuid, containers have users beside root. Their "
	"way "
	"out is slirp4netns(1) or pasta(1), and ports that they publish are opened on the machine.";

static const struct man_term signals[] = {
	{"SIGTERM, SIGINT", "Ends the daemon; containers go on running."},
	{"SIGHUP", "Reads the configuration file again, all of it or, where it has a mistake, "
		   "nothing."},
	{0},
};

static const struct man_term environment[] = {
	{"XDG_RUNTIME_DIR", "Where the socket and all that is gone after a reboot lie. Needed."},
	{"XDG_DATA_HOME, XDG_CONFIG_HOME", "In place of ~/.local/share and ~/.config."},
	{"MINI_ROOTLESS_NET",
	 "The way out: slirp4netns or pasta (default: the one that is there)."},
	{"MINI_EXPLAIN", "Set to 1: each step at a kernel interface is told on standard error."},
	{0},
};

static const struct man_term files[] = {
	{"$XDG_RUNTIME_DIR/docker.sock", "Where clients ask: DOCKER_HOST=unix://..."},
	{"~/.config/mini-docker/daemon.json", "The configuration file."},
	{"~/.local/share/mini-docker", "Images, containers and their logs."},
	{"/etc/subuid, /etc/subgid", "Which ids the user's containers may have."},
	{0},
};

void rootless_pages_man(const char *program, FILE *to)
{
	const struct man_daemon page = {
		.name = program,
		.about = "a daemon for containers that needs no root",
		.description = description,
		.options = dockerd_flags,
		.signals = signals,
		.environment = environment,
		.files = files,
		.see_also = "mini-dockerd(8), mini-docker(1), newuidmap(1), user_namespaces(7)",
	};

	man_page_daemon(to, &page);
}
