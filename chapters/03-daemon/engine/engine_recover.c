#include "engine_recover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_life.h"
#include "container_name.h"
#include "container_record.h"
#include "engine_records.h"
#include "exec_record.h"
#include "explain.h"
#include "file.h"
#include "image_user.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "shim_client.h"
#include "store.h"
#include "trash.h"

/* ---- reading the store ---- */

static fallible enter(struct engine *engine, const char *id, json_t *taken)
{
	autojson *document = taken;

	if (*json_string_at(document, "Name", NULL) != '/' ||
	    !json_is_object(json_object_get(document, "State")))
		return error_new(ERROR_CORRUPT, "its document is not that of a container");
	autocontainer *container = container_new(engine, id, steal(&document));
	container_enter(container);
	return NULL;
}

static const struct engine_records records = {
	.kind = CONTAINER_KIND,
	.noun = "container",
	.folder = "containers",
	.enter = enter,
};

static int64_t created_at(const struct container *container)
{
	struct timespec time = {0};

	error_free(time_parse(json_string_at(container->document, "Created", NULL), &time));
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int by_creation(const void *a, const void *b)
{
	int64_t first = created_at(*(struct container *const *)a);
	int64_t second = created_at(*(struct container *const *)b);

	return first < second ? -1 : first > second;
}

/* ---- one container ---- */

/* The folder of a run is only looked for here: where there is none, there is no shim. */
static void open_run_folder(struct container *container)
{
	autofree char *folder = format("containers/%s", container->id);

	container->run_fd =
		openat(container->engine->exec_root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Locked. */
static void become_found(struct container *container, const struct shim_report *report,
			 int watch_fd)
{
	bool was_running = container_is_running(container);
	enum container_state state =
		container->state == CONTAINER_PAUSED ? CONTAINER_PAUSED : CONTAINER_RUNNING;

	container->watch_fd = watch_fd;
	container->pid = report->pid;
	if (!was_running)
		container_record_set_time(container, "StartedAt",
					  (struct timespec){report->seconds, report->nanoseconds});
	container_record_set_state(container, state);
	container_record_keep(container);
	log_dropped(LOG_LEVEL_WARN, lifecycle_rejoin(container),
		    "container %.12s runs on without a part of it", container->id);
}

static void take_up(struct container *container, const struct shim_report *report, int watch_fd)
{
	uint64_t began = explain_clock();

	container_lock(container);
	become_found(container, report, watch_fd);
	container_unlock(container);
	log_dropped(LOG_LEVEL_ERROR, container_watch(container, watch_fd),
		    "the end of container %.12s will not be heard of", container->id);
	explain(began, "3.10", "the shim outlived the daemon and says how its container is",
		"connect(\"" SHIM_SOCKET "\") of %.12s: pid %d", container->id, report->pid);
}

/* A record of another end than the one that the document tells of. */
static bool has_news(const struct container *container, const struct exit_record *record)
{
	char text[TIME_TEXT_SIZE];

	time_text((struct timespec){record->seconds, record->nanoseconds}, text);
	return strcmp(text, container_record_text(container, "State", "FinishedAt")) != 0;
}

static void find_end(struct container *container)
{
	struct exit_record record;
	autoclose int folder = -1;
	autoerror e = container_open_data(container, &folder);

	if (!e)
		e = exit_record_read(folder, &record);
	if (!e && has_news(container, &record))
		container_ended(container, &record);
	else if (container_is_running(container))
		container_ended_unseen(container);
}

static void recover_one(struct container *container)
{
	int watch_fd = -1;
	struct shim_report report;

	open_run_folder(container);
	shim_find(container->run_fd, &watch_fd, &report);
	if (report.kind == SHIM_STARTED) {
		take_up(container, &report, watch_fd);
		return;
	}
	close_fd(&watch_fd);
	find_end(container);
	container_lock(container);
	container_close_run(container);
	bool remove = container_record_flag(container, "HostConfig", "AutoRemove") ||
		      container->state == CONTAINER_REMOVING;
	container_unlock(container);
	if (!remove)
		container_policy_resume(container);
	else if (!container->removed)
		log_dropped(LOG_LEVEL_ERROR, container_delete(container),
			    "container %.12s (--rm) cannot be removed", container->id);
}

/* ---- all of them ---- */

fallible engine_recover(struct engine *engine)
{
	size_t count;

	TRY(engine_records_load(engine, &records));
	if (engine->container_count)
		qsort(engine->containers, engine->container_count, sizeof(*engine->containers),
		      by_creation);
	TRY(engine_records_drop_orphans(engine, &records));
	struct container **all = container_list(engine, &count);
	for (size_t i = 0; i < count; i++) {
		recover_one(all[i]);
		container_release(all[i]);
	}
	free(all);
	image_user_is_gone(engine);
	return exec_recover(engine);
}
