#include "exec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container_life.h"
#include "container_record.h"
#include "deadline.h"
#include "engine.h"
#include "exec_record.h"
#include "exec_run.h"
#include "json.h"
#include "members.h"
#include "memory.h"
#include "shim_client.h"

#define EXEC_KEEP_SECONDS 300 /* how long one that has ended can be asked for its exit code */
#define EXEC_MOST         4096

static const struct member members[] = {
	{"User", MEMBER_TEXT, "\"\""},
	{"Privileged", MEMBER_FLAG, "false"},
	{"Tty", MEMBER_FLAG, "false"},
	{"AttachStdin", MEMBER_FLAG, "false"},
	{"AttachStdout", MEMBER_FLAG, "false"},
	{"AttachStderr", MEMBER_FLAG, "false"},
	{"DetachKeys", MEMBER_TEXT, "\"\""},
	{"Env", MEMBER_TEXTS, "[]"},
	{"WorkingDir", MEMBER_TEXT, "\"\""},
	{"Cmd", MEMBER_COMMAND, "[]"},
	{0},
};

/* ---- references ---- */

struct exec *exec_new(struct container *container, const char *id, json_t *config)
{
	struct exec *exec = allocate(sizeof(*exec));

	exec->references = 1;
	exec->run_fd = -1;
	exec->container = container;
	exec->config = config;
	container_hold(container);
	pthread_mutex_init(&exec->lock, NULL);
	memcpy(exec->id, id, ID_LENGTH + 1);
	return exec;
}

void exec_hold(struct exec *exec)
{
	__atomic_add_fetch(&exec->references, 1, __ATOMIC_RELAXED);
}

void exec_release(struct exec *exec)
{
	if (!exec || __atomic_sub_fetch(&exec->references, 1, __ATOMIC_ACQ_REL))
		return;
	close_fd(&exec->run_fd);
	json_decref(exec->config);
	container_release(exec->container);
	pthread_mutex_destroy(&exec->lock);
	free(exec);
}

void exec_release_cleanup(struct exec **exec)
{
	exec_release(*exec);
}

/* ---- the table ---- */

/* engine->lock may be held: exec->lock comes after it. */
static enum exec_state state_of(struct exec *exec, time_t *ended)
{
	pthread_mutex_lock(&exec->lock);
	enum exec_state state = exec->state;
	*ended = exec->ended;
	pthread_mutex_unlock(&exec->lock);
	return state;
}

/* Takes those out that `leave` names, and forgets them. */
static void sweep(struct engine *engine, bool (*leave)(struct exec *, const void *),
		  const void *context)
{
	autofree struct exec **left = NULL;
	size_t kept = 0, count = 0;

	pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < engine->exec_count; i++) {
		struct exec *exec = engine->execs[i];

		if (!leave(exec, context)) {
			engine->execs[kept++] = exec;
			continue;
		}
		left = reallocate(left, count + 1, sizeof(struct exec *));
		left[count++] = exec;
	}
	engine->exec_count = kept;
	pthread_mutex_unlock(&engine->lock);
	for (size_t i = 0; i < count; i++) {
		exec_record_drop(left[i]);
		exec_release(left[i]);
	}
}

static bool is_stale(struct exec *exec, const void *now)
{
	time_t ended;

	return state_of(exec, &ended) == EXEC_ENDED &&
	       *(const time_t *)now - ended > EXEC_KEEP_SECONDS;
}

static bool is_of(struct exec *exec, const void *container)
{
	return exec->container == container;
}

fallible exec_enter(struct exec *exec)
{
	struct engine *engine = exec->container->engine;
	struct timespec now = deadline_after(0);
	struct error *e = NULL;

	sweep(engine, is_stale, &now.tv_sec);
	pthread_mutex_lock(&engine->lock);
	if (engine->exec_count >= EXEC_MOST) {
		e = error_new(ERROR_UNAVAILABLE,
			      "there are %d execs already; those that ended are forgotten after "
			      "%d seconds",
			      EXEC_MOST, EXEC_KEEP_SECONDS);
	} else {
		engine->execs =
			reallocate(engine->execs, engine->exec_count + 1, sizeof(struct exec *));
		engine->execs[engine->exec_count++] = exec;
		exec_hold(exec);
	}
	pthread_mutex_unlock(&engine->lock);
	return e;
}

