#include "images_rootless.h"

#include <stdlib.h>
#include <unistd.h>

#include "memory.h"
#include "rootless_namespace.h"
#include "user_namespace.h"

fallible images_rootless_enter(struct images_cli *cli)
{
	if (geteuid() == 0)
		return NULL;
	TRY(rootless_namespace_enter(0));
	cli->entered = true;
	return NULL;
}

fallible images_rootless_root(const char *otherwise, const char **root)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	*root = otherwise;
	if (!user_namespace_keeps_folders(user_namespace_is_inner()))
		return NULL;
	if (data && *data == '/')
		*root = format("%s/mini-docker", data);
	else if (home && *home == '/')
		*root = format("%s/.local/share/mini-docker", home);
	else
		return error_new(ERROR_INVALID, "there is no place for images: HOME is not set. "
						"Give one with --root FOLDER");
	return NULL;
}
