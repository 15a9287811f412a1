#include "exec_run.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "container_life.h"
#include "container_link.h"
#include "container_record.h"
#include "deadline.h"
#include "detach_keys.h"
#include "engine.h"
#include "exec_record.h"
#include "explain.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "monitor.h"
#include "oci_bundle.h"
#include "oci_frame.h"
#include "oci_spec.h"
#include "remap.h"
#include "settings.h"
#include "shim_client.h"
#include "spec.h"

#define EXEC_FAILED    "OCI runtime exec failed: "
#define RUNTIME_FAILED EXEC_FAILED "exec failed: unable to start container process: "

/* What a start gathers. */
struct launch {
	struct exec *exec;
	struct plan plan; /* or the commands of another runtime */
	bool by_commands;
	int data_fd, listen_fd, watch_fd;
};
static void launch_finish(struct launch *launch)
{
	plan_finish(&launch->plan);
	close_fd(&launch->data_fd);
	close_fd(&launch->listen_fd);
	close_fd(&launch->watch_fd);
}
#define auto_launch __attribute__((cleanup(launch_finish))) struct launch

static char *folder_of(const struct exec *exec)
{
	return format("execs/%s", exec->id);
}

/* ---- the plan ---- */

/* The user is the exec's, where it names one; a missing working folder is an error here. */
static void adapt_annotations(json_t *spec, const json_t *config)
{
	json_t *annotations = json_object_get(spec, "annotations");
	json_t *user = json_object_get(config, "User");

	if (*json_string_value(user))
		json_object_set(annotations, "mini-docker.user", user);
	json_object_del(annotations, "mini-docker.workdir");
}

/* Locked: the container. */
static fallible compile(struct launch *launch)
{
	struct container *container = launch->exec->container;
	const struct oci_joins none = {0};
	autofree char *cgroup = container_cgroup_path(container);
	autofree char *folder = folder_of(launch->exec);
	autojson *settings = settings_now(container->engine->settings);
	const struct oci_frame frame = oci_frame_of(container, &none, settings, "/", cgroup);
	const struct spec_options options = {.id = container->id};
	autojson *spec = NULL, *process = NULL;
	autobuffer warnings = {0};

	if (!container_is_running(container))
		return container_not_running(container);
	TRY(oci_spec_make(&frame, &spec));
	TRY(oci_spec_process(&frame, launch->exec->config, &process));
	container_link_environment(container, json_object_get(process, "env"));
	adapt_annotations(spec, launch->exec->config);
	if (oci_bundle_wanted(container))
		TRY(oci_bundle_write_exec(container, folder, launch->exec->run_fd, spec, process,
					  &launch->plan.steps));
	else
		TRY(spec_compile_exec(spec, process, container->pid, &options, &launch->plan,
				      &warnings));
	if (warnings.length)
		log_warn("exec in container %.12s: %s", container->id, warnings.data);
	return container_open_data(container, &launch->data_fd);
}

/* ---- the shim ---- */

static bool wants(const struct exec *exec, const char *name)
{
	return json_is_true(json_object_get(exec->config, name));
}

static fallible open_folder(struct launch *launch)
{
	struct exec *exec = launch->exec;

	TRY(exec_record_open(exec, &exec->run_fd));
	TRY(shim_listen(exec->run_fd, &launch->listen_fd));
	return shim_watch(exec->run_fd, &launch->watch_fd);
}

/* It waits in the backlog until the shim is there. */
static fallible attach_stream(struct exec *exec, int stream, const void *input, size_t input_length)
{
	struct shim_attachment attachment = {
		.flags = (wants(exec, "AttachStdin") ? SHIM_ATTACH_STDIN : 0) |
			 (wants(exec, "AttachStdout") ? SHIM_ATTACH_STDOUT : 0) |
			 (wants(exec, "AttachStderr") ? SHIM_ATTACH_STDERR : 0) |
			 (wants(exec, "Tty") || exec->own ? 0 : SHIM_ATTACH_FRAMED),
		.input = input,
		.input_length = input_length,
	};

	if (stream < 0)
		return NULL;
	TRY(detach_keys_read(json_string_at(exec->config, "DetachKeys", NULL),
			     attachment.detach_keys, &attachment.detach_keys_length));
	return shim_attach(exec->run_fd, &attachment, stream);
}