static bool is_same(struct exec *exec, const void *other)
{
	return exec == other;
}

void exec_drop(struct exec *exec)
{
	sweep(exec->container->engine, is_same, exec);
}

void exec_forget(const struct container *container)
{
	sweep(container->engine, is_of, container);
}

fallible exec_find(struct engine *engine, const char *id, struct exec **out)
{
	*out = NULL;
	pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < engine->exec_count && !*out; i++)
		if (strcmp(engine->execs[i]->id, id) == 0)
			*out = engine->execs[i];
	if (*out)
		exec_hold(*out);
	pthread_mutex_unlock(&engine->lock);
	if (!*out)
		return error_new(ERROR_NOT_FOUND, "No such exec instance: %s", id);
	return NULL;
}

json_t *exec_ids(const struct container *container)
{
	struct engine *engine = container->engine;
	json_t *ids = json_array();
	time_t ended;

	pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < engine->exec_count; i++) {
		struct exec *exec = engine->execs[i];

		if (exec->container == container && state_of(exec, &ended) != EXEC_ENDED)
			json_array_append_new(ids, json_string(exec->id));
	}
	pthread_mutex_unlock(&engine->lock);
	if (json_array_size(ids))
		return ids;
	json_decref(ids);
	return json_null();
}

/* ---- creating ---- */

/* Locked: the container. */
static fallible check_container(const struct container *container)
{
	if (container->state == CONTAINER_RESTARTING)
		return container_is_waiting(container);
	if (!container_is_running(container))
		return container_not_running(container);
	if (container->state == CONTAINER_PAUSED)
		return error_new(ERROR_CONFLICT,
				 "container %s is paused, unpause the container before exec",
				 container->id);
	return NULL;
}

static fallible check_config(const json_t *config)
{
	const char *folder = json_string_at(config, "WorkingDir", NULL);
	const json_t *entry;
	size_t i;

	if (!json_array_size(json_object_get(config, "Cmd")))
		return error_new(ERROR_INVALID, "No exec command specified");
	if (*folder && *folder != '/')
		return error_new(ERROR_INVALID,
				 "the working directory '%s' is invalid, it needs to be an "
				 "absolute path",
				 folder);
	json_array_foreach (json_object_get(config, "Env"), i, entry)
		if (*json_string_value(entry) == '=' || !*json_string_value(entry))
			return error_new(ERROR_INVALID, "invalid environment variable: %s",
					 json_string_value(entry));
	return NULL;
}

/* "exec_create: sh -c ls" */
void exec_event(struct exec *exec, const char *action, bool with_command, json_t *more)
{
	autobuffer text = {0};
	const json_t *word;
	size_t i;

	buffer_append_string(&text, action);
	if (with_command) {
		buffer_append_string(&text, ":");
		json_array_foreach (json_object_get(exec->config, "Cmd"), i, word)
			buffer_printf(&text, " %s", json_string_value(word));
	}
	json_object_set_new(more, "execID", json_string(exec->id));
	container_lock(exec->container);
	container_record_event(exec->container, text.data, more);
	container_unlock(exec->container);
}

fallible exec_create(struct container *container, const json_t *request, char id[ID_LENGTH + 1])
{
	autojson *config = NULL;

	TRY(members_read(members, request, "the exec configuration", &config));
	TRY(check_config(config));
	container_lock(container);
	struct error *e = check_container(container);
	container_unlock(container);
	TRY(e);
	id_generate(id);
	autoexec *exec = exec_new(container, id, steal(&config));
	TRY(exec_enter(exec));
	e = exec_record_write(exec);
	if (e) {
		exec_drop(exec);
		return e;
	}
	exec_event(exec, "exec_create", true, json_object());
	return NULL;
}

/* ---- asking ---- */

static bool wants(const struct exec *exec, const char *name)
{
	return json_is_true(json_object_get(exec->config, name));
}

