#include "idmap_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"

#define SAID_LIMIT 4096

/* One id, and that is `id`, whatever it is inside. */
static bool is_only(const char *map, unsigned int id)
{
	unsigned int inside, outside, count;
	int length = 0;

	return sscanf(map, "%u %u %u%n", &inside, &outside, &count, &length) == 3 &&
	       outside == id && count == 1 && strspn(map + length, "\n") == strlen(map + length);
}

bool idmap_tool_needed(const char *uid_map, const char *gid_map)
{
	return geteuid() != 0 && !(is_only(uid_map, geteuid()) && is_only(gid_map, getegid()));
}

/* The process, then the numbers of the map: words of `text`, which is cut at its blanks. */
static char **arguments_of(const char *tool, const char *pid, char *text)
{
	char **argv = allocate((3 + strlen(text)) * sizeof(*argv)), *save = NULL;
	size_t count = 0;

	argv[count++] = (char *)tool;
	argv[count++] = (char *)pid;
	for (char *word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
		argv[count++] = word;
	return argv;
}

/* Starts it with what it says going to *said. */
static int start(char **argv, pid_t *pid, int *said)
{
	posix_spawn_file_actions_t actions;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	int errnum = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*said = ends[0];
	return errnum;
}

static fallible refused(const char *tool, const struct buffer *said)
{
	struct passwd *user = getpwuid(geteuid());
	const char kind = tool[3]; /* newuidmap, newgidmap */

	/* It begins with its own name, as programs do. */
	return error_new(ERROR_FORBIDDEN,
			 "cannot map ids: %.*s. The ids that a user may map besides "
			 "his own are in /etc/sub%cid; `usermod --add-sub%cids 100000-165535 %s` "
			 "adds a range",
			 said->data ? (int)strcspn(said->data, "\n") : (int)strlen(tool),
			 said->data ? said->data : tool, kind, kind, user ? user->pw_name : "USER");
}

static fallible run(const char *tool, pid_t pid, const char *map)
{
	uint64_t began = explain_clock();
	autofree char *number = format("%d", pid), *text = duplicate(map);
	autofree char **argv = arguments_of(tool, number, text);
	autoclose int output = -1;
	autobuffer said = {0};
	int status = -1;
	pid_t child;

	int errnum = start(argv, &child, &output);
	if (errnum)
		return error_errno(ERROR_UNAVAILABLE, errnum,
				   "cannot run %s, which has to map more ids than one's own: "
				   "install the package uidmap (shadow-utils), or map one id only",
				   tool);
	struct error *e = file_read_fd(output, tool, SAID_LIMIT, &said);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	TRY(e);
	if (status != 0)
		return refused(tool, &said);
	explain(began, "1.9", "more than one's own id takes a setuid program", "%s %d %.*s", tool,
		pid, (int)strcspn(map, "\n"), map);
	return NULL;
}

fallible idmap_tool_write(pid_t pid, const char *uid_map, const char *gid_map)
{
	TRY(run("newuidmap", pid, uid_map));
	return run("newgidmap", pid, gid_map);
}
