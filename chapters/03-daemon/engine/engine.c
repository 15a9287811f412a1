#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "engine_recover.h"
#include "event.h"
#include "exec.h"
#include "executable.h"
#include "file.h"
#include "image.h"
#include "init_layer.h"
#include "lifecycle.h"
#include "memory.h"
#include "monitor.h"
#include "path.h"
#include "remap.h"
#include "schedule.h"
#include "shim.h"
#include "store.h"
#include "text.h"
#include "trash.h"

#define DEFAULT_CGROUP_PARENT "/mini-docker"
#define DEFAULT_DRIVER        "overlay2"
#define DEFAULT_LOG_DRIVER    "json-file"

/* ---- folders ---- */

/* Absolute, for `inspect` and for mounts made in another working folder. */
static fallible open_folder(const char *path, mode_t mode, int *fd, const char **absolute)
{
	char whole[PATH_MAX];

	TRY(directory_create(AT_FDCWD, path, mode, fd));
	if (!realpath(path, whole))
		return error_system("cannot find out the whole path of '%s'", path);
	*absolute = duplicate(whole);
	return NULL;
}

static fallible take_lock(struct engine *engine)
{
	autoerror e = file_lock(engine->data_root, "lock", false, &engine->root_lock);

	if (e && e->class == ERROR_CONFLICT)
		return error_new(ERROR_CONFLICT,
				 "another mini-dockerd runs on the folder '%s': stop it, or give "
				 "this one a folder of its own with --data-root",
				 engine->options.data_root);
	return steal(&e);
}

static fallible make_subfolders(struct engine *engine)
{
	static const struct {
		bool in_data_root;
		const char *name;
	} folders[] = {
		{true, "containers"},
		{false, "containers"},
		{false, "rootfs"}, /* stays empty: where a container attaches its root */
	};

	for (size_t i = 0; i < countof(folders); i++) {
		autoclose int fd = -1;

		TRY(directory_create(folders[i].in_data_root ? engine->data_root
							     : engine->exec_root,
				     folders[i].name, 0711, &fd));
	}
	return NULL;
}

/* With other ids another root, as in Docker: ROOT/100000.100000. */
static fallible open_data_root(struct engine *engine, const char *path)
{
	const struct remap *remap = engine->remap;
	autofree char *own = remap ? format("%s/%u.%u", path, remap->users.uid, remap->users.gid)
				   : duplicate(path);
	autoclose int above = -1;

	if (remap)
		TRY(directory_create(AT_FDCWD, path, 0711, &above));
	TRY(open_folder(own, 0711, &engine->data_root, &engine->options.data_root));
	return NULL;
}

static fallible open_folders(struct engine *engine, const struct engine_options *options)
{
	if (options->userns_remap)
		TRY(remap_create(options->userns_remap, &engine->remap));
	TRY(open_data_root(engine, options->data_root));
	TRY(take_lock(engine));
	TRY(open_folder(options->exec_root, 0711, &engine->exec_root, &engine->options.exec_root));
	TRY(make_subfolders(engine));
	engine->shim_errors = openat(engine->exec_root, "shim.log",
				     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (engine->shim_errors < 0)
		return error_system("cannot open '%s/shim.log'", engine->options.exec_root);
	return NULL;
}

/* ---- what it is and uses ---- */

/* The one that was given, or the one beside this program. The caller frees. */
static char *find_program(const char *given, const char *name)
{
	return given ? duplicate(given) : path_beside_program(name);
}

static fallible find_shim(struct engine *engine, const char *given)
{
	autoclose int fd = -1;

	engine->options.shim = find_program(given, "mini-shim");
	if (access(engine->options.shim, X_OK) < 0)
		return error_errno(ERROR_NOT_FOUND, errno,
				   "cannot use '%s', the program that is each container's parent",
				   engine->options.shim);
	/* A shim that joins a container (exec) is seen in there as /proc/PID/exe: from this mount
	 * nobody can write to it. Opened once, it costs a start nothing. */
	TRY(executable_open(engine->options.shim, &fd));
	engine->shim = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FD_END); /* those are taken in the child */
	if (engine->shim < 0)
		return error_system("cannot keep '%s' open", engine->options.shim);
	free((char *)engine->options.shim);
	engine->options.shim = format("/proc/self/fd/%d", engine->shim);
	return NULL;
}

