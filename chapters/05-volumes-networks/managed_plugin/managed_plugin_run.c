/* The process of a plugin: born by a shim, waited for at its socket, watched, ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "deadline.h"
#include "engine.h"
#include "exit_record.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "log_orders.h"
#include "managed_plugin_life.h"
#include "managed_plugin_mount.h"
#include "managed_plugin_spec.h"
#include "memory.h"
#include "monitor.h"
#include "plan.h"
#include "plugin.h"
#include "restart_policy.h"
#include "schedule.h"
#include "settings.h"
#include "shim_client.h"
#include "spec.h"

#define FAILED                                                                                     \
	"failed to create task for container: failed to create shim task: OCI runtime create "     \
	"failed: runc create failed: unable to start container process: "

#define STOP_MS     10000 /* between SIGTERM and SIGKILL */
#define KILL_MS     10000 /* for the kernel to end a killed process */
#define LOG_SIZE    (1 << 20)
#define SOCKETS     "sockets" /* in the folder of the run */
#define PAUSE_LEAST 5         /* milliseconds between two looks for the socket */
#define PAUSE_MOST  200

struct launch {
	struct managed_plugin *plugin;
	json_t *document; /* a copy */
	struct furnishing furnishing;
	struct plan plan;
	struct buffer log;
	int data_fd, listen_fd, watch_fd;
};
static void launch_finish(struct launch *launch)
{
	json_decref(launch->document);
	json_decref(launch->furnishing.spec);
	furnishing_close_mounts(&launch->furnishing);
	close_fd(&launch->furnishing.root);
	close_fd(&launch->data_fd);
	close_fd(&launch->listen_fd);
	close_fd(&launch->watch_fd);
	plan_finish(&launch->plan);
	buffer_finish(&launch->log);
}
#define auto_launch __attribute__((cleanup(launch_finish))) struct launch

static const char *socket_of(const struct managed_plugin *plugin)
{
	return json_string_at(plugin->document, "Config", "Interface", "Socket", NULL);
}

static char *cgroup_of(const struct managed_plugin *plugin)
{
	const char *parent = plugin->engine->options.cgroup_parent;

	return format("%s%s/%s", *parent == '/' ? "" : "/", parent, plugin->id);
}

/* ---- folders ---- */

static fallible open_folders(struct managed_plugin *plugin)
{
	autofree char *run = managed_plugin_folder(plugin, "");
	autofree char *sockets = managed_plugin_folder(plugin, SOCKETS);
	int exec_root = plugin->engine->exec_root;

	if (plugin->run_fd < 0)
		TRY(directory_create(exec_root, run, 0700, &plugin->run_fd));
	if (plugin->sockets_fd < 0)
		TRY(directory_create(exec_root, sockets, 0700, &plugin->sockets_fd));
	return NULL;
}

static void close_folders(struct managed_plugin *plugin)
{
	autofree char *run = managed_plugin_folder(plugin, "");

	close_fd(&plugin->run_fd);
	close_fd(&plugin->sockets_fd);
	log_dropped(LOG_LEVEL_WARN, tree_remove(plugin->engine->exec_root, run),
		    "the folder of a run of plugin %.12s stays", plugin->id);
}

/* ---- what others are told ---- */

/* An address has 108 bytes, the path of the folder may have more: so it begins at a descriptor. */
void managed_plugin_announce(struct managed_plugin *plugin, bool enabled)
{
	const char *data_root = plugin->engine->options.data_root;
	autojson *document = managed_plugin_inspect(plugin);
	autofree char *address =
		format("unix:///proc/self/fd/%d/%s", plugin->sockets_fd, socket_of(plugin));
	autofree char *rootfs = managed_plugin_folder(plugin, MANAGED_PLUGIN_ROOTFS);
	autofree char *propagated = managed_plugin_folder(plugin, MANAGED_PLUGIN_PROPAGATED);
	autofree char *root = format("%s/%s", data_root, rootfs);
	autofree char *seen = format("%s/%s", data_root, propagated);
	const char *shared = json_string_at(document, "Config", "PropagatedMount", NULL);
	const struct plugin_registration registration = {
		.name = plugin->name,
		.address = enabled ? address : NULL,
		.interfaces = json_at(document, "Config", "Interface", "Types", NULL),
		.root = root,
		.shared = *shared ? shared : NULL,
		.shared_here = *shared ? seen : NULL,
	};

	plugin_register(&registration);
}

