#include "idmap.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"

static fallible write_map(pid_t pid, const char *file, const char *text)
{
	autofree char *path = format("/proc/%d/%s", pid, file);

	return error_wrap(file_write(AT_FDCWD, path, text),
			  "cannot map ids (an unprivileged user may map only its own)");
}

fallible idmap_write(pid_t pid, const char *uid_map, const char *gid_map)
{
	uint64_t began = explain_clock();

	/* Who is not root may map a group only after giving up setgroups(2) in there, or it could
	 * drop a group that denies it something. */
	if (geteuid() != 0)
		TRY(write_map(pid, "setgroups", "deny"));
	TRY(write_map(pid, "uid_map", uid_map));
	TRY(write_map(pid, "gid_map", gid_map));
	explain(began, "1.9", "root inside is somebody else outside",
		"write(\"/proc/%d/uid_map\"), write(\"/proc/%d/gid_map\")", pid, pid);
	return NULL;
}

fallible idmap_become_root(void)
{
	(void)!setgroups(0, NULL); /* refused where setgroups is "deny": then there are none */
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_system("cannot become root of the user namespace: is 0 mapped?");
	return NULL;
}
