#include "dockerd.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "dockerd_config.h"
#include "dockerd_listen.h"
#include "dockerd_pages.h"
#include "dockerd_reload.h"
#include "dockerd_settings.h"
#include "explain.h"
#include "file.h"
#include "flag_completion.h"
#include "http_server.h"
#include "kernel_call.h"
#include "log.h"
#include "memory.h"
#include "notify_socket.h"
#include "open_files.h"
#include "pidfile.h"
#include "settings.h"
#include "tls.h"

#define PROGRAM         "mini-dockerd"
#define MAX_CONNECTIONS 1024

/* -- signals -- */

static struct http_server *running_server; /* for the handler */

static void on_end(int signal)
{
	static volatile sig_atomic_t times;

	if (++times >= 3)
		_exit(128 + signal);
	http_server_stop(running_server);
}

/*
 * Handlers, not a mask that a thread waits on: exec(2) takes handlers away but keeps a mask, and
 * a shim or a container that inherits blocked signals cannot be stopped.
 */
static void catch_signals(struct http_server *server)
{
	struct sigaction end = {.sa_handler = on_end, .sa_flags = SA_RESTART};

	running_server = server;
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
}

/* -- serving -- */

static void log_failed(void *context, const struct http_exchange *ex, const struct error *e)
{
	(void)context;
	if (error_http_status(e) == 500)
		log_error("Handler for %s %s returned error: %s", ex->request->method, ex->path,
			  e->message);
	else
		log_debug("Handler for %s %s returned error: %s", ex->request->method, ex->path,
			  e->message);
}

/* systemd, where it started us, may know. */
static void tell_service(const char *text)
{
	log_dropped(LOG_LEVEL_WARN, notify_socket_send(text), "nobody hears how the daemon is");
}

static fallible serve(struct http_server *server, const struct dockerd_config *config,
		      const struct api *api, struct tls **tls)
{
	TRY(dockerd_listen(server, config, tls));
	catch_signals(server);
	TRY(dockerd_reload_start(config, api));
	log_info("Daemon has completed initialization");
	tell_service("READY=1");
	struct error *e = http_server_run(server);
	tell_service("STOPPING=1");
	dockerd_reload_stop();
	return e;
}

static fallible serve_engine(struct engine *engine, const struct dockerd_config *config,
			     const struct dockerd_composition *composition)
{
	struct api api = {
		.engine = engine,
		.settings = engine->settings,
	};
	struct http_router router = {
		.tables = composition->routes,
		.context = &api,
		.version_least = API_VERSION_LEAST,
		.version_most = API_VERSION_MOST,
		.headers = api_headers,
		.failed = log_failed,
		.guard = composition->guard,
	};
	struct http_server *server = NULL;
	struct tls *tls = NULL;

	TRY(http_server_create(http_router_serve, &router, MAX_CONNECTIONS, &server));
	struct error *e = serve(server, config, &api, &tls);
	http_server_destroy(server);
	tls_destroy(tls);
	return e;
}

static fallible run_engine(const struct dockerd_config *config,
			   const struct dockerd_composition *composition, struct settings *settings)
{
	struct engine_options options = {
		.data_root = config->data_root,
		.exec_root = config->exec_root,
		.cgroup_parent = config->cgroup_parent ? config->cgroup_parent : "/mini-docker",
		.debug = config->debug,
		.storage_driver = config->storage_driver,
		.log_driver = config->log_driver,
		.log_options = config->log_options,
		.storage_size = config->storage_size,
		.init = config->init,
		.init_path = config->init_path,
		.userns_remap = config->userns_remap,
		.settings = settings,
	};
	struct engine *engine = NULL;

	settings_replace(options.settings, dockerd_config_settings(config));
	log_info("Starting up");
	TRY(engine_open(&options, composition->lifecycles, &engine));
	struct error *e = serve_engine(engine, config, composition);
	engine_close(engine);
	if (!e)
		log_info("Daemon shutdown complete; containers go on running");
	return e;
}

static fallible adjust_oom_score(int64_t score)
{
	autofree char *text = format("%lld", (long long)score);

	if (score == INT64_MIN)
		return NULL;
	return error_wrap(file_write(AT_FDCWD, "/proc/self/oom_score_adj", text),
			  "cannot set --oom-score-adjust %s", text);
}

static fallible run(const struct dockerd_config *config,
		    const struct dockerd_composition *composition)
{
	if (geteuid() != 0)
		return error_new(ERROR_FORBIDDEN, PROGRAM
				 " needs to be started with root privileges: it mounts, "
				 "makes namespaces and writes cgroups; start it with sudo, or "
				 "mini-dockerd-rootless as yourself");
	TRY(adjust_oom_score(config->oom_score));
	TRY(pidfile_create(config->pidfile));
	struct settings *settings = settings_create();
	struct error *e = run_engine(config, composition, settings);
	settings_destroy(settings);
	pidfile_remove(config->pidfile);
	return e;
}

/* -- the program -- */

/* libarchive wants a locale that knows UTF-8, or it loses names that are not ASCII. The umask of
 * whoever started the daemon must not change the files it makes for containers. */
static void prepare_process(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(022);
	/* What the starter left open is for no shim, which would keep it as long as a container. */
	kernel_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	explain_open_from_environment("daemon");
	log_dropped(LOG_LEVEL_WARN, open_files_raise(),
		    "the daemon runs out of descriptors with many containers");
}

static int tell_usage(struct error *e)
{
	fprintf(stderr, "%s\nSee '" PROGRAM " --help'.\n", e->message);
	error_free(e);
	return 125;
}

static int tell_failure(struct error *e, const char *what)
{
	fprintf(stderr, "%s%s\n", what, e->message);
	error_free(e);
	return 1;
}

/* True: it was asked for what it is, and is not to run. */
static bool tells_of_itself(const struct dockerd_config *config, struct error **e)
{
	if (config->help)
		dockerd_config_help(PROGRAM, stdout);
	else if (config->version)
		printf("mini-dockerd version " MINI_VERSION "\n");
	else if (config->man)
		dockerd_pages_man(PROGRAM, stdout);
	else if (config->completion)
		*e = flag_completion(dockerd_flags, PROGRAM, config->completion, stdout);
	else
		return false;
	return true;
}

int dockerd_main(int argc, char **argv, const struct dockerd_composition *composition)
{
	auto_dockerd_config config = {0};
	struct error *e = dockerd_config_read_flags(&config, argc, argv);

	if (e)
		return tell_usage(e);
	if (tells_of_itself(&config, &e))
		return e ? tell_usage(e) : 0;
	e = dockerd_config_complete(&config);
	if (e)
		return tell_failure(e, "");
	if (config.validate) {
		fprintf(stderr, "configuration OK\n");
		return 0;
	}
	log_set_level(config.log_level);
	log_set_json(strcmp(config.log_format, "json") == 0);
	prepare_process();
	e = run(&config, composition);
	return e ? tell_failure(e, "failed to start daemon: ") : 0;
}