/* ---- what it will see ---- */

static void order_log(struct launch *launch)
{
	autofree char *file = format("%s-json.log", launch->plugin->id);

	log_orders_add(&launch->log, "driver", "json-file");
	log_orders_add(&launch->log, "file", file);
	log_orders_add_number(&launch->log, "max-size", LOG_SIZE);
	log_orders_add_number(&launch->log, "max-file", 2);
	log_orders_add_number(&launch->log, "compress", 0);
}

static fallible make_spec(struct launch *launch)
{
	struct managed_plugin *plugin = launch->plugin;
	struct engine *engine = plugin->engine;
	const json_t *config = json_object_get(launch->document, "Config");
	autofree char *root = format("%s/rootfs", engine->options.exec_root);
	autofree char *inside = managed_plugin_folder(plugin, SOCKETS);
	autofree char *sockets = format("%s/%s", engine->options.exec_root, inside);
	autofree char *cgroup = cgroup_of(plugin);
	autojson *settings = settings_now(engine->settings);
	struct managed_plugin_frame frame = {
		.id = plugin->id,
		.config = config,
		.settings = json_object_get(launch->document, "Settings"),
		.defaults = settings,
		.root_path = root,
		.cgroup_path = cgroup,
		.sockets = sockets,
		.propagated = -1,
	};

	if (*json_string_at(config, "PropagatedMount", NULL))
		TRY(managed_plugin_mount_share(plugin, &frame.propagated));
	return managed_plugin_spec_make(&frame, &launch->furnishing);
}

static fallible compile(struct launch *launch)
{
	const struct spec_options options = {.id = launch->plugin->id,
					     .mounts = launch->furnishing.mounts,
					     .mount_count = launch->furnishing.mount_count};
	autobuffer warnings = {0};

	TRY(spec_compile(launch->furnishing.spec, &options, &launch->plan, &warnings));
	if (warnings.length)
		log_warn("plugin %.12s: %s", launch->plugin->id, warnings.data);
	return NULL;
}

static fallible prepare(struct launch *launch)
{
	struct managed_plugin *plugin = launch->plugin;
	autofree char *data = managed_plugin_folder(plugin, "");

	TRY(open_folders(plugin));
	TRY(directory_open(plugin->engine->data_root, data, &launch->data_fd));
	unlinkat(plugin->sockets_fd, socket_of(plugin), 0); /* of the run before */
	unlinkat(launch->data_fd, EXIT_RECORD, 0);
	order_log(launch);
	TRY(managed_plugin_mount_root(plugin, &launch->furnishing.root));
	TRY(make_spec(launch));
	return compile(launch);
}

/* ---- birth ---- */

static fallible give_birth(struct launch *launch)
{
	struct managed_plugin *plugin = launch->plugin;
	struct engine *engine = plugin->engine;
	pid_t shim;

	TRY(shim_listen(plugin->run_fd, &launch->listen_fd));
	TRY(shim_watch(plugin->run_fd, &launch->watch_fd));
	const struct shim_birth birth = {
		.program = engine->options.shim,
		.id = plugin->id,
		.plan = &launch->plan,
		.log = &launch->log,
		.listen_fd = launch->listen_fd,
		.run_fd = plugin->run_fd,
		.data_fd = launch->data_fd,
		.root_fd = launch->furnishing.root,
		.mounts = launch->furnishing.mounts,
		.mount_count = launch->furnishing.mount_count,
		.errors_fd = engine->shim_errors,
	};
	TRY(shim_spawn(&birth, &shim));
	close_fd(&launch->listen_fd);
	return monitor_reap(engine->monitor, shim);
}

static fallible let_run(struct launch *launch)
{
	struct shim_report report;

	TRY(shim_expect(launch->watch_fd, SHIM_CREATED, FAILED, &report));
	TRY(shim_let_start(launch->watch_fd));
	return shim_expect(launch->watch_fd, SHIM_STARTED, FAILED, &report);
}

/* ---- its end ---- */

