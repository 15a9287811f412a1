#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "container_tree.h"
#include "engine.h"
#include "explain.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "log_driver.h"
#include "memory.h"
#include "monitor.h"
#include "oci_bundle.h"
#include "oci_frame.h"
#include "oci_spec.h"
#include "remap.h"
#include "settings.h"
#include "shim_client.h"
#include "spec.h"
#include "text.h"

/* Docker's words around what the runtime says; clients look for the ends of it. */
#define CREATE_FAILED                                                                              \
	"failed to create task for container: failed to create shim task: OCI runtime create "     \
	"failed: "
#define RUNTIME_FAILED CREATE_FAILED "runc create failed: unable to start container process: "

/* What a start gathers before there is a shim. */
struct launch {
	struct container *container;
	struct oci_joins joins;
	int data_fd;
	struct furnishing furnishing; /* owned here, with all that it has */
	struct plan plan;
	struct buffer log; /* its orders (log_orders.h) */
	int watch_fd;
	pid_t shim;
};
static void launch_finish(struct launch *launch)
{
	close_fd(&launch->data_fd);
	close_fd(&launch->furnishing.root);
	furnishing_close_mounts(&launch->furnishing);
	close_fd(&launch->watch_fd);
	json_decref(launch->furnishing.spec);
	plan_finish(&launch->plan);
	buffer_finish(&launch->log);
	oci_joins_finish(&launch->joins);
}
#define auto_launch __attribute__((cleanup(launch_finish))) struct launch

/* ---- what the container will see ---- */

static fallible make_spec(struct launch *launch)
{
	struct container *container = launch->container;
	autofree char *root = format("%s/rootfs", container->engine->options.exec_root);
	autofree char *cgroup = container_cgroup_path(container);
	autojson *settings = settings_now(container->engine->settings);
	const struct oci_frame frame =
		oci_frame_of(container, &launch->joins, settings, root, cgroup);

	return oci_spec_make(&frame, &launch->furnishing.spec);
}

static fallible compile(struct launch *launch)
{
	struct container *container = launch->container;

	const struct spec_options options = {.id = container->id,
					     .mounts = launch->furnishing.mounts,
					     .mount_count = launch->furnishing.mount_count};
	uint64_t began = explain_clock();
	autobuffer warnings = {0};

	oci_spec_sort_mounts(launch->furnishing.spec);
	if (oci_bundle_wanted(container))
		return oci_bundle_write(container, &launch->furnishing, &launch->plan.steps);
	TRY(spec_compile(launch->furnishing.spec, &options, &launch->plan, &warnings));
	if (warnings.length)
		log_warn("container %.12s: %s", container->id, warnings.data);
	explain(began, "1.12", "the container as a list of steps, each checked before any is done",
		"config.json -> %zu bytes of plan", launch->plan.steps.length);
	return NULL;
}

/* What `--ipc shareable` shares (oci_frame.h). Locked. */
static fallible make_shared_memory(struct container *container)
{
	if (strcmp(container_record_text(container, "HostConfig", "IpcMode"), "shareable") != 0)
		return NULL;
	TRY(container_open_run(container));
	if ((mkdirat(container->run_fd, "shm", 0) < 0 && errno != EEXIST) ||
	    fchmodat(container->run_fd, "shm", 01777, 0) < 0)
		return error_system("cannot make the memory that container %.12s shares",
				    container->id);
	return NULL;
}

/* All that can fail without a process. Locked. */
static fallible prepare(struct launch *launch)
{
	struct container *container = launch->container;
	const struct remap *remap = container_remap(container);

	TRY(container_open_data(container, &launch->data_fd));
	unlinkat(launch->data_fd, EXIT_RECORD, 0); /* of the run before */
	TRY(log_driver_orders(container, &launch->log));
	TRY(make_shared_memory(container));
	TRY(container_open_run(container));
	TRY(container_tree_mount(container, launch->data_fd, remap ? &remap->users : NULL,
				 &launch->furnishing.root));
	TRY(make_spec(launch));
	TRY(lifecycle_furnish(container, &launch->furnishing));
	struct error *e = compile(launch);
	if (e)
		lifecycle_detach(container);
	return e;
}

/* ---- the shim ---- */

