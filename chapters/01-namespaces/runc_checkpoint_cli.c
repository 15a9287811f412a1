#include <stdio.h>

#include "runc_cli.h"

/* Both are refused whole, whatever their options are. */
static fallible refuse(const char *command)
{
	return error_new(ERROR_NOT_IMPLEMENTED,
			 "%s: freezing a container into files and thawing it needs CRIU, a project "
			 "of its own that rebuilds processes from the inside; it is not built into "
			 "mini-runc. `mini-runc pause` stops a container where it is; runc or crun "
			 "with criu can do more",
			 command);
}

fallible runc_checkpoint(const struct runc *runc, int argc, char **argv, int *code)
{
	(void)runc;
	(void)argc;
	(void)code;
	return refuse(argv[0]);
}

fallible runc_restore(const struct runc *runc, int argc, char **argv, int *code)
{
	(void)runc;
	(void)argc;
	(void)code;
	return refuse(argv[0]);
}
