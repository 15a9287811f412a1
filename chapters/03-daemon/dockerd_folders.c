#include "dockerd_folders.h"

#include <stdlib.h>

#include "memory.h"

#define NAME "mini-docker"

void dockerd_folders_finish(struct dockerd_folders *folders)
{
	free(folders->data_root);
	free(folders->exec_root);
	free(folders->host);
	free(folders->config_file);
	*folders = (struct dockerd_folders){0};
}

static const char *absolute(const char *variable)
{
	const char *path = getenv(variable);

	return path && *path == '/' ? path : NULL;
}

/* Of the variable, or in the home folder. */
static fallible of_home(const char *variable, const char *below, const char *rest, char **path)
{
	const char *folder = absolute(variable), *home = absolute("HOME");

	if (!folder && !home)
		return error_new(
			ERROR_INVALID,
			"a rootless daemon keeps its files in the user's home folder: HOME "
			"needs to be set");
	*path = folder ? format("%s/%s", folder, rest) : format("%s/%s/%s", home, below, rest);
	return NULL;
}

static fallible of_user(struct dockerd_folders *folders)
{
	const char *runtime = absolute("XDG_RUNTIME_DIR");

	if (!runtime)
		return error_new(
			ERROR_INVALID,
			"XDG_RUNTIME_DIR needs to be set and writable: it is the folder "
			"for sockets of the user who has logged in (su and sudo do not set "
			"it)");
	folders->exec_root = format("%s/" NAME, runtime);
	folders->host = format("unix://%s/docker.sock", runtime);
	TRY(of_home("XDG_DATA_HOME", ".local/share", NAME, &folders->data_root));
	return of_home("XDG_CONFIG_HOME", ".config", NAME "/daemon.json", &folders->config_file);
}

fallible dockerd_folders_find(bool rootless, struct dockerd_folders *folders)
{
	if (rootless)
		return of_user(folders);
	*folders = (struct dockerd_folders){
		.data_root = duplicate("/var/lib/" NAME),
		.exec_root = duplicate("/run/" NAME),
		.host = duplicate("unix:///var/run/" NAME ".sock"),
		.config_file = duplicate("/etc/" NAME "/daemon.json"),
	};
	return NULL;
}