static struct shim_orders orders_of(const struct container *container)
{
	const json_t *console = json_at(container->document, "HostConfig", "ConsoleSize", NULL);
	const struct remap *remap = container_remap(container);
	bool keep = container_record_durability(container) == DURABLE;
	struct shim_orders orders = {
		.flags = (container_record_flag(container, "Config", "Tty") ? SHIM_TTY : 0) |
			 (container_record_flag(container, "Config", "OpenStdin") ? SHIM_OPEN_STDIN
										  : 0) |
			 (container_record_flag(container, "Config", "StdinOnce") ? SHIM_STDIN_ONCE
										  : 0) |
			 (keep ? SHIM_DURABLE : 0) |
			 (oci_bundle_wanted(container) ? SHIM_BY_COMMANDS : 0),
		.owner_uid = remap ? remap->users.uid : 0,
		.owner_gid = remap ? remap->users.gid : 0,
		.height = json_integer_value(json_array_get(console, 0)),
		.width = json_integer_value(json_array_get(console, 1)),
	};

	return orders;
}

/* The watch is connected first: the shim accepts it before it does anything, so no report can be
 * missed. From the birth on the socket is the shim's alone: were it open here too, clients of a
 * shim that died would wait for ever. Locked. */
static fallible give_birth(struct launch *launch)
{
	struct container *container = launch->container;
	struct engine *engine = container->engine;

	TRY(container_open_socket(container));
	TRY(shim_watch(container->run_fd, &launch->watch_fd));
	const struct shim_birth birth = {
		.program = engine->options.shim,
		.id = container->id,
		.orders = orders_of(container),
		.plan = &launch->plan,
		.log = &launch->log,
		.listen_fd = container->listen_fd,
		.run_fd = container->run_fd,
		.data_fd = launch->data_fd,
		.root_fd = launch->furnishing.root,
		.mounts = launch->furnishing.mounts,
		.mount_count = launch->furnishing.mount_count,
		.errors_fd = engine->shim_errors,
	};
	TRY(shim_spawn(&birth, &launch->shim));
	close_fd(&container->listen_fd);
	close_fd(&launch->furnishing.root);
	furnishing_close_mounts(&launch->furnishing);
	container->watch_fd = launch->watch_fd;
	return monitor_reap(engine->monitor, launch->shim);
}

static fallible begin(struct launch *launch)
{
	TRY(prepare(launch));
	struct error *e = give_birth(launch);
	if (e)
		lifecycle_detach(launch->container);
	return e;
}

/* What Docker's daemon finds out itself, before there is a runtime: it is said without the words
 * that are around a runtime's. */
static bool is_daemons_own(const char *message)
{
	static const char *const begins[] = {"unable to find ", "failed to initialize logging "};

	for (size_t i = 0; i < countof(begins); i++)
		if (text_has_prefix(message, begins[i]))
			return true;
	return false;
}

/* What a SHIM_FAILED tells, as e says it without the words around; e is taken over. */
static fallible failure_of(struct launch *launch, const struct shim_report *report, struct error *e)
{
	if (!is_daemons_own(report->message))
		return oci_bundle_failure(launch->container->run_fd, CREATE_FAILED, e);
	error_free(e);
	return error_new(ERROR_SYSTEM, "%s", report->message);
}

/* The next report, which must be of this kind. */
static fallible expect(struct launch *launch, enum shim_report_kind kind,
		       struct shim_report *report)
{
	struct error *e = shim_expect(launch->watch_fd, kind, RUNTIME_FAILED, report);

	return e && report->kind == SHIM_FAILED ? failure_of(launch, report, e) : e;
}

static fallible attach(struct launch *launch, pid_t pid)
{
	struct container *container = launch->container;

	container_lock(container);
	container->pid = pid;
	struct error *e = lifecycle_attach(container, pid);
	container_unlock(container);
	return e;
}

/* A shim that nobody can tell to start gives up its process. It has tidied up once it has ended;
 * the monitor reaps it, here it is only waited for. The process goes on with its own steps while
 * hooks attach what they have, and when one of these steps fails, they find it gone: why it failed
 * is the better answer. */
static fallible give_up(struct launch *launch, struct error *e)
{
	struct shim_report report;
	siginfo_t info;

	shutdown(launch->watch_fd, SHUT_WR);
	waitid(P_PID, launch->shim, &info, WEXITED | WNOWAIT);
	autoerror silent = shim_next_report(launch->watch_fd, 0, &report);
	if (silent || report.kind != SHIM_FAILED)
		return e;
	error_free(e);
	return failure_of(launch, &report, shim_failure(&report, RUNTIME_FAILED));
}

/* From a shim that has just been born to a program that runs. On an error the hooks are undone
 * and the process is gone. */
