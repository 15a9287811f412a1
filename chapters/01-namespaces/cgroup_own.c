#include "cgroup_own.h"

#include <fcntl.h>
#include <string.h>

#include "cgroup.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define MEMBERSHIP_LIMIT (64 << 10)

char *cgroup_own_parent(void)
{
	autobuffer text = {0};

	if (cgroup_layout() != CGROUP_V2)
		return duplicate("");
	autoerror e = file_read(AT_FDCWD, "/proc/self/cgroup", MEMBERSHIP_LIMIT, &text);
	/* The kernel may have hierarchies of version 1 that are mounted nowhere: they have lines
	 * too. */
	const char *line = e ? NULL : text.data;
	while (line && !text_has_prefix(line, "0::/")) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return duplicate("");
	const char *path = line + strlen("0::"), *end = path + strcspn(path, "\n");
	while (end > path && *end != '/')
		end--;
	return duplicate_range(path, end - path);
}
