#include "user_namespace.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"

#define MAP_LIMIT 16384 /* 340 lines at most */

/* The first one maps each id of the machine to itself. */
bool user_namespace_is_inner(void)
{
	unsigned int inside, outside, count;
	autobuffer map = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/self/uid_map", MAP_LIMIT, &map);

	if (e || !map.data || sscanf(map.data, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	return inside != 0 || outside != 0 || count != UINT32_MAX;
}

bool user_namespace_has_group(uint32_t gid)
{
	unsigned int inside, outside, count;
	autobuffer map = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/self/gid_map", MAP_LIMIT, &map);

	for (const char *line = e ? NULL : map.data; line && *line;
	     line = strchr(line, '\n'), line += line != NULL)
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) == 3 && gid >= inside &&
		    gid - inside < count)
			return true;
	return false;
}

bool user_namespace_keeps_folders(bool inner)
{
	const char *user = getenv("USER");

	return geteuid() != 0 || (inner && (!user || strcmp(user, "root") != 0));
}
