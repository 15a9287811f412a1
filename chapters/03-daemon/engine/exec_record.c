#include "exec_record.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "container_life.h"
#include "deadline.h"
#include "engine.h"
#include "exec_run.h"
#include "exit_record.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "shim_client.h"

#define RECORD       "exec.json"
#define RECORD_LIMIT (1 << 20)

static char *folder_of(const char *id)
{
	return format("execs/%s", id);
}

/* ---- one that is created, runs, ends ---- */

fallible exec_record_open(const struct exec *exec, int *fd)
{
	autofree char *folder = folder_of(exec->id);

	return directory_create(exec->container->engine->exec_root, folder, 0700, fd);
}

fallible exec_record_write(const struct exec *exec)
{
	autojson *record =
		json_pack("{s:s, s:O}", "Container", exec->container->id, "Config", exec->config);
	autofree char *text = json_text(record);
	autoclose int folder = -1;

	TRY(exec_record_open(exec, &folder));
	return file_write_atomic(folder, RECORD, text, strlen(text), 0600, NOT_DURABLE);
}

/* A socket that is still there says that nobody was told of the end. */
void exec_record_end(const struct exec *exec)
{
	const struct exit_record record = {.exit_code = exec->exit_code};

	if (exec->run_fd < 0)
		return;
	if (faccessat(exec->run_fd, EXIT_RECORD, F_OK, 0) < 0)
		log_dropped(LOG_LEVEL_WARN, exit_record_write(exec->run_fd, &record),
			    "the exit code of exec %.12s is not kept", exec->id);
	unlinkat(exec->run_fd, SHIM_SOCKET, 0);
}

static void drop_folder(struct engine *engine, const char *id)
{
	autofree char *folder = folder_of(id);

	log_dropped(LOG_LEVEL_WARN, tree_remove(engine->exec_root, folder),
		    "the folder of exec %.12s stays", id);
}

void exec_record_drop(const struct exec *exec)
{
	drop_folder(exec->container->engine, exec->id);
}

/* ---- when the daemon starts ---- */

/* Of a container that runs: with the others their execs have ended. */
static fallible load(struct engine *engine, int folder, const char *id, struct exec **out)
{
	autojson *record = NULL;
	autocontainer *container = NULL;

	TRY(json_read(folder, RECORD, RECORD_LIMIT, &record));
	json_t *config = json_object_get(record, "Config");
	TRY(container_find(engine, json_string_at(record, "Container", NULL), &container));
	container_lock(container);
	bool running = container_is_running(container);
	container_unlock(container);
	if (!running || !json_is_object(config))
		return error_new(ERROR_NOT_FOUND, "its container does not run");
	*out = exec_new(container, id, json_incref(config));
	return NULL;
}

/* Its shim has gone. */
static void find_exec_end(struct exec *exec)
{
	struct exit_record record = {.exit_code = EXEC_EXIT_CODE_UNKNOWN};
	bool was_started = faccessat(exec->run_fd, SHIM_SOCKET, F_OK, 0) == 0;
	autoerror e = exit_record_read(exec->run_fd, &record);

	if (was_started) { /* and nobody was told of its end */
		exec_ended(exec, record.exit_code);
	} else if (!e) {
		exec->state = EXEC_ENDED;
		exec->exit_code = record.exit_code;
		exec->ended = deadline_after(0).tv_sec;
	}
	close_fd(&exec->run_fd);
}

static fallible take_up(struct exec *exec)
{
	uint64_t began = explain_clock();
	struct shim_report report;
	int watch_fd = -1;

	shim_find(exec->run_fd, &watch_fd, &report);
	if (report.kind != SHIM_STARTED) {
		close_fd(&watch_fd);
		find_exec_end(exec);
		return NULL;
	}
	explain(began, "3.10", "its shim outlived the daemon too",
		"connect(\"" SHIM_SOCKET "\") of exec %.12s: pid %d", exec->id, report.pid);
	return exec_watch(exec, report.pid, watch_fd);
}

static fallible recover_exec(struct engine *engine, int execs, const char *id)
{
	autoclose int folder = -1;
	autoexec *exec = NULL;

	TRY(directory_open(execs, id, &folder));
	TRY(load(engine, folder, id, &exec));
	exec->run_fd = steal_fd(&folder);
	TRY(exec_enter(exec));
	return take_up(exec);
}

fallible exec_recover(struct engine *engine)
{
	autoclose int fd = -1;

	TRY(directory_create(engine->exec_root, "execs", 0700, &fd));
	DIR *folder = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!folder)
		return error_system("cannot list the folders of execs");
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (strlen(entry->d_name) != ID_LENGTH)
			continue;
		autoerror e = recover_exec(engine, fd, entry->d_name);
		if (e) {
			log_debug("exec %.12s is forgotten: %s", entry->d_name, e->message);
			drop_folder(engine, entry->d_name);
		}
	}
	closedir(folder);
	return NULL;
}
