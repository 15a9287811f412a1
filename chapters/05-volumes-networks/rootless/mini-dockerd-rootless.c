/*
 * mini-dockerd-rootless - mini-dockerd of an ordinary user
 *
 *	mini-dockerd-rootless [FLAGS of mini-dockerd]
 *	export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock
 *
 * It becomes root of namespaces of the user's own (rootless_home.h), and then becomes mini-dockerd:
 * the same process, so signals, exit code and systemd are as ever. Containers are in
 * ~/.local/share/mini-docker, the configuration in ~/.config/mini-docker/daemon.json.
 *
 * Standard: Docker's dockerd-rootless.sh. Book: 5.13
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup_own.h"
#include "dockerd_folders.h"
#include "dockerd_settings.h"
#include "explain.h"
#include "flag_completion.h"
#include "memory.h"
#include "rootless_home.h"
#include "rootless_pages.h"

#define PROGRAM "mini-dockerd-rootless"
#define DAEMON  "mini-dockerd"

/* Beside this program. The caller frees. */
static char *daemon_path(void)
{
	char self[PATH_MAX] = "";
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash = length > 0 ? strrchr(self, '/') : NULL;

	return slash ? format("%.*s/" DAEMON, (int)(slash - self), self) : duplicate(DAEMON);
}

/* What the daemon only tells needs no namespaces. */
static bool only_tells(int argc, char **argv)
{
	static const char *const words[] = {"--help", "-h", "--version", "-v", "--validate"};

	for (int i = 1; i < argc; i++)
		for (size_t w = 0; w < countof(words); w++)
			if (strcmp(argv[i], words[w]) == 0)
				return true;
	return false;
}

static fallible check_user(void)
{
	if (geteuid() != 0)
		return NULL;
	return error_new(ERROR_INVALID, "you are root: this program is for ordinary users, root "
					"starts " DAEMON);
}

static fallible enter(char **cgroup_parent)
{
	struct dockerd_folders folders = {0};
	struct error *e = dockerd_folders_find(true, &folders);

	if (!e)
		e = rootless_home_enter(folders.exec_root);
	dockerd_folders_finish(&folders);
	TRY(e);
	autofree char *parent = cgroup_own_parent();
	*cgroup_parent = cgroup_layout() == CGROUP_V2 ? format("%s/mini-docker", parent) : NULL;
	return NULL;
}

/* The user's flags come last, so that they count. */
static fallible become_daemon(int argc, char **argv, char *cgroup_parent)
{
	autofree char *path = daemon_path();
	autofree char **words = allocate((argc + 4) * sizeof(*words));
	size_t count = 0;

	words[count++] = (char *)DAEMON;
	words[count++] = (char *)"--rootless";
	if (cgroup_parent) {
		words[count++] = (char *)"--cgroup-parent";
		words[count++] = cgroup_parent;
	}
	memcpy(words + count, argv + 1, argc * sizeof(*words)); /* with the NULL at its end */
	execv(path, words);
	return error_system("cannot run '%s'", path);
}

static fallible run(int argc, char **argv)
{
	autofree char *cgroup_parent = NULL;

	if (!only_tells(argc, argv)) {
		TRY(check_user());
		TRY(enter(&cgroup_parent));
	}
	return become_daemon(argc, argv, cgroup_parent);
}

/* Its own name is in these. */
static bool tells_itself(int argc, char **argv, struct error **e)
{
	static const char flag[] = "--completion";
	size_t length = strlen(flag);

	*e = NULL;
	for (int i = 1; i < argc; i++) {
		bool asked = strncmp(argv[i], flag, length) == 0;
		const char *shell = asked && argv[i][length] == '=' ? argv[i] + length + 1
				    : asked && !argv[i][length]     ? argv[i + 1]
								    : NULL;

		if (shell)
			*e = flag_completion(dockerd_flags, PROGRAM, shell, stdout);
		else if (strcmp(argv[i], "--man") == 0)
			rootless_pages_man(PROGRAM, stdout);
		else
			continue;
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct error *e;

	if (tells_itself(argc, argv, &e))
		return error_report(PROGRAM, e) ? 125 : 0;
	explain_open_from_environment("rootless");
	return error_report(PROGRAM, run(argc, argv)) ? 1 : 0; /* as a daemon that cannot start */
}
