#include "hook.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "plan.h"

#define SAID_LIMIT 400

const char *const hook_names[HOOK_POINT_COUNT] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

static const char *const statuses[HOOK_POINT_COUNT] = {
	[HOOK_PRESTART] = "creating",         [HOOK_CREATE_RUNTIME] = "creating",
	[HOOK_CREATE_CONTAINER] = "creating", [HOOK_START_CONTAINER] = "created",
	[HOOK_POSTSTART] = "running",         [HOOK_POSTSTOP] = "stopped",
};

/* One hook that is run. */
struct hook {
	const struct step *step;
	const struct hook_scene *scene;
	const char *bundle;
	int input, output; /* the state; what it printed */
	pid_t pid;
};

/* Files in memory: nobody has to pass bytes on while it runs, and what a hook leaves running in
 * the background does not keep us waiting for the end of a pipe. */
static fallible open_files(struct hook *hook, const char *state)
{
	hook->input = memfd_create("state", MFD_CLOEXEC);
	hook->output = memfd_create("output", MFD_CLOEXEC);
	if (hook->input < 0 || hook->output < 0)
		return error_system("cannot make a file in memory");
	TRY(file_write_fd(hook->input, "state", state, strlen(state)));
	return lseek(hook->input, 0, SEEK_SET) < 0 ? error_system("cannot rewind the state") : NULL;
}

/* The arguments and the environment of the step as arrays: argv is what is returned, and *envp
 * points behind its end. A hook without arguments gets its path as argv[0]. */
static char **words_of(const struct step *step, char ***envp)
{
	const char *at = step->bytes, *end = at + step->bytes_length;
	size_t arguments = step->number[2], count = 0;
	char **words = allocate((step->bytes_length + 4) * sizeof(*words));

	if (!arguments)
		words[count++] = (char *)step->text[0];
	for (size_t i = 0; i < arguments && at < end; i++, at += strnlen(at, end - at) + 1)
		words[count++] = (char *)at;
	count++;
	*envp = words + count;
	for (; at && at < end; at += strnlen(at, end - at) + 1)
		words[count++] = (char *)at;
	return words;
}

static int spawn(struct hook *hook, posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attributes)
{
	const struct step *step = hook->step;
	char **envp, **argv = words_of(step, &envp);

	posix_spawn_file_actions_adddup2(actions, hook->input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(actions, hook->output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(actions, hook->output, STDERR_FILENO);
	if (hook->scene->folder >= 0)
		posix_spawn_file_actions_addfchdir_np(actions, hook->scene->folder);
	else if (hook->scene->folder != AT_FDCWD && *hook->bundle)
		posix_spawn_file_actions_addchdir_np(actions, hook->bundle);
	if (!step->number[3])
		envp = hook->scene->environment;
	int errnum = posix_spawn(&hook->pid, step->text[0], actions, attributes, argv, envp);
	free(argv);
	return errnum;
}

/* In a process group of its own, so that it can be killed whole; with the signals of a program
 * that a shell starts. */
static fallible begin(struct hook *hook)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	errno = spawn(hook, &actions, &attributes);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return errno ? error_system("cannot be run") : NULL;
}

static int milliseconds_left(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t left = (int64_t)(deadline->tv_sec - now.tv_sec) * 1000 +
		       (deadline->tv_nsec - now.tv_nsec) / 1000000;
	return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

/* Until it has ended. NULL: by itself. */
static fallible await(const struct hook *hook)
{
	int64_t timeout = hook->step->number[1];
	autoclose int pidfd = kernel_pidfd_open(hook->pid);
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN},
			       {.fd = hook->scene->pidfd, .events = POLLIN}};
	struct timespec deadline;
	int ready;

	if (pidfd < 0)
		return error_system("cannot watch it");
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += timeout;
	do {
		ready = poll(fds, countof(fds), timeout ? milliseconds_left(&deadline) : -1);
		if (fds[0].revents)
			return NULL;
		if (fds[1].revents)
			return error_new(ERROR_SYSTEM, "the container ended while it ran");
	} while (!timeout || milliseconds_left(&deadline) || (ready < 0 && errno == EINTR));
	return error_new(ERROR_SYSTEM, "it did not end in its timeout of %lld seconds",
			 (long long)timeout);
}

/* The end of what it printed, as one line, for the message. */
static char *said(int output)
{
	char text[SAID_LIMIT + 1] = "";
	off_t length = lseek(output, 0, SEEK_END);
	ssize_t n = pread(output, text, SAID_LIMIT, length > SAID_LIMIT ? length - SAID_LIMIT : 0);

	for (; n > 0 && isspace((unsigned char)text[n - 1]); n--)
		text[n - 1] = '\0';
	for (char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = ' ';
	return *text ? format(", and said: %s", text) : duplicate("");
}

static fallible judge(const struct hook *hook, int status)
{
	autofree char *text = said(hook->output);

	if (WIFSIGNALED(status))
		return error_new(ERROR_SYSTEM, "was killed by signal %d%s", WTERMSIG(status), text);
	if (WEXITSTATUS(status))
		return error_new(ERROR_SYSTEM, "ended with code %d%s", WEXITSTATUS(status), text);
	return NULL;
}

static fallible run_opened(struct hook *hook, const char *state)
{
	int status = 0;

	TRY(open_files(hook, state));
	TRY(begin(hook));
	autoerror e = await(hook);
	if (e)
		kill(-hook->pid, SIGKILL);
	while (waitpid(hook->pid, &status, 0) < 0 && errno == EINTR)
		;
	return e ? steal(&e) : judge(hook, status);
}

static fallible run_one(const struct step *step, const struct step *state,
			const struct hook_scene *scene)
{
	uint64_t began = explain_clock();
	struct hook hook = {.step = step, .scene = scene, .bundle = state->text[1], -1, -1, -1};
	const char *status = statuses[step->number[0]];
	autofree char *text = scene->pid ? format("{%s,\"status\":\"%s\",\"pid\":%d}",
						  state->text[0], status, scene->pid)
					 : format("{%s,\"status\":\"%s\"}", state->text[0], status);
	struct error *e = run_opened(&hook, text);

	close_fd(&hook.input);
	close_fd(&hook.output);
	if (!e)
		explain(began, "1.14", "others take part, and read the state",
			"posix_spawn(\"%s\") < {\"status\": \"%s\"}", step->text[0], status);
	return e;
}

fallible hook_run_all(const void *plan, size_t length, enum hook_point point,
		      const struct hook_scene *scene, struct buffer *failures)
{
	struct step step, state = {.text = {"", ""}};
	size_t offset = 0;

	for (int index = 0; plan_next(plan, length, &offset, &step) > 0;) {
		if (step.kind == STEP_STATE)
			state = step;
		if (step.kind != STEP_HOOK || step.number[0] != (int64_t)point)
			continue;
		autoerror e = error_wrap(run_one(&step, &state, scene), "hooks.%s[%d]: '%s'",
					 hook_names[point], index++, step.text[0]);
		if (e && !failures)
			return steal(&e);
		if (e)
			buffer_printf(failures, "%s\n", e->message);
	}
	return NULL;
}
