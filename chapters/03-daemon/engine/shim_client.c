#include "shim_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "memory.h"
#include "open_files.h"

/* Clients that attach before the start wait in the backlog. */
#define SHIM_BACKLOG 64

static struct sockaddr_un address_in(int run_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SHIM_SOCKET,
		 run_fd);
	return address;
}

/* ---- birth ---- */

fallible shim_listen(int run_fd, int *listen_fd)
{
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = address_in(run_fd);
	uint64_t began = explain_clock();

	if (fd < 0)
		return error_system("cannot make the socket of a shim");
	unlinkat(run_fd, SHIM_SOCKET, 0); /* of the run before */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, SHIM_BACKLOG) < 0)
		return error_system("cannot listen on the socket '%s' of a shim", address.sun_path);
	explain(began, "3.5", "who attaches before the start waits in its backlog",
		"socket(SOCK_SEQPACKET), bind(\"" SHIM_SOCKET "\"), listen()");
	*listen_fd = steal_fd(&fd);
	return NULL;
}

static fallible write_orders(const struct shim_birth *birth, int *orders_fd)
{
	struct shim_orders head = birth->orders;
	const struct buffer *plan = &birth->plan->steps;
	autoclose int fd = memfd_create("shim orders", MFD_CLOEXEC);

	if (fd < 0)
		return error_system("cannot make a memfd for the orders of a shim");
	head.version = SHIM_ORDERS_VERSION;
	head.plan_length = plan->length;
	head.mount_count = birth->mount_count;
	head.log_length = birth->log ? birth->log->length : 0;
	head.open_files[0] = open_files_before().rlim_cur;
	head.open_files[1] = open_files_before().rlim_max;
	TRY(file_write_fd(fd, "the orders of a shim", &head, sizeof(head)));
	TRY(file_write_fd(fd, "the orders of a shim", plan->data, plan->length));
	if (birth->log)
		TRY(file_write_fd(fd, "the orders of a shim", birth->log->data,
				  birth->log->length));
	*orders_fd = steal_fd(&fd);
	return NULL;
}

/* A descriptor that is itself one of the numbers 0 to SHIM_FD_END could be overwritten by an
 * earlier dup2 of the list. */
static int out_of_the_way(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FD_END);
}

/* sources[n] becomes descriptor n of the child; all else is close-on-exec. */
static int spawn(const struct shim_birth *birth, const int *sources, int count, pid_t *pid)
{
	char name[] = "mini-shim";
	char *argv[] = {name, (char *)birth->id, NULL};
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < count; fd++)
		posix_spawn_file_actions_adddup2(&actions, sources[fd], fd);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	/* vfork inside: the daemon's memory is neither copied nor marked for copying. */
	int problem = posix_spawn(pid, birth->program, &actions, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return problem;
}

fallible shim_spawn(const struct shim_birth *birth, pid_t *pid)
{
	autoclose int orders = -1, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint64_t began = explain_clock();
	int trace = explain_fd();
	struct shim_birth with_trace = *birth;
	int sources[SHIM_FD_END], count = SHIM_FD_COUNT + (int)birth->mount_count, problem = 0;

	if (birth->mount_count > SHIM_MOUNTS_MOST)
		return error_new(ERROR_INVALID,
				 "there are more than %d mounts of images and of parts of volumes",
				 SHIM_MOUNTS_MOST);
	if (null < 0)
		return error_system("cannot open /dev/null");
	with_trace.orders.flags |= trace >= 0 ? SHIM_EXPLAIN : 0;
	TRY(write_orders(&with_trace, &orders));
	const int wanted[SHIM_FD_COUNT] = {
		[STDIN_FILENO] = null,
		[STDOUT_FILENO] = null,
		[STDERR_FILENO] = birth->errors_fd,
		[SHIM_FD_ORDERS] = orders,
		[SHIM_FD_LISTEN] = birth->listen_fd,
		[SHIM_FD_RUN] = birth->run_fd,
		[SHIM_FD_DATA] = birth->data_fd,
		[SHIM_FD_ROOT] = birth->root_fd >= 0 ? birth->root_fd : null,
		[SHIM_FD_EXPLAIN] = trace >= 0 ? trace : null,
	};
	for (int fd = 0; fd < count; fd++) {
		sources[fd] = out_of_the_way(
			fd < SHIM_FD_COUNT ? wanted[fd] : birth->mounts[fd - SHIM_FD_COUNT]);
		if (sources[fd] < 0)
			problem = errno;
	}
	if (!problem)
		problem = spawn(birth, sources, count, pid);
	for (int fd = 0; fd < count; fd++)
		close_fd(&sources[fd]);
	if (problem)
		return error_errno(ERROR_SYSTEM, problem,
				   "cannot start '%s', the parent of a container", birth->program);
	explain(began, "3.5", "the container's parent: it outlives the daemon",
		"posix_spawn(\"mini-shim\", \"%.12s\") = %d", birth->id, *pid);
	return NULL;
}

/* ---- talk ---- */

/* A backlog that is full is told at once (EAGAIN) instead of blocking. */
static fallible connect_to(int run_fd, int *out)
{
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = address_in(run_fd);

	if (run_fd < 0)
		return error_new(ERROR_UNAVAILABLE, "the process does not run");
	if (fd < 0)
		return error_system("cannot make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_errno(ERROR_UNAVAILABLE, errno, "cannot reach the shim");
	*out = steal_fd(&fd);
	return NULL;
}

static fallible send_request(int fd, struct shim_request *request, int carried)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec part = {request, offsetof(struct shim_request, input) + request->input_length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	request->version = SHIM_VERSION;
	if (carried >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &carried, sizeof(int));
	}
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		return error_errno(ERROR_UNAVAILABLE, errno, "cannot send to the shim");
	return NULL;
}

