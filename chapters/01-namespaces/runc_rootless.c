#include "runc_rootless.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "user_namespace.h"

static fallible decide(struct runc *runc)
{
	const char *word = runc->rootless ? runc->rootless : "auto";

	if (strcmp(word, "auto") == 0)
		runc->without_root = geteuid() != 0 || user_namespace_is_inner();
	else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		runc->without_root = *word == 't';
	else
		return error_new(ERROR_INVALID, "--rootless: '%s' is not true, false or auto",
				 word);
	return NULL;
}

fallible runc_rootless_settle(struct runc *runc)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	TRY(decide(runc));
	if (runc->root)
		return NULL;
	if (user_namespace_keeps_folders(runc->without_root) && folder && *folder)
		runc->root = format("%s/mini-runc", folder);
	else if (geteuid() == 0)
		runc->root = "/run/mini-runc";
	else
		return error_new(ERROR_INVALID,
				 "there is no place to keep states of containers: XDG_RUNTIME_DIR "
				 "is not set (logging in sets it; su and sudo do not). Give one "
				 "with --root FOLDER");
	return NULL;
}