static fallible let_run(struct launch *launch, struct shim_report *started)
{
	struct shim_report created;
	uint64_t began = explain_clock();
	struct error *e = expect(launch, SHIM_CREATED, &created);

	if (e) {
		container_lock(launch->container);
		lifecycle_detach(launch->container);
		container_unlock(launch->container);
		return e;
	}
	explain(began, "3.5", "its namespaces are there, its program waits",
		"recv() = CREATED, pid %d", created.pid);
	e = attach(launch, created.pid);
	if (e)
		return give_up(launch, e);
	began = explain_clock();
	e = shim_let_start(launch->watch_fd);
	if (!e)
		e = expect(launch, SHIM_STARTED, started);
	if (e) {
		container_lock(launch->container);
		lifecycle_detach(launch->container);
		container_unlock(launch->container);
		return e;
	}
	explain(began, "3.5", "the channel closed at execve: the program runs",
		"send(START), recv() = STARTED");
	return NULL;
}

/* ---- states ---- */

/* Locked. */
static void become_running(struct container *container, const struct shim_report *started)
{
	enum durability durability = container_record_was_started(container)
					     ? NOT_DURABLE
					     : container_run_durability(container);

	container->pid = started->pid;
	container_record_set(container, "ExitCode", json_integer(0));
	container_record_set(container, "Error", json_string(""));
	container_record_set(container, "OOMKilled", json_false());
	container_record_set_time(container, "StartedAt",
				  (struct timespec){started->seconds, started->nanoseconds});
	container_record_set_state(container, CONTAINER_RUNNING);
	log_dropped(LOG_LEVEL_ERROR, container_record_save(container, durability),
		    "that container %.12s runs is not kept", container->id);
	container_record_event(container, "start", NULL);
	pthread_cond_broadcast(&container->changed);
}

static int exit_code_of(const struct error *e)
{
	switch (e->class) {
	case ERROR_COMMAND_NOT_FOUND:
		return 127;
	case ERROR_NOT_EXECUTABLE:
		return 126;
	default:
		return 128;
	}
}

/* The state stays what it was before, "created" the first time; who waits for an exit is told. A
 * restart policy ends here, as in Docker: it is for programs that end, not for those that cannot
 * begin. */
static void remember_failure(struct container *container, const struct error *e)
{
	bool remove;

	container_lock(container);
	container->watch_fd = -1;
	container->pid = 0;
	container->runs++;
	container->exit_code = exit_code_of(e);
	container_close_run(container);
	if (container->state == CONTAINER_RESTARTING)
		container_record_set_state(container, CONTAINER_EXITED);
	container_record_set(container, "ExitCode", json_integer(container->exit_code));
	container_record_set(container, "Error", json_text_value(e->message, strlen(e->message)));
	remove = container_record_flag(container, "HostConfig", "AutoRemove");
	if (!remove)
		container_record_keep(container);
	container->removal_due = remove;
	pthread_cond_broadcast(&container->changed);
	container_unlock(container);
}

fallible container_launch(struct container *container)
{
	auto_launch launch = {
		.container = container, .data_fd = -1, .furnishing.root = -1, .watch_fd = -1};
	struct shim_report started;
	struct error *e = oci_joins_find(container, &launch.joins);

	if (!e) {
		container_lock(container);
		e = begin(&launch);
		container_unlock(container);
	}
	if (!e)
		e = let_run(&launch, &started);
	if (e) {
		remember_failure(container, e);
		return e;
	}
	container_lock(container);
	become_running(container, &started);
	container_unlock(container);
	return container_watch(container, steal_fd(&launch.watch_fd));
}

/* Locked. */
static fallible check_startable(const struct container *container)
{
	switch (container->state) {
	case CONTAINER_RUNNING:
	case CONTAINER_RESTARTING:
		return error_new(ERROR_NOT_MODIFIED, "container %s runs already", container->id);
	case CONTAINER_PAUSED:
		return error_new(ERROR_CONFLICT,
				 "cannot start a paused container, try unpause instead");
	case CONTAINER_REMOVING:
	case CONTAINER_DEAD:
		return error_new(ERROR_CONFLICT, "container is marked for removal and cannot be "
						 "started");
	default:
		break;
	}
	if (container->removed)
		return error_new(ERROR_NOT_FOUND, "No such container: %s", container->id);
	return NULL;
}

fallible container_start(struct container *container)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = check_startable(container);
	if (!e)
		container_policy_reset(container);
	container_unlock(container);
	if (!e)
		e = container_launch(container);
	container_operation_end(container);
	return e;
}