fallible shim_watch(int run_fd, int *watch_fd)
{
	struct shim_request request = {.kind = SHIM_WATCH};
	autoclose int fd = -1;

	TRY(connect_to(run_fd, &fd));
	TRY(send_request(fd, &request, -1));
	*watch_fd = steal_fd(&fd);
	return NULL;
}

fallible shim_let_start(int watch_fd)
{
	struct shim_request request = {.kind = SHIM_START};
	autoerror e = send_request(watch_fd, &request, -1);

	/* A shim that has gone has left a report that says why. */
	if (e && e->errnum != EPIPE && e->errnum != ECONNRESET)
		return steal(&e);
	return NULL;
}

static fallible await_readable(int fd, int timeout_ms)
{
	struct pollfd one = {fd, POLLIN, 0};
	int ready;

	do
		ready = poll(&one, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return error_system("cannot wait for the shim");
	if (ready == 0)
		return error_new(ERROR_UNAVAILABLE, "the shim did not answer in %d seconds",
				 timeout_ms / 1000);
	return NULL;
}

fallible shim_next_report(int watch_fd, int timeout_ms, struct shim_report *report)
{
	*report = (struct shim_report){0};
	TRY(await_readable(watch_fd, timeout_ms));
	ssize_t n = recv(watch_fd, report, sizeof(*report) - 1, MSG_DONTWAIT);
	/* A peer that closed before it read all is told first, its last words come after. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(watch_fd, report, sizeof(*report) - 1, MSG_DONTWAIT);
	if (n <= 0)
		return error_new(ERROR_UNAVAILABLE, "the shim has ended without a last word");
	if (n < (ssize_t)offsetof(struct shim_report, message) || report->version != SHIM_VERSION)
		return error_new(ERROR_UNAVAILABLE,
				 "the shim speaks version %u, this daemon %d: stop the container "
				 "with the daemon that started it",
				 report->version, SHIM_VERSION);
	return NULL;
}

void shim_find(int run_fd, int *watch_fd, struct shim_report *report)
{
	autoerror e = shim_watch(run_fd, watch_fd);

	*report = (struct shim_report){0};
	do {
		if (!e)
			e = shim_next_report(*watch_fd, SHIM_ANSWER_MS, report);
	} while (!e && report->kind == SHIM_CREATED);
	if (!e)
		return;
	report->kind = 0;
	close_fd(watch_fd);
}

fallible shim_failure(const struct shim_report *report, const char *prefix)
{
	enum error_class class = report->class >= 0 && report->class < ERROR_CLASS_COUNT
					 ? report->class
					 : ERROR_SYSTEM;
	struct error *e = error_new(class, "%s%s: unknown", prefix, report->message);

	e->errnum = report->errnum;
	return e;
}

fallible shim_expect(int watch_fd, enum shim_report_kind kind, const char *prefix,
		     struct shim_report *report)
{
	TRY(shim_next_report(watch_fd, -1, report));
	if (report->kind == SHIM_FAILED)
		return shim_failure(report, prefix);
	if (report->kind != kind)
		return error_new(ERROR_SYSTEM, "the shim reported %u where %d was expected",
				 report->kind, kind);
	return NULL;
}

fallible shim_attach(int run_fd, const struct shim_attachment *attachment, int stream)
{
	autofree struct shim_request *request = allocate(sizeof(*request));
	uint64_t began = explain_clock();
	autoclose int fd = -1;

	if (attachment->input_length > sizeof(request->input))
		return error_new(ERROR_TOO_LARGE,
				 "the client sent %zu bytes before it was attached; at most %zu "
				 "are taken",
				 attachment->input_length, sizeof(request->input));
	request->kind = SHIM_ATTACH;
	request->flags = attachment->flags;
	request->detach_keys_length = attachment->detach_keys_length;
	memcpy(request->detach_keys, attachment->detach_keys, sizeof(request->detach_keys));
	request->input_length = attachment->input_length;
	if (attachment->input_length)
		memcpy(request->input, attachment->input, attachment->input_length);
	TRY(connect_to(run_fd, &fd));
	TRY(send_request(fd, request, stream));
	explain(began, "3.6", "the client's socket is the shim's from here on",
		"sendmsg(\"" SHIM_SOCKET "\", SCM_RIGHTS, %d)", stream);
	return NULL;
}

/* One request, one answer. */
static fallible ask(int run_fd, struct shim_request *request)
{
	struct shim_report answer;
	autoclose int fd = -1;

	TRY(connect_to(run_fd, &fd));
	TRY(send_request(fd, request, -1));
	TRY(shim_next_report(fd, SHIM_ANSWER_MS, &answer));
	if (answer.errnum == ESRCH)
		return error_new(ERROR_UNAVAILABLE, "the process has ended");
	if (answer.errnum)
		return error_errno(ERROR_SYSTEM, answer.errnum, "the shim could not do it");
	return NULL;
}

fallible shim_signal(int run_fd, int signal)
{
	struct shim_request request = {.kind = SHIM_SIGNAL, .signal = signal};
	uint64_t began = explain_clock();

	TRY(ask(run_fd, &request));
	explain(began, "3.5", "by its parent, for whom its pid cannot be another's",
		"kill(container, %d)", signal);
	return NULL;
}

fallible shim_resize(int run_fd, uint16_t height, uint16_t width)
{
	struct shim_request request = {.kind = SHIM_RESIZE, .height = height, .width = width};

	return ask(run_fd, &request);
}
