/*
 * mini-shim - the parent of one container
 *
 * Started by mini-dockerd for each container and for each exec, with its orders in a memfd and
 * everything else in descriptors (shim.h). Static and small: it lives as long as the container,
 * and the daemon need not.
 *
 *	read the orders and the plan; open the log
 *	clone the process (runtime.h)            report SHIM_CREATED
 *	wait for SHIM_START, let it run          report SHIM_STARTED, or SHIM_FAILED and end
 *	relay until it exits                     write the exit record, report SHIM_EXITED
 *	let the clients take the rest, go
 *
 * Book: 3.5
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "error.h"
#include "exit_record.h"
#include "explain.h"
#include "memory.h"
#include "relay.h"
#include "runtime.h"
#include "shim.h"
#include "text.h"

struct orders {
	const struct shim_orders *head;
	const void *plan;
	struct log_orders log;
};

static fallible read_orders(struct orders *orders)
{
	struct stat st;

	if (fstat(SHIM_FD_ORDERS, &st) < 0)
		return error_system("cannot read the orders (mini-shim is started by "
				    "mini-dockerd, not by hand)");
	const struct shim_orders *head =
		mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, SHIM_FD_ORDERS, 0);
	if (head == MAP_FAILED)
		return error_system("cannot map the orders");
	if ((size_t)st.st_size < sizeof(*head) || head->version != SHIM_ORDERS_VERSION ||
	    head->mount_count > SHIM_MOUNTS_MOST ||
	    (size_t)st.st_size < sizeof(*head) + head->plan_length + head->log_length)
		return error_new(ERROR_INVALID,
				 "the orders are not of version %d: daemon and shim "
				 "are of different builds",
				 SHIM_ORDERS_VERSION);
	const char *plan = (const char *)(head + 1);
	*orders = (struct orders){head, plan, {plan + head->plan_length, head->log_length}};
	return NULL;
}

/* What the daemon has more of than it was born with is not for containers. */
static void limit_open_files(const struct shim_orders *orders)
{
	const struct rlimit limit = {orders->open_files[0], orders->open_files[1]};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		perror("mini-shim: the container may open more files than it should");
}

static struct shim_report report_of(enum shim_report_kind kind)
{
	struct timespec now = time_now();

	return (struct shim_report){.version = SHIM_VERSION,
				    .kind = kind,
				    .seconds = now.tv_sec,
				    .nanoseconds = now.tv_nsec};
}

/* ends[0] for the process, ends[1] ours; ours does not block. */
static fallible make_pipe(int *theirs, int *ours, bool to_process)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	*theirs = ends[to_process ? 0 : 1];
	*ours = ends[to_process ? 1 : 0];
	if (fcntl(*ours, F_SETFL, O_NONBLOCK) < 0)
		return error_system("cannot make a pipe non-blocking");
	return NULL;
}

/* Who opens /dev/stdout asks for rights to the pipe, which root of a user namespace has only where
 * it is his own. */
static fallible give_pipes(const struct shim_orders *orders, const struct runtime_files *files)
{
	for (int i = 0; orders->owner_uid && i < 3; i++)
		if (files->stdio[i] >= 0 &&
		    fchown(files->stdio[i], orders->owner_uid, orders->owner_gid) < 0)
			return error_system("cannot give a pipe to user %u", orders->owner_uid);
	return NULL;
}

static fallible make_pipes(struct relay *relay, struct runtime_files *files)
{
	uint64_t began = explain_clock();

	if (relay->orders->flags & SHIM_TTY)
		return NULL;
	if (relay->orders->flags & SHIM_OPEN_STDIN)
		TRY(make_pipe(&files->stdio[0], &relay->input_fd, true));
	TRY(make_pipe(&files->stdio[1], &relay->output[0], false));
	TRY(make_pipe(&files->stdio[2], &relay->output[1], false));
	explain(began, "3.6", "stdout and stderr of the container end here", "pipe2() x %d",
		relay->input_fd >= 0 ? 3 : 2);
	return give_pipes(relay->orders, files);
}

static fallible take_console(struct relay *relay)
{
	struct runtime_process *process = relay->process;
	struct winsize size = {.ws_row = relay->orders->height, .ws_col = relay->orders->width};

	if (process->console < 0)
		return NULL;
	if (fcntl(process->console, F_SETFL, O_NONBLOCK) < 0)
		return error_system("cannot make the console non-blocking");
	relay->output[0] = process->console;
	relay->input_fd = fcntl(process->console, F_DUPFD_CLOEXEC, 3);
	if (relay->input_fd < 0)
		return error_system("cannot duplicate the console");
	if (size.ws_row && size.ws_col)
		ioctl(process->console, TIOCSWINSZ, &size);
	return NULL;
}

static bool by_commands(const struct orders *orders)
{
	return orders->head->flags & SHIM_BY_COMMANDS;
}

/* What another runtime keeps of a container. */
static void forget(const struct orders *orders)
{
	if (by_commands(orders))
		commands_delete(orders->plan, orders->head->plan_length);
}

static fallible create(const struct orders *orders, const struct runtime_files *files,
		       struct runtime_process *process)
{
	return by_commands(orders)
		       ? commands_create(orders->plan, orders->head->plan_length, files, process)
		       : runtime_clone(orders->plan, orders->head->plan_length, files, process);
}

static fallible let_run(const struct orders *orders, struct runtime_process *process)
{
	return by_commands(orders) ? commands_start(orders->plan, orders->head->plan_length)
				   : runtime_start(process);
}

/* Who is born with a descriptor has the number of it. */
static void number_mounts(int numbers[SHIM_MOUNTS_MOST])
{
	for (int i = 0; i < SHIM_MOUNTS_MOST; i++)
		numbers[i] = SHIM_FD_COUNT + i;
}

