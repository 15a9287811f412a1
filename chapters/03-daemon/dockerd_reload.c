#include "dockerd_reload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

static json_t *words_json(const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(array,
				      json_text_value(words->items[i], strlen(words->items[i])));
	return array;
}

static json_t *settings_of(const struct dockerd_config *config)
{
	return json_pack("{s:o, s:o, s:o}", "labels", words_json(&config->labels),
			 "registry-mirrors", words_json(&config->mirrors), "insecure-registries",
			 words_json(&config->insecure_registries));
}

/* Docker's: each value as a text, lists as JSON. */
static json_t *attributes_of(const struct dockerd_config *config)
{
	autojson *lists = settings_of(config);
	autofree char *timeout = format("%lld", (long long)config->shutdown_timeout);
	char name[65] = "";
	const char *key;
	json_t *list;

	gethostname(name, sizeof(name) - 1);
	json_t *attributes =
		json_pack("{s:s, s:s, s:s, s:o, s:s}", "debug",
			  config->log_level == LOG_LEVEL_DEBUG ? "true" : "false",
			  "default-runtime", "runc", "live-restore", "true", "name",
			  json_text_value(name, strlen(name)), "shutdown-timeout", timeout);
	json_object_foreach (lists, key, list) {
		autofree char *text = json_text(list);

		json_object_set_new(attributes, key, json_string(text));
	}
	return attributes;
}

static void apply(const struct dockerd_config *now)
{
	struct engine *engine = reload.api->engine;

	log_set_level(now->log_level);
	settings_replace(reload.api->settings, settings_of(now));
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
	const char *file = reload.config->config_file;

	log_info("Got signal to reload configuration, reloading from: %s",
		 file ? file : DOCKERD_DEFAULT_CONFIG_FILE);
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
	settings_replace(api->settings, settings_of(config));
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
