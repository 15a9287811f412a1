#include "unpack_path.h"

#include <string.h>

#include "text.h"
#include "whiteout.h"

#define AUFS_PREFIX ".wh..wh." /* another union filesystem's */

static fallible name_hidden(const char *path, const char *special, const char **name)
{
	*name = special + strlen(WHITEOUT_PREFIX);
	if (strchr(special, '/'))
		return error_new(ERROR_INVALID, "the archive's path '%s' goes through a whiteout",
				 path);
	if (!**name || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
		return error_new(ERROR_INVALID, "the archive's whiteout '%s' names nothing", path);
	return NULL;
}

fallible unpack_path_classify(const char *path, enum unpack_path_kind *kind, const char **name)
{
	const char *special = whiteout_find(path);

	if (!special)
		*kind = UNPACK_PATH_NODE;
	else if (strcmp(special, WHITEOUT_OPAQUE) == 0)
		*kind = UNPACK_PATH_OPAQUE;
	else
		*kind = text_has_prefix(special, AUFS_PREFIX) ? UNPACK_PATH_IGNORED
							      : UNPACK_PATH_WHITEOUT;
	return *kind == UNPACK_PATH_WHITEOUT ? name_hidden(path, special, name) : NULL;
}
