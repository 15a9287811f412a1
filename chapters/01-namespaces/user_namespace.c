#include "user_namespace.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"

/* The first one maps each id of the machine to itself. */
bool user_namespace_is_inner(void)
{
	unsigned int inside, outside, count;
	autobuffer map = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map);

	if (e || !map.data || sscanf(map.data, "%u %u %u", &inside, &outside, &count) != 3)
		return false;
	return inside != 0 || outside != 0 || count != UINT32_MAX;
}

bool user_namespace_keeps_folders(bool inner)
{
	const char *user = getenv("USER");

	return geteuid() != 0 || (inner && (!user || strcmp(user, "root") != 0));
}
