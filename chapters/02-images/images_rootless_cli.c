#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "images_cli.h"

static fallible run_unshare(struct images_cli *cli, const struct images_options *options, int argc,
			    char **argv)
{
	const char *shell = getenv("SHELL");
	char *own_shell[] = {(char *)(shell && *shell ? shell : "/bin/sh"), NULL};
	char **command = argc ? argv : own_shell;

	(void)options;
	if (!cli->entered)
		return error_new(ERROR_CONFLICT, "you are root already; a mount namespace is made "
						 "by `unshare --mount`");
	execvp(command[0], command);
	return error_system("cannot run '%s'", command[0]);
}

const struct images_command images_unshare = {
	"unshare",
	"[COMMAND [ARG...]]",
	"Run a command, or a shell, where a user's mounts are seen",
	.most = -1,
	.run = run_unshare,
	.runs_program = true};
