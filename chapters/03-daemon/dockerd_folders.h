/*
 * dockerd_folders.h - where a daemon has its files when nobody says otherwise
 *
 *	             root                          a user (--rootless)
 *	data root    /var/lib/mini-docker          ~/.local/share/mini-docker, XDG_DATA_HOME
 *	exec root    /run/mini-docker              XDG_RUNTIME_DIR/mini-docker
 *	socket       /var/run/mini-docker.sock     XDG_RUNTIME_DIR/docker.sock
 *	file         /etc/mini-docker/daemon.json  ~/.config/mini-docker/daemon.json,
 *XDG_CONFIG_HOME
 *
 * Standard: XDG Base Directory Specification; Docker's rootless mode. Book: 3.1, 5.13
 */
#ifndef MINI_DOCKERD_FOLDERS_H
#define MINI_DOCKERD_FOLDERS_H

#include <stdbool.h>

#include "error.h"

struct dockerd_folders { /* all owned */
	char *data_root, *exec_root;
	char *host; /* "unix:///..." */
	char *config_file;
};

/* ERROR_INVALID for a user who has no HOME or XDG_RUNTIME_DIR. */
fallible dockerd_folders_find(bool rootless, struct dockerd_folders *folders);
void dockerd_folders_finish(struct dockerd_folders *folders); /* {0} is legal */

#endif