/* A daemon that ends meanwhile leaves it to the next one. */
static void restart(void *context)
{
	struct managed_plugin *plugin = context;

	pthread_mutex_lock(&plugin->operation);
	pthread_mutex_lock(&plugin->lock);
	bool due = plugin->wanted && !plugin->running;
	pthread_mutex_unlock(&plugin->lock);
	struct error *e = due ? managed_plugin_run(plugin, MANAGED_PLUGIN_ANSWER_MS) : NULL;
	if (e && !schedule_is_stopping(plugin->engine->schedule)) {
		log_error("plugin %s cannot be started again and is disabled: %s", plugin->name,
			  e->message);
		managed_plugin_stop(plugin);
		pthread_mutex_lock(&plugin->lock); /* not kept: the next daemon tries it */
		json_object_set_new(plugin->document, "Enabled", json_false());
		pthread_mutex_unlock(&plugin->lock);
		managed_plugin_announce(plugin, false);
	}
	error_free(e);
	pthread_mutex_unlock(&plugin->operation);
}

static void release(void *plugin)
{
	managed_plugin_release(plugin);
}

static void plan_restart(struct managed_plugin *plugin, int64_t milliseconds)
{
	const struct schedule_work work = {restart, release, plugin};

	managed_plugin_hold(plugin);
	schedule_add(plugin->engine->schedule, milliseconds, &work);
}

/* Without their shim its processes have nobody who learns of their end. */
static void end_what_is_left(struct managed_plugin *plugin)
{
	autofree char *path = cgroup_of(plugin);
	struct cgroup cgroup;

	cgroup_open(&cgroup, path);
	log_dropped(LOG_LEVEL_WARN, cgroup_remove(&cgroup), "what is left of plugin %.12s runs on",
		    plugin->id);
	cgroup_finish(&cgroup);
}

static bool hear(void *context, int fd)
{
	struct managed_plugin *plugin = context;
	struct shim_report report;
	autoerror e = shim_next_report(fd, 0, &report);

	if (!e && report.kind != SHIM_EXITED)
		return true;
	if (e)
		end_what_is_left(plugin);
	pthread_mutex_lock(&plugin->lock);
	plugin->running = false;
	if (plugin->wanted) {
		plugin->backoff =
			restart_policy_delay(plugin->backoff, time(NULL) - plugin->started);
		log_warn("plugin %s has ended by itself (%d): it is started again", plugin->name,
			 e ? -1 : report.exit_code);
		plan_restart(plugin, plugin->backoff);
	}
	pthread_cond_broadcast(&plugin->changed);
	pthread_mutex_unlock(&plugin->lock);
	return false;
}

static fallible watch(struct managed_plugin *plugin, int watch_fd)
{
	const struct monitor_watch watching = {hear, release, plugin};

	pthread_mutex_lock(&plugin->lock);
	plugin->running = true;
	plugin->started = time(NULL);
	pthread_mutex_unlock(&plugin->lock);
	managed_plugin_hold(plugin);
	return monitor_add(plugin->engine->monitor, watch_fd, &watching);
}

/* ---- its socket ---- */

static int try_socket(const struct managed_plugin *plugin)
{
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
			      plugin->sockets_fd, socket_of(plugin));

	if (length >= (int)sizeof(address.sun_path))
		return ENAMETOOLONG;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? 0 : errno; /* a full backlog is one, too */
	return 0;
}

/* Its end wakes us before the pause is over. */
static bool still_runs(struct managed_plugin *plugin, int64_t pause)
{
	struct timespec until = deadline_after(pause);

	pthread_mutex_lock(&plugin->lock);
	while (plugin->running &&
	       pthread_cond_timedwait(&plugin->changed, &plugin->lock, &until) == 0)
		;
	bool runs = plugin->running;
	pthread_mutex_unlock(&plugin->lock);
	return runs;
}

/* Docker's words, and where to look further. */
static fallible await_socket(struct managed_plugin *plugin, int64_t milliseconds)
{
	struct timespec until = deadline_after(milliseconds);
	int64_t pause = PAUSE_LEAST;
	uint64_t began = explain_clock();
	bool runs = true;
	int problem;

	while ((problem = try_socket(plugin)) && runs && deadline_milliseconds_left(until) &&
	       !schedule_is_stopping(plugin->engine->schedule)) {
		runs = still_runs(plugin, pause);
		pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
	}
	if (problem)
		return error_errno(
			ERROR_SYSTEM, problem,
			"plugin %s %s: its output is in %s/plugins/%s/%s-json.log: dial unix "
			"%s/plugins/%s/" SOCKETS "/%s: connect",
			plugin->name, runs ? "does not listen on its socket" : "has ended",
			plugin->engine->options.data_root, plugin->id, plugin->id,
			plugin->engine->options.exec_root, plugin->id, socket_of(plugin));
	explain(began, "5.12", "the plugin listens: from now on it can be asked",
		"connect(\"" SOCKETS "/%s\")", socket_of(plugin));
	return NULL;
}