/* From the orders to a program that runs. */
static fallible start(struct relay *relay, const struct orders *orders)
{
	int mounts[SHIM_MOUNTS_MOST];
	struct runtime_files files = {.stdio = {-1, -1, -1},
				      .root = orders->head->flags & SHIM_IS_EXEC ? -1
										 : SHIM_FD_ROOT,
				      .mounts = mounts,
				      .mount_count = orders->head->mount_count,
				      .start = -1};
	struct shim_report created = report_of(SHIM_CREATED);

	number_mounts(mounts);

	TRY(shim_log_open(&relay->log, SHIM_FD_DATA, orders->log));
	TRY(make_pipes(relay, &files));
	struct error *e = create(orders, &files, relay->process);
	for (int i = 0; i < 3; i++)
		close_fd(&files.stdio[i]);
	if (relay->process->warnings.length)
		fprintf(stderr, "mini-shim: %s", relay->process->warnings.data);
	close(SHIM_FD_ROOT); /* the container has it; ours would keep it busy */
	for (size_t i = 0; i < files.mount_count; i++)
		close(mounts[i]);
	TRY(e);
	created.pid = relay->process->pid;
	relay_accept(relay);
	relay_report(relay, &created);
	if (!by_commands(orders))
		TRY(runtime_ready(relay->process));
	TRY(take_console(relay));
	TRY(relay_await_start(relay));
	return let_run(orders, relay->process);
}

static void report_failure(struct relay *relay, const struct error *e)
{
	struct shim_report failed = report_of(SHIM_FAILED);

	failed.class = e->class;
	failed.errnum = e->errnum;
	snprintf(failed.message, sizeof(failed.message), "%s", e->message);
	relay_accept(relay);
	relay_report(relay, &failed);
}

static fallible write_exit(const struct relay *relay, const struct shim_report *exited)
{
	bool exec = relay->orders->flags & SHIM_IS_EXEC;
	const struct exit_record record = {exited->exit_code, exited->oom, exited->seconds,
					   exited->nanoseconds};

	return exit_record_write(exec ? SHIM_FD_RUN : SHIM_FD_DATA, &record);
}

static void sync_file(const char *name)
{
	autoclose int fd = openat(SHIM_FD_DATA, name, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
}

/* The record and the log reach the disk after everybody was told: power that fails in between
 * takes the container's last state with it either way. */
static void make_durable(const struct relay *relay)
{
	if (!(relay->orders->flags & SHIM_DURABLE))
		return;
	for (size_t i = 0; i < SHIM_LOG_SINKS; i++)
		if (shim_log_file(&relay->log, i))
			sync_file(shim_log_file(&relay->log, i));
	exit_record_sync(SHIM_FD_DATA); /* the names of both with it */
}

static struct shim_report describe_exit(struct relay *relay, int code, int status)
{
	struct shim_report exited = report_of(SHIM_EXITED);
	uint64_t kills = 0;

	exited.pid = relay->process->pid;
	exited.exit_code = code == CLD_EXITED ? status : 128 + status;
	if (!(relay->orders->flags & SHIM_IS_EXEC)) {
		error_free(cgroup_oom_kills(&relay->process->cgroup, &kills));
		exited.oom = kills > 0;
	}
	return exited;
}

static fallible serve(struct relay *relay, const struct orders *orders)
{
	bool exec = relay->orders->flags & SHIM_IS_EXEC;
	struct shim_report started = report_of(SHIM_STARTED);
	int code, status;

	started.pid = relay->process->pid;
	relay_report(relay, &started);
	/* The trace tells of the start; held longer it would keep the reader of a detached run. */
	explain_open("shim", -1);
	close(SHIM_FD_EXPLAIN);
	TRY(relay_run(relay, &code, &status));
	struct shim_report exited = describe_exit(relay, code, status);
	shim_log_close(&relay->log, time_now());
	forget(orders);
	if (!exec)
		error_report("mini-shim", cgroup_remove(&relay->process->cgroup));
	error_report("mini-shim", write_exit(relay, &exited));
	relay_accept(relay);
	relay_report(relay, &exited);
	make_durable(relay);
	relay_finish(relay);
	shim_log_finish(&relay->log);
	return NULL;
}

/* Signals meant for a terminal or a service must not end the only parent of a container; its
 * program starts with the defaults again (runtime.h). */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < countof(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

int main(int argc, char **argv)
{
	struct orders orders = {0};
	struct runtime_process process = RUNTIME_PROCESS_EMPTY;
	struct relay relay = {
		.listen = SHIM_FD_LISTEN, .process = &process, .input_fd = -1, .output = {-1, -1}};
	autoerror e = read_orders(&orders);

	if (argc != 2 || e) {
		fprintf(stderr, "mini-shim: %s\n",
			e ? e->message : "usage: mini-shim ID, started by mini-dockerd");
		return 125;
	}
	for (int fd = SHIM_FD_ORDERS; fd < SHIM_FD_COUNT + (int)orders.head->mount_count; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	prctl(PR_SET_NAME, "mini-shim"); /* it was started by a descriptor's number */
	ignore_signals();
	limit_open_files(orders.head);
	relay.orders = orders.head;
	explain_open("shim", orders.head->flags & SHIM_EXPLAIN ? SHIM_FD_EXPLAIN : -1);
	e = start(&relay, &orders);
	if (e) {
		runtime_abort(&process);
		forget(&orders);
		report_failure(&relay, e);
		/* Clients are not shut down, only let go: the daemon tells an exec's why. */
		return error_exit_code(e);
	}
	error_free(e);
	e = serve(&relay, &orders);
	if (e)
		fprintf(stderr, "mini-shim %s: %s\n", argv[1], e->message);
	return e ? error_exit_code(e) : 0;
}
