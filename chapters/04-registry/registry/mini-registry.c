/*
 * mini-registry - where images are pushed to and pulled from
 *
 *	mini-registry --root /srv/registry &
 *	skopeo copy oci:image docker://127.0.0.1:5000/team/app:1
 *	docker pull 127.0.0.1:5000/team/app:1
 *
 * Which function answers which request is said by the tables below; who may ask, by flags.
 *
 * Standard: OCI distribution-spec 1.1. Book: 4.2
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "distribution_error.h"
#include "explain.h"
#include "flag_completion.h"
#include "http_server.h"
#include "memory.h"
#include "mirror.h"
#include "notify_socket.h"
#include "registry_api.h"
#include "registry_config.h"
#include "registry_metrics.h"
#include "registry_pages.h"
#include "version.h"

#define PROGRAM         "mini-registry"
#define MAX_CONNECTIONS 2048

/* The first row that matches is taken. Uploads stand before blobs: an upload's path is longer. */
static const struct route *const routes[] = {
	registry_blob_routes,    registry_manifest_routes,
	registry_upload_routes,  registry_list_routes,
	registry_base_routes,    registry_token_routes,
	registry_metrics_routes, NULL,
};

/* Of a mirror: what is missing is brought before those above answer. */
static const struct route *const mirror_tables[] = {
	mirror_routes,          registry_blob_routes,    registry_manifest_routes,
	registry_upload_routes, registry_list_routes,    registry_base_routes,
	registry_token_routes,  registry_metrics_routes, NULL,
};

/* What a connection needs to be served. */
struct program {
	const struct registry_config *config;
	struct registry *registry;
	struct registry_collector *collector;
	struct http_router router;
	struct http_server *server;
	struct tls *tls;
};

/* -- signals -- */

static struct program *running; /* for the handlers */

static void on_end(int signal)
{
	(void)signal;
	mirror_stop(running->registry->mirror);
	http_server_stop(running->server);
}

static void on_collect(int signal)
{
	(void)signal;
	registry_collector_wake(running->collector);
}

static void catch_signals(struct program *program)
{
	struct sigaction end = {.sa_handler = on_end, .sa_flags = SA_RESTART};
	struct sigaction collect = {.sa_handler = on_collect, .sa_flags = SA_RESTART};

	running = program;
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGUSR1, &collect, NULL);
}

/* -- serving -- */

static void serve_connection(void *context, struct http_connection *c)
{
	struct program *program = context;

	http_connection_set_patience(c, (int)program->config->patience);
	http_router_serve(&program->router, c);
}

static void exchange_done(void *context, struct http_exchange *ex, const struct error *e)
{
	struct registry *registry = context;

	if (e && ex->status >= 500)
		log_error("%s %s: %s", ex->request->method, ex->path, e->message);
	registry_metrics_note(registry->metrics, ex);
	registry_auth_leave(ex);
}

/* Passwords, tokens and images in clear are for this machine alone, unless somebody says otherwise.
 */
static fallible check_exposure(const struct program *program)
{
	if (program->config->plain_http || !http_server_is_exposed(program->server))
		return NULL;
	return error_new(ERROR_INVALID,
			 "other machines could come without TLS: give --tls-certificate and "
			 "--tls-key, listen on 127.0.0.1, or say --plain-http");
}

static fallible listen_all(struct program *program)
{
	const struct registry_config *config = program->config;

	if (config->tls.certificate)
		TRY(tls_create_server(&config->tls, &program->tls));
	for (size_t i = 0; i < config->listen.count; i++)
		TRY(http_server_listen(program->server, config->listen.items[i], program->tls));
	return check_exposure(program);
}

static fallible serve(struct program *program)
{
	const struct registry_config *config = program->config;

	TRY(http_server_create(serve_connection, program, MAX_CONNECTIONS, &program->server));
	TRY(listen_all(program));
	TRY(registry_collector_start(program->registry, &config->collect, &program->collector));
	catch_signals(program);
	for (size_t i = 0; i < config->listen.count; i++)
		log_info("registry listens on %s", config->listen.items[i]);
	log_dropped(LOG_LEVEL_WARN, notify_socket_send("READY=1"), "nobody hears that it runs");
	return http_server_run(program->server);
}

static fallible open_mirror(const struct registry_config *config, struct registry *registry)
{
	const struct mirror_options options = {config->mirror.of, config->mirror.credentials,
					       config->mirror.certs};

	return options.of ? mirror_open(&options, registry, &registry->mirror) : NULL;
}

static fallible run(const struct registry_config *config)
{
	struct program program = {.config = config};
	struct registry_auth *auth = NULL;

	TRY(registry_open(config->root, &config->limits, &program.registry));
	struct error *e = registry_auth_open(&config->auth, config->root, &auth);
	program.registry->auth = auth;
	if (!e)
		e = registry_metrics_open(config->access_log, &program.registry->metrics);
	program.router = (struct http_router){
		.tables = config->mirror.of ? mirror_tables : routes,
		.context = program.registry,
		.headers = registry_headers,
		.admit = registry_auth_admit,
		.done = exchange_done,
		.error_body = distribution_error_json,
	};
	if (!e)
		e = open_mirror(config, program.registry);
	if (!e)
		e = serve(&program);
	mirror_stop(program.registry->mirror);
	registry_collector_stop(program.collector);
	http_server_destroy(program.server);
	tls_destroy(program.tls);
	mirror_close(program.registry->mirror);
	registry_metrics_close(program.registry->metrics);
	registry_auth_close(auth);
	registry_close(program.registry);
	return e;
}

/* True: it was asked for what it is, and is not to run. */
static bool tells_of_itself(const struct registry_config *config, struct error **e)
{
	if (config->help)
		registry_config_help(stdout);
	else if (config->version)
		puts(PROGRAM " version " MINI_VERSION);
	else if (config->man)
		registry_pages_man(stdout);
	else if (config->completion)
		*e = flag_completion(registry_flags, PROGRAM, config->completion, stdout);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	auto_registry_config config = {0};
	struct error *e = registry_config_read(&config, argc, argv);
	bool told = !e && tells_of_itself(&config, &e);

	if (e) {
		fprintf(stderr, PROGRAM ": %s\nSee '" PROGRAM " --help'.\n", e->message);
		error_free(e);
		return 125;
	}
	if (told)
		return 0;
	log_set_level(config.log_level);
	umask(022);
	explain_open_from_environment("registry");
	if (config.explain)
		explain_open("registry", STDERR_FILENO);
	return error_report(PROGRAM, run(&config));
}