bool exec_has_tty(const struct exec *exec)
{
	return wants(exec, "Tty");
}

void exec_attached(const struct exec *exec, bool *in, bool *out, bool *err)
{
	*in = wants(exec, "AttachStdin");
	*out = wants(exec, "AttachStdout");
	*err = wants(exec, "AttachStderr");
}

fallible exec_startable(struct exec *exec)
{
	time_t ended;
	enum exec_state state = state_of(exec, &ended);

	if (state == EXEC_ENDED)
		return error_new(ERROR_CONFLICT, "Exec command %s has already run", exec->id);
	if (state != EXEC_CREATED)
		return error_new(ERROR_CONFLICT, "Exec command %s is already running", exec->id);
	container_lock(exec->container);
	struct error *e = check_container(exec->container);
	container_unlock(exec->container);
	return e;
}

void exec_set_own(struct exec *exec)
{
	exec->own = true;
	exec_record_drop(exec);
}

/* That its shim has gone is what was wanted. */
void exec_kill(struct exec *exec)
{
	pthread_mutex_lock(&exec->lock);
	if (exec->state == EXEC_RUNNING)
		error_free(shim_signal(exec->run_fd, SIGKILL));
	pthread_mutex_unlock(&exec->lock);
}

fallible exec_resize(struct exec *exec, uint16_t height, uint16_t width)
{
	struct error *e;

	pthread_mutex_lock(&exec->lock);
	if (exec->state == EXEC_RUNNING)
		e = shim_resize(exec->run_fd, height, width);
	else
		e = error_new(ERROR_CONFLICT, "cannot resize a stopped exec: %s is not running",
			      exec->id);
	pthread_mutex_unlock(&exec->lock);
	return e;
}

static json_t *process_config(const struct exec *exec)
{
	json_t *arguments = json_copy(json_object_get(exec->config, "Cmd"));
	json_t *entrypoint = json_incref(json_array_get(arguments, 0));
	const char *user = json_string_at(exec->config, "User", NULL);

	json_array_remove(arguments, 0);
	return json_pack("{s:b, s:o, s:o, s:b, s:s*}", "tty", exec_has_tty(exec), "entrypoint",
			 entrypoint, "arguments", arguments, "privileged",
			 wants(exec, "Privileged"), "user", *user ? user : NULL);
}

/* Locked. The shim writes its record before it ends the client's stream, and the client asks as
 * soon as that ends, which may be before the monitor has heard of it. */
static bool has_ended(const struct exec *exec, int *exit_code)
{
	struct exit_record record;

	*exit_code = exec->exit_code;
	if (exec->state == EXEC_ENDED || exec->run_fd < 0)
		return exec->state == EXEC_ENDED;
	autoerror e = exit_record_read(exec->run_fd, &record);
	if (!e)
		*exit_code = record.exit_code;
	return !e;
}

int exec_exit_code(struct exec *exec)
{
	int code;

	pthread_mutex_lock(&exec->lock);
	bool ended = has_ended(exec, &code);
	pthread_mutex_unlock(&exec->lock);
	return ended ? code : -1;
}

json_t *exec_inspect(struct exec *exec)
{
	int exit_code;

	pthread_mutex_lock(&exec->lock);
	bool ended = has_ended(exec, &exit_code);
	bool runs = !ended && exec->state != EXEC_CREATED;
	json_t *code = ended ? json_integer(exit_code) : json_null();
	json_t *inspect =
		json_pack("{s:s, s:b, s:o, s:o, s:b, s:b, s:b, s:b, s:s, s:O, s:i}", "ID", exec->id,
			  "Running", runs, "ExitCode", code, "ProcessConfig", process_config(exec),
			  "OpenStdin", wants(exec, "AttachStdin"), "OpenStderr",
			  wants(exec, "AttachStderr"), "OpenStdout", wants(exec, "AttachStdout"),
			  "CanRemove", 0, "ContainerID", exec->container->id, "DetachKeys",
			  json_object_get(exec->config, "DetachKeys"), "Pid", exec->pid);
	pthread_mutex_unlock(&exec->lock);
	return inspect;
}
