#include "rootless_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "idmap.h"
#include "idmap_tool.h"
#include "log.h"
#include "memory.h"

#define SUBID_LIMIT (1 << 20)

/* -- which ids -- */

static bool is_named(const char *line, size_t length, const char *name)
{
	return strlen(name) == length && strncmp(line, name, length) == 0;
}

/* Lines "user:first:count", the user by name or number: each is a line "inside first count". */
static void append_ranges(const char *lines, const char *name, const char *number,
			  struct buffer *map)
{
	unsigned int first, count;
	uint64_t inside = 1;

	for (const char *line = lines; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t length = strcspn(line, ":\n");

		if ((!is_named(line, length, name) && !is_named(line, length, number)) ||
		    sscanf(line + length, ":%u:%u", &first, &count) != 2 || !count ||
		    inside + count > UINT32_MAX)
			continue;
		buffer_printf(map, "%llu %u %u\n", (unsigned long long)inside, first, count);
		inside += count;
	}
}

/* The own id as 0, then what the file gives. */
static void make_map(const char *path, unsigned int own, struct buffer *map)
{
	const struct passwd *user = getpwuid(geteuid());
	autofree char *number = format("%u", geteuid());
	autobuffer lines = {0};
	autoerror missing = file_read(AT_FDCWD, path, SUBID_LIMIT, &lines);

	buffer_printf(map, "0 %u 1\n", own);
	if (!missing)
		append_ranges(lines.data, user ? user->pw_name : number, number, map);
}

struct maps {
	struct buffer uid, gid;
	char *only_uid, *only_gid;
};

static void finish_maps(struct maps *maps)
{
	buffer_finish(&maps->uid);
	buffer_finish(&maps->gid);
	free(maps->only_uid);
	free(maps->only_gid);
}

static void make_maps(struct maps *maps)
{
	make_map("/etc/subuid", geteuid(), &maps->uid);
	make_map("/etc/subgid", getegid(), &maps->gid);
	maps->only_uid = format("0 %u 1\n", geteuid());
	maps->only_gid = format("0 %u 1\n", getegid());
}

/* Where the one id is all there is, who unpacks a layer is told what that does to it. */
static fallible write_maps(const struct maps *maps, pid_t pid)
{
	if (idmap_tool_needed(maps->uid.data, maps->gid.data)) {
		struct error *e = idmap_tool_write(pid, maps->uid.data, maps->gid.data);

		if (!e)
			return NULL;
		log_dropped(LOG_LEVEL_WARN, e, "no ids but your own");
	}
	return idmap_write(pid, maps->only_uid, maps->only_gid);
}

/* -- the namespaces -- */

/* A process that stays outside, and writes the maps of its parent when that has gone in. */
static void write_from_outside(const struct maps *maps, int go)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	struct error *e = write_maps(maps, getppid());
	_exit(e ? error_report(program_invocation_short_name, e) : 0);
}

static fallible go_in(int kinds)
{
	uint64_t began = explain_clock();

	if (unshare(kinds) < 0)
		return error_system("cannot make a user namespace, without which who is not root "
				    "can give no files away and mount nothing (the sysctls "
				    "user.max_user_namespaces and "
				    "kernel.apparmor_restrict_unprivileged_userns can forbid it)");
	explain(began, "2.4", "root of a namespace of one's own: files can be given away in there",
		"unshare(CLONE_NEWUSER | CLONE_NEWNS%s)",
		kinds & CLONE_NEWNET ? " | CLONE_NEWNET" : "");
	return NULL;
}

static fallible go_in_with_helper(int kinds, int go, pid_t helper)
{
	struct error *e = go_in(kinds);
	int status;

	if (!e && write(go, "", 1) != 1)
		e = error_system("cannot wake the process that maps ids");
	close(go);
	while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
		;
	TRY(e);
	if (status != 0 || geteuid() != 0)
		return error_new(ERROR_FORBIDDEN, "cannot become root of a user namespace");
	/* New mounts of the machine are seen in here, and ours are not seen out there. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_system("cannot keep mounts inside of a new namespace");
	return NULL;
}

static fallible enter(int kinds, const struct maps *maps)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	pid_t helper = fork();
	if (helper == 0) {
		close(ends[1]);
		write_from_outside(maps, ends[0]);
	}
	close(ends[0]);
	if (helper > 0)
		return go_in_with_helper(kinds, ends[1], helper);
	close(ends[1]);
	return error_system("cannot start a process that maps ids");
}

fallible rootless_namespace_enter(int more)
{
	struct maps maps = {0};

	make_maps(&maps);
	struct error *e = enter(CLONE_NEWUSER | CLONE_NEWNS | more, &maps);
	finish_maps(&maps);
	return e;
}