static fallible give_birth(struct launch *launch, uint16_t height, uint16_t width)
{
	struct exec *exec = launch->exec;
	struct engine *engine = exec->container->engine;
	const struct remap *remap = container_remap(exec->container);
	const struct shim_birth birth = {
		.program = engine->options.shim,
		.id = exec->id,
		.orders = {.flags = SHIM_IS_EXEC | SHIM_STDIN_ONCE |
				    (wants(exec, "Tty") ? SHIM_TTY : 0) |
				    (wants(exec, "AttachStdin") ? SHIM_OPEN_STDIN : 0) |
				    (exec->own ? SHIM_WHILE_WATCHED : 0) |
				    (launch->by_commands ? SHIM_BY_COMMANDS : 0),
			   .owner_uid = remap ? remap->users.uid : 0,
			   .owner_gid = remap ? remap->users.gid : 0,
			   .height = height,
			   .width = width},
		.plan = &launch->plan,
		.listen_fd = launch->listen_fd,
		.run_fd = exec->run_fd,
		.data_fd = launch->data_fd,
		.root_fd = -1,
		.errors_fd = engine->shim_errors,
	};
	pid_t shim;

	TRY(shim_spawn(&birth, &shim));
	close_fd(&launch->listen_fd);
	return monitor_reap(engine->monitor, shim);
}

static fallible expect(struct launch *launch, enum shim_report_kind kind,
		       struct shim_report *report)
{
	struct error *e = shim_expect(launch->watch_fd, kind, RUNTIME_FAILED, report);

	return e && report->kind == SHIM_FAILED
		       ? oci_bundle_failure(launch->exec->run_fd, EXEC_FAILED, e)
		       : e;
}

static fallible let_run(struct launch *launch, struct shim_report *started)
{
	struct shim_report created;

	TRY(expect(launch, SHIM_CREATED, &created));
	TRY(shim_let_start(launch->watch_fd));
	return expect(launch, SHIM_STARTED, started);
}

/* ---- the end ---- */

void exec_ended(struct exec *exec, int exit_code)
{
	autofree char *code = format("%d", exit_code);

	pthread_mutex_lock(&exec->lock);
	exec->state = EXEC_ENDED;
	exec->exit_code = exit_code;
	exec->ended = deadline_after(0).tv_sec;
	exec_record_end(exec);
	close_fd(&exec->run_fd);
	pthread_mutex_unlock(&exec->lock);
	exec_event(exec, "exec_die", false, json_pack("{s:s}", "exitCode", code));
}

static bool hear(void *context, int fd)
{
	struct exec *exec = context;
	struct exit_record record = {.exit_code = EXEC_EXIT_CODE_UNKNOWN};
	struct shim_report report;
	autoerror e = shim_next_report(fd, 0, &report);

	if (!e && report.kind != SHIM_EXITED)
		return true;
	if (!e)
		record.exit_code = report.exit_code;
	else
		error_free(exit_record_read(exec->run_fd, &record)); /* none: it stays unknown */
	exec_ended(exec, record.exit_code);
	return false;
}

static void release(void *exec)
{
	exec_release(exec);
}

fallible exec_watch(struct exec *exec, pid_t pid, int watch_fd)
{
	const struct monitor_watch watch = {hear, release, exec};

	pthread_mutex_lock(&exec->lock);
	exec->state = EXEC_RUNNING;
	exec->pid = pid;
	pthread_mutex_unlock(&exec->lock);
	exec_hold(exec);
	return monitor_add(exec->container->engine->monitor, watch_fd, &watch);
}

/* ---- the start ---- */

static fallible claim(struct exec *exec)
{
	struct error *e = NULL;

	pthread_mutex_lock(&exec->lock);
	if (exec->state == EXEC_CREATED)
		exec->state = EXEC_STARTING;
	else
		e = error_new(ERROR_CONFLICT, "Exec command %s is already running", exec->id);
	pthread_mutex_unlock(&exec->lock);
	return e;
}

static fallible run(struct launch *launch, int stream, const void *input, size_t input_length,
		    uint16_t height, uint16_t width)
{
	struct exec *exec = launch->exec;
	struct shim_report started;

	TRY(open_folder(launch));
	container_lock(exec->container);
	struct error *e = compile(launch);
	launch->by_commands = oci_bundle_wanted(exec->container);
	container_unlock(exec->container);
	TRY(e);
	TRY(attach_stream(exec, stream, input, input_length));
	TRY(give_birth(launch, height, width));
	TRY(let_run(launch, &started));
	exec_event(exec, "exec_start", true, json_object());
	return exec_watch(exec, started.pid, steal_fd(&launch->watch_fd));
}

static int exit_code_of(const struct error *e)
{
	return e->class == ERROR_COMMAND_NOT_FOUND ? 127 : 126;
}

fallible exec_start(struct exec *exec, int stream, const void *input, size_t input_length,
		    uint16_t height, uint16_t width)
{
	auto_launch launch = {.exec = exec, .data_fd = -1, .listen_fd = -1, .watch_fd = -1};

	TRY(claim(exec));
	struct error *e = run(&launch, stream, input, input_length, height, width);
	if (e)
		exec_ended(exec, exit_code_of(e));
	return e;
}
