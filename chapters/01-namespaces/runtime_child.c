#include "runtime_child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"
#include "runtime_channel.h"

void runtime_child_warn(struct runtime_child *child, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	autoerror e = error_new(ERROR_UNAVAILABLE, "%s", text);
	channel_send_error(child->channel, MESSAGE_WARNING, e);
}

/* Numbers 0 to 2 and those of --preserve-fds are about to be taken. */
static fallible move_away(int *fd, int first_free)
{
	if (*fd < 0 || *fd >= first_free)
		return NULL;
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, first_free);
	if (moved < 0)
		return error_system("cannot move descriptor %d out of the way", *fd);
	*fd = moved;
	return NULL;
}

static fallible make_room(struct runtime_child *child)
{
	int first_free = 3 + child->files.preserved, trace = explain_fd();

	TRY(move_away(&child->channel, first_free));
	TRY(move_away(&child->files.root, first_free));
	TRY(move_away(&child->files.start, first_free));
	for (int i = 0; i < 3; i++)
		TRY(move_away(&child->files.stdio[i], first_free));
	TRY(move_away(&trace, first_free));
	explain_open("container", trace);
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all between the kept ones, and above the last of them. */
static fallible close_between(const int *kept, size_t count, int first_free)
{
	for (size_t i = 0; i < count; i++) {
		unsigned int last = i + 1 < count ? (unsigned int)kept[i + 1] - 1 : ~0U;

		if (kept[i] < first_free - 1 || (unsigned int)kept[i] >= last)
			continue;
		if (kernel_close_range(kept[i] + 1, last, 0) < 0)
			return error_system("cannot close the runtime's descriptors");
	}
	return NULL;
}

/* What else the runtime has open, its locks among it, is not for this process. */
static fallible close_the_rest(const struct runtime_child *child)
{
	const int own[] = {child->channel,        child->files.root,         child->files.start,
			   child->files.stdio[0], child->files.stdio[1],     child->files.stdio[2],
			   explain_fd(),          2 + child->files.preserved};
	size_t count = countof(own) + child->sources.count;
	autofree int *kept = allocate(count * sizeof(*kept));

	memcpy(kept, own, sizeof(own));
	for (size_t i = 0; i < child->sources.count; i++)
		kept[countof(own) + i] = child->sources.fd[i];
	qsort(kept, count, sizeof(*kept), by_number);
	return close_between(kept, count, 3 + child->files.preserved);
}

static fallible become(int from, int to)
{
	if (dup2(from, to) < 0)
		return error_system("cannot make descriptor %d the program's %d", from, to);
	return NULL;
}

/* They are 0 to 2 now. A pipe among them ends for its reader when a terminal takes its place, not
 * only with execve(2): containerd's shim waits for that before it calls `start`. */
static void close_sources(struct runtime_child *child)
{
	for (int i = 0; i < 3; i++)
		close_fd(&child->files.stdio[i]);
}

static fallible arrange(struct runtime_child *child)
{
	int null = -1;

	TRY(make_room(child));
	TRY(close_the_rest(child));
	for (int i = 0; i < 3; i++) {
		int from = child->files.stdio[i];

		if (from < 0 && null < 0)
			null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (from < 0 && null < 0)
			return error_system("cannot open /dev/null");
		if (from >= 0 || null != i)
			TRY(become(from >= 0 ? from : null, i));
		else
			fcntl(null, F_SETFD, 0);
	}
	close_sources(child);
	return NULL;
}

static fallible run(struct runtime_child *child)
{
	size_t offset = 0;
	struct step step;
	int more;

	TRY(arrange(child));
	umask(0); /* modes of what is created are meant as they are; STEP_UMASK comes later */
	while ((more = plan_next(child->plan, child->plan_length, &offset, &step)) > 0)
		TRY(runtime_child_step(child, &step));
	if (more < 0)
		return error_new(ERROR_CORRUPT, "the plan of the container makes no sense");
	return error_new(ERROR_INVALID, "the plan of the container has no program to run");
}

_Noreturn void runtime_child_run(const void *plan, size_t length, const struct runtime_files *files,
				 const char *cgroup, const struct mount_sources *sources,
				 int channel)
{
	struct runtime_child child = {.channel = channel,
				      .plan = plan,
				      .plan_length = length,
				      .sources = *sources,
				      .files = *files,
				      .rootfd = -1,
				      .mask = {.rootfd = -1, .null = -1, .empty = -1},
				      .cgroup = cgroup ? cgroup : ""};

	struct error *e = run(&child);
	channel_send_error(child.channel, MESSAGE_ERROR, e);
	_exit(error_exit_code(e));
}