/* ---- all of it ---- */

static fallible launch_it(struct launch *launch)
{
	uint64_t began = explain_clock();

	TRY(prepare(launch));
	TRY(give_birth(launch));
	TRY(let_run(launch));
	explain(began, "5.12", "the plugin runs: a container that no list of containers shows",
		"posix_spawn(\"mini-shim\", \"%.12s\")", launch->plugin->id);
	return watch(launch->plugin, steal_fd(&launch->watch_fd));
}

/* It may have ended since it answered. */
static void keep_running(struct managed_plugin *plugin)
{
	pthread_mutex_lock(&plugin->lock);
	plugin->wanted = true;
	if (!plugin->running)
		plan_restart(plugin, restart_policy_delay(0, 0));
	pthread_mutex_unlock(&plugin->lock);
}

fallible managed_plugin_run(struct managed_plugin *plugin, int64_t milliseconds)
{
	auto_launch launch = {.plugin = plugin,
			      .document = managed_plugin_inspect(plugin),
			      .furnishing.root = -1,
			      .data_fd = -1,
			      .listen_fd = -1,
			      .watch_fd = -1};

	TRY(launch_it(&launch));
	TRY(await_socket(plugin, milliseconds));
	keep_running(plugin);
	return NULL;
}

static bool await_end(struct managed_plugin *plugin, int64_t milliseconds)
{
	struct timespec until = deadline_after(milliseconds);

	pthread_mutex_lock(&plugin->lock);
	while (plugin->running &&
	       pthread_cond_timedwait(&plugin->changed, &plugin->lock, &until) == 0)
		;
	bool ended = !plugin->running;
	pthread_mutex_unlock(&plugin->lock);
	return ended;
}

void managed_plugin_stop(struct managed_plugin *plugin)
{
	static const struct {
		int signal, wait;
	} steps[] = {{SIGTERM, STOP_MS}, {SIGKILL, KILL_MS}};

	pthread_mutex_lock(&plugin->lock);
	plugin->wanted = false;
	bool runs = plugin->running;
	pthread_mutex_unlock(&plugin->lock);
	for (size_t i = 0; runs && i < countof(steps); i++) {
		error_free(shim_signal(plugin->run_fd, steps[i].signal)); /* it may have ended */
		runs = !await_end(plugin, steps[i].wait);
	}
	if (runs)
		log_error("plugin %s does not end", plugin->name);
	managed_plugin_mount_unshare(plugin);
	close_folders(plugin);
}

/* ---- after another daemon ---- */

static void take_up(struct managed_plugin *plugin, int watch_fd)
{
	uint64_t began = explain_clock();
	struct error *e = open_folders(plugin);

	plugin->wanted = true;
	if (e)
		close_fd(&watch_fd);
	else
		e = watch(plugin, watch_fd);
	log_dropped(LOG_LEVEL_ERROR, e, "plugin %s runs, but cannot be reached", plugin->name);
	explain(began, "5.12", "the plugin outlived the daemon",
		"connect(\"" SHIM_SOCKET "\") of %.12s", plugin->id);
}

static void begin_again(struct managed_plugin *plugin)
{
	struct error *e = open_folders(plugin);

	plugin->wanted = true;
	log_dropped(LOG_LEVEL_ERROR, e, "plugin %s cannot be reached", plugin->name);
	plan_restart(plugin, 0);
}

void managed_plugin_recover(struct managed_plugin *plugin)
{
	autofree char *run = managed_plugin_folder(plugin, "");
	bool enabled = managed_plugin_is_enabled(plugin);
	struct shim_report report;
	int watch_fd = -1;

	plugin->run_fd = openat(plugin->engine->exec_root, run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	shim_find(plugin->run_fd, &watch_fd, &report);
	if (enabled && report.kind == SHIM_STARTED) {
		take_up(plugin, watch_fd);
		return;
	}
	close_fd(&watch_fd);
	end_what_is_left(plugin);
	if (enabled) {
		begin_again(plugin);
		return;
	}
	managed_plugin_mount_unshare(plugin);
	close_folders(plugin);
}
