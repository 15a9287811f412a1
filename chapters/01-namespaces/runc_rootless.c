#include "runc_rootless.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"

/* The first one maps each id of the machine to itself. */
static bool in_user_namespace(void)
{
	unsigned int inside, outside, count;
	autobuffer map = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map);

	if (e || !map.data || sscanf(map.data, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	return inside != 0 || outside != 0 || count != UINT32_MAX;
}

static fallible decide(struct runc *runc)
{
	const char *word = runc->rootless ? runc->rootless : "auto";

	if (strcmp(word, "auto") == 0)
		runc->without_root = geteuid() != 0 || in_user_namespace();
	else if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		runc->without_root = *word == 't';
	else
		return error_new(ERROR_INVALID, "--rootless: '%s' is not true, false or auto",
				 word);
	return NULL;
}

/* Who has become root of a user namespace by `unshare` or `podman unshare` still has his own
 * folders; who has logged in there as root has not. */
static bool keeps_at_users(const struct runc *runc)
{
	const char *user = getenv("USER");

	return geteuid() != 0 || (runc->without_root && (!user || strcmp(user, "root") != 0));
}

fallible runc_rootless_settle(struct runc *runc)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	TRY(decide(runc));
	if (runc->root)
		return NULL;
	if (keeps_at_users(runc) && folder && *folder)
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
