#include "dockerd_reload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dockerd_config_file.h"
#include "event.h"
#include "log.h"
#include "memory.h"
#include "notify_socket.h"
#include "settings.h"

static struct {
	const struct dockerd_config *config;
	const struct api *api;
	pthread_t thread;
	int pipe[2];
} reload = {.pipe = {-1, -1}};

/* -- what counts at once -- */

/* Docker's: each value as a text, lists and objects as JSON. */
static json_t *attributes_of(const struct dockerd_config *config)
{
	static const char *const told[] = {
		"default-runtime",
		"default-shm-size",
		"default-ulimits",
		"features",
		"insecure-registries",
		"labels",
		"max-concurrent-downloads",
		"max-concurrent-uploads",
		"max-download-attempts",
		"registry-mirrors",
		"runtimes",
		"shutdown-timeout",
	};
	autojson *settings = dockerd_config_settings(config);
	char name[65] = "";

	gethostname(name, sizeof(name) - 1);
	json_t *attributes =
		json_pack("{s:s, s:s, s:o}", "debug",
			  config->log_level == LOG_LEVEL_DEBUG ? "true" : "false", "live-restore",
			  "true", "name", json_text_value(name, strlen(name)));
	for (size_t i = 0; i < countof(told); i++) {
		json_t *value = json_object_get(settings, told[i]);
		autofree char *text = json_is_string(value) ? duplicate(json_string_value(value))
							    : json_text(value);

		json_object_set_new(attributes, told[i], json_string(text));
	}
	return attributes;
}

/* Of whom containers are is for the daemon's life: its root is named after them. */
static void apply(struct dockerd_config *now)
{
	struct engine *engine = reload.api->engine;

	now->userns_remap = reload.config->userns_remap;

	log_set_level(now->log_level);
	settings_replace(reload.api->settings, dockerd_config_settings(now));
	event_emit(engine->events, "daemon", "reload", engine->id, attributes_of(now));
}

/* -- the signal -- */

/* The command line and the file together, as at the start: a file that contradicts the command line
 * is refused now too. */
static fallible read_again(struct dockerd_config *now)
{
	TRY(dockerd_config_read_flags(now, reload.config->argc, reload.config->argv));
	return dockerd_config_complete(now);
}

/* systemd waits for READY before it thinks that `systemctl reload` is done. */
static void tell_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	autofree char *text = format("RELOADING=1\nMONOTONIC_USEC=%lld",
				     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	log_dropped(LOG_LEVEL_WARN, notify_socket_send(text), "nobody hears of the reload");
}

static void read_and_apply(void)
{
	auto_dockerd_config now = {0};

	log_info("Got signal to reload configuration, reloading from: %s",
		 dockerd_config_file_path(reload.config));
	tell_reloading();
	struct error *e = read_again(&now);
	if (!e)
		apply(&now);
	log_dropped(LOG_LEVEL_ERROR, e, "the configuration stays as it is");
	log_dropped(LOG_LEVEL_WARN, notify_socket_send("READY=1"), "nobody hears of the reload");
}

static void *reload_thread(void *opaque)
{
	char byte;
	(void)opaque;

	while (read(reload.pipe[0], &byte, 1) == 1)
		read_and_apply();
	return NULL;
}

/* Reading a file is not for a signal handler: a thread waits at the other end of the pipe. */
static void on_signal(int signal)
{
	int saved = errno;
	(void)signal;

	(void)!write(reload.pipe[1], "r", 1); /* a full pipe has a reload in it already */
	errno = saved;
}

fallible dockerd_reload_start(const struct dockerd_config *config, const struct api *api)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	reload.config = config;
	reload.api = api;
	if (pipe2(reload.pipe, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe for signals");
	int status = pthread_create(&reload.thread, NULL, reload_thread, NULL);
	if (status) {
		close_fd(&reload.pipe[0]);
		close_fd(&reload.pipe[1]);
		return error_errno(ERROR_SYSTEM, status, "cannot start the thread for SIGHUP");
	}
	sigaction(SIGHUP, &action, NULL);
	return NULL;
}

void dockerd_reload_stop(void)
{
	if (reload.pipe[1] < 0)
		return;
	signal(SIGHUP, SIG_IGN);
	close_fd(&reload.pipe[1]); /* the thread reads the end of it */
	pthread_join(reload.thread, NULL);
	close_fd(&reload.pipe[0]);
}