static fallible find_id(struct engine *engine)
{
	autofree char *kept = NULL;
	autoerror e = store_get(engine->store, "engine", "id", &kept);
	char id[ID_LENGTH + 1];

	if (e && e->class != ERROR_NOT_FOUND)
		return steal(&e);
	if (!e && strlen(kept) < sizeof(engine->id)) {
		strcpy(engine->id, kept);
		return NULL;
	}
	id_generate(id);
	snprintf(engine->id, sizeof(engine->id), "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
		 id + 16, id + 20);
	const struct store_change change = {STORE_PUT, "engine", "id", engine->id};
	return store_apply(engine->store, &change, 1, DURABLE);
}

static fallible open_images(struct engine *engine)
{
	autoclose int fd = -1;

	TRY(directory_create(engine->data_root, "image", 0711, &fd));
	TRY(image_store_open(fd, DURABLE, &engine->images));
	TRY(image_store_set_driver(engine->images, engine->options.storage_driver));
	return init_layer_sweep(engine->data_root, engine->images);
}

static fallible open_parts(struct engine *engine)
{
	autofree char *database = format("%s/engine.db", engine->options.data_root);

	TRY(store_open(database, &engine->store));
	TRY(find_id(engine));
	TRY(open_images(engine));
	engine->events = event_log_create();
	TRY(monitor_create(&engine->monitor));
	TRY(trash_open(engine->data_root, &engine->trash));
	TRY(schedule_create(&engine->schedule));
	TRY(lifecycle_open(engine));
	TRY(engine_recover(engine));
	return lifecycle_ready(engine);
}

/* A thread for each connection: without a bound each would keep an arena of its own. */
static void keep_memory_small(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

fallible engine_open(const struct engine_options *options,
		     const struct lifecycle *const *lifecycles, struct engine **out)
{
	static const struct lifecycle *const none[] = {NULL};
	struct engine *engine = allocate(sizeof(*engine));

	keep_memory_small();
	*engine = (struct engine){.data_root = -1,
				  .exec_root = -1,
				  .root_lock = -1,
				  .shim = -1,
				  .shim_errors = -1,
				  .lifecycles = lifecycles ? lifecycles : none,
				  .started = time_now()};
	pthread_mutex_init(&engine->lock, NULL);
	engine->settings = options->settings;
	engine->options.debug = options->debug;
	engine->options.storage_size = options->storage_size;
	engine->options.init = options->init;
	engine->options.storage_driver =
		duplicate(options->storage_driver ? options->storage_driver : DEFAULT_DRIVER);
	engine->options.log_driver =
		duplicate(options->log_driver ? options->log_driver : DEFAULT_LOG_DRIVER);
	engine->options.log_options = json_deep_copy(options->log_options);
	engine->options.init_path = find_program(options->init_path, "mini-init");
	engine->options.cgroup_parent =
		duplicate(options->cgroup_parent ? options->cgroup_parent : DEFAULT_CGROUP_PARENT);
	struct error *e = open_folders(engine, options);
	if (!e)
		e = find_shim(engine, options->shim);
	if (!e)
		e = open_parts(engine);
	if (e) {
		engine_close(engine);
		return e;
	}
	*out = engine;
	return NULL;
}

static void free_options(struct engine_options *options)
{
	free((char *)options->data_root);
	free((char *)options->exec_root);
	free((char *)options->cgroup_parent);
	free((char *)options->shim);
	free((char *)options->init_path);
	free((char *)options->storage_driver);
	free((char *)options->log_driver);
	json_decref((json_t *)options->log_options);
}

/* What is planned needs the monitor, so that goes second: nothing changes a container after it.
 * Also for an engine half open. */
void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	schedule_stop(engine->schedule);
	monitor_destroy(engine->monitor);
	schedule_destroy(engine->schedule);
	if (engine->trash)
		lifecycle_close(engine);
	event_log_destroy(engine->events);
	for (size_t i = 0; i < engine->exec_count; i++)
		exec_release(engine->execs[i]);
	for (size_t i = 0; i < engine->container_count; i++)
		container_release(engine->containers[i]);
	trash_close(engine->trash);
	image_store_close(engine->images);
	store_close(engine->store);
	free(engine->execs);
	free(engine->containers);
	remap_destroy(engine->remap);
	close_fd(&engine->shim_errors);
	close_fd(&engine->shim);
	close_fd(&engine->exec_root);
	close_fd(&engine->data_root);
	close_fd(&engine->root_lock);
	pthread_mutex_destroy(&engine->lock);
	free_options(&engine->options);
	free(engine);
}
