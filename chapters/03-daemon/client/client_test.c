/*
 * The commands against a daemon of this test's own: it speaks HTTP over a socket, and a container
 * of its says one line on each stream, gives back what it is fed, and ends with 7.
 */
#include "client.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "http_route.h"
#include "http_server.h"
#include "memory.h"

/* -- the daemon -- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool started, ended;
	json_t *body; /* of the last create */
	int explained;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void set(bool *flag, bool value)
{
	pthread_mutex_lock(&fake.lock);
	*flag = value;
	pthread_cond_broadcast(&fake.changed);
	pthread_mutex_unlock(&fake.lock);
}

static void wait_for(const bool *flag)
{
	pthread_mutex_lock(&fake.lock);
	while (!*flag)
		pthread_cond_wait(&fake.changed, &fake.lock);
	pthread_mutex_unlock(&fake.lock);
}

static fallible reply_text(struct http_exchange *ex, int status, const char *json)
{
	return http_reply_bytes(ex, status, "application/json", json, strlen(json));
}

static fallible ping(void *context, struct http_exchange *ex)
{
	(void)context;
	return http_reply_bytes(ex, 200, "text/plain", "OK", 2);
}

static fallible create(void *context, struct http_exchange *ex)
{
	autojson *body = NULL;

	(void)context;
	TRY(http_exchange_body_json(ex, &body));
	const char *image = json_string_at(body, "Image", NULL);
	if (strcmp(http_exchange_query(ex, "name", ""), "taken") == 0)
		return error_new(ERROR_CONFLICT, "the name is taken");
	if (strcmp(image, "missing") == 0)
		return error_new(ERROR_NOT_FOUND, "No such image: missing:latest");
	json_decref(fake.body);
	fake.body = json_incref(body);
	set(&fake.started, false);
	set(&fake.ended, false);
	return reply_text(ex, 201, "{\"Id\":\"0123456789abcdef\",\"Warnings\":[\"be careful\"]}");
}

static fallible start(void *context, struct http_exchange *ex)
{
	(void)context;
	if (strcmp(json_string_at(fake.body, "Image", NULL), "nocommand") == 0)
		return error_new(ERROR_INVALID, "exec: \"x\": executable file not found in $PATH");
	if (strcmp(json_string_at(fake.body, "Image", NULL), "noexec") == 0)
		return error_new(ERROR_INVALID, "exec: \"/x\": permission denied");
	fake.explained += http_exchange_header(ex, "X-Mini-Explain") != NULL;
	set(&fake.started, true);
	return http_reply_empty(ex, 204);
}

/* The container: frames, and an echo until its input ends. */
static fallible converse(struct http_exchange *ex)
{
	static const char hello[] = "\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\4err\n";
	autobuffer input = {0};
	autoclose int fd = -1;

	TRY(http_reply_hijack(ex, "application/vnd.docker.multiplexed-stream", &fd, &input));
	wait_for(&fake.started);
	TRY(file_write_fd(fd, "stream", hello, sizeof(hello) - 1));
	TRY(file_read_fd(fd, "stream", 1 << 20, &input));
	char head[8] = {1, 0, 0, 0, 0, 0, (char)(input.length >> 8), (char)input.length};
	if (input.length) {
		TRY(file_write_fd(fd, "stream", head, sizeof(head)));
		TRY(file_write_fd(fd, "stream", input.data, input.length));
	}
	set(&fake.ended, true);
	return NULL;
}

static fallible attach(void *context, struct http_exchange *ex)
{
	(void)context;
	return converse(ex);
}

static fallible wait_exit(void *context, struct http_exchange *ex)
{
	static const char answer[] = "{\"StatusCode\":7}\n";

	(void)context;
	TRY(http_reply_start(ex, 200, "application/json"));
	wait_for(&fake.ended);
	TRY(http_reply_write(ex, answer, sizeof(answer) - 1));
	return http_reply_end(ex);
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	(void)context;
	if (strcmp(http_exchange_parameter(ex, "id"), "web") != 0)
		return error_new(ERROR_NOT_FOUND, "No such container: %s",
				 http_exchange_parameter(ex, "id"));
	return reply_text(ex, 200,
			  "{\"Id\":\"0123\",\"Name\":\"/web\",\"State\":{\"Running\":true},"
			  "\"Config\":{\"Tty\":false,\"OpenStdin\":true,\"Env\":[\"A=1\"]}}");
}

static fallible list(void *context, struct http_exchange *ex)
{
	(void)context;
	return reply_text(
		ex, 200,
		"[{\"Id\":\"0123456789abcdef\",\"Names\":[\"/web\",\"/x/web\"],"
		"\"Image\":\"busybox\",\"ImageID\":\"sha256:1\",\"Command\":\"sleep 1000000 "
		"and more\",\"Created\":1,\"State\":\"running\",\"Status\":\"Up 2 seconds\","
		"\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,"
		"\"Type\":\"tcp\"},{\"PrivatePort\":53,\"Type\":\"udp\"}],\"Labels\":null}]");
}

static fallible logs(void *context, struct http_exchange *ex)
{
	static const char frames[] = "\1\0\0\0\0\0\0\2a\n\2\0\0\0\0\0\0\2b\n";

	(void)context;
	TRY(http_reply_start(ex, 200, "application/vnd.docker.multiplexed-stream"));
	TRY(http_reply_write(ex, frames, sizeof(frames) - 1));
	return http_reply_end(ex);
}

static fallible stop(void *context, struct http_exchange *ex)
{
	(void)context;
	if (strcmp(http_exchange_parameter(ex, "id"), "stopped") == 0)
		return error_new(ERROR_NOT_MODIFIED, "it is stopped");
	if (strcmp(http_exchange_parameter(ex, "id"), "nope") == 0)
		return error_new(ERROR_NOT_FOUND, "No such container: nope");
	return http_reply_empty(ex, 204);
}

static fallible exec_create(void *context, struct http_exchange *ex)
{
	autojson *body = NULL;

	(void)context;
	TRY(http_exchange_body_json(ex, &body));
	set(&fake.started, true);
	return reply_text(ex, 201, "{\"Id\":\"e1\"}");
}

static fallible exec_start(void *context, struct http_exchange *ex)
{
	autojson *body = NULL;

	(void)context;
	TRY(http_exchange_body_json(ex, &body));
	return converse(ex);
}

static fallible exec_inspect(void *context, struct http_exchange *ex)
{
	(void)context;
	return reply_text(ex, 200, "{\"ExitCode\":3}");
}

static fallible load(void *context, struct http_exchange *ex)
{
	autobuffer bytes = {0};

	(void)context;
	TRY(http_connection_read_all(ex->connection, 1 << 20, &bytes));
	autofree char *text =
		format("{\"stream\":\"Loaded %zu bytes\\n\"}\r\n"
		       "{\"stream\":\"done\\n\"}\r\n%s",
		       bytes.length,
		       bytes.length ? "" : "{\"errorDetail\":{\"message\":\"empty\"}}");
	return reply_text(ex, 200, text);
}

static fallible version(void *context, struct http_exchange *ex)
{
	(void)context;
	return reply_text(ex, 200, "{\"Version\":\"9.9\",\"Components\":[]}");
}

static const struct route routes[] = {
	{"HEAD", "/_ping", ping, "3.3"},
	{"GET", "/version", version, "3.3"},
	{"POST", "/containers/create", create, "3.4"},
	{"GET", "/containers/json", list, "3.4"},
	{"GET", "/containers/{id}/json", inspect, "3.4"},
	{"GET", "/containers/{id}/logs", logs, "3.7"},
	{"POST", "/containers/{id}/start", start, "3.4"},
	{"POST", "/containers/{id}/stop", stop, "3.4"},
	{"POST", "/containers/{id}/attach", attach, "3.6"},
	{"POST", "/containers/{id}/wait", wait_exit, "3.4"},
	{"POST", "/containers/{id}/exec", exec_create, "3.8"},
	{"POST", "/exec/{id}/start", exec_start, "3.8"},
	{"GET", "/exec/{id}/json", exec_inspect, "3.8"},
	{"POST", "/images/load", load, "2.7"},
	{0},
};
static const struct route *const tables[] = {routes, NULL};
static const struct http_field headers[] = {{(char *)"Api-Version", (char *)"1.44"}, {0}};
static struct http_router router = {
	.tables = tables,
	.version_least = 24,
	.version_most = 44, /* older than the client: it must come down */
	.headers = headers,
};

/* -- the client, in a process of its own -- */

struct outcome {
	int code;
	struct buffer out, err;
};

static void outcome_finish(struct outcome *outcome)
{
	buffer_finish(&outcome->out);
	buffer_finish(&outcome->err);
}

static void read_back(int fd, struct buffer *bytes)
{
	lseek(fd, 0, SEEK_SET);
	buffer_append_string(bytes, "");
	assert_null(file_read_fd(fd, "output", 1 << 20, bytes));
	close(fd);
}

static int memory_file(const char *content)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_null(file_write_fd(fd, "memory", content, strlen(content)));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void split_words(char *text, char **words, int *count)
{
	char *rest = NULL;

	*count = 0;
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[(*count)++] = word;
	words[*count] = NULL;
}

static void run(const char *words, const char *input, struct outcome *outcome)
{
	autofree char *line = format("mini-docker %s", words);
	int in = memory_file(input), out = memory_file(""), err = memory_file(""), status, count;
	char *argv[32];

	split_words(line, argv, &count);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		_exit(client_main(count, argv, client_commands));
	}
	close(in);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	*outcome = (struct outcome){.code = WEXITSTATUS(status)};
	read_back(out, &outcome->out);
	read_back(err, &outcome->err);
}

static const struct {
	const char *words, *input;
	int code;
	const char *out, *err; /* the whole output; a part of the messages */
} rows[] = {
	{"run busybox x", "", 7, "out\n", "err\n"},
	{"run --rm busybox x", "not sent", 7, "out\n", "err\n"},
	{"run -i busybox cat", "fed", 7, "out\nfed", "err\n"},
	{"container run -i busybox cat", "fed", 7, "out\nfed", "err\n"},
	{"run -d busybox x", "", 0, "0123456789abcdef\n", "WARNING: be careful\n"},
	{"create busybox", "", 0, "0123456789abcdef\n", ""},
	{"run nocommand x", "", 127, "",
	 "mini-docker: Error response from daemon: exec: \"x\": executable file not found in "
	 "$PATH\n\nRun 'mini-docker run --help' for more information\n"},
	{"run noexec /x", "", 126, "", "permission denied"},
	{"run --pull never missing", "", 125, "",
	 "mini-docker: Error response from daemon: No such image: missing:latest\n\nRun "},
	{"run missing", "", 125, "", "Unable to find image 'missing:latest' locally\n"},
	{"run --name taken busybox", "", 125, "", "the name is taken"},
	{"run -t -i busybox", "", 1, "", "the input device is not a TTY\n"},
	{"run", "", 1, "",
	 "mini-docker: 'mini-docker run' requires at least 1 argument\n\nUsage:  mini-docker run "
	 "[OPTIONS] IMAGE [COMMAND] [ARG...]\n\nSee 'mini-docker run --help' for more "
	 "information\n"},
	{"run --nope", "", 125, "", "unknown flag: --nope\n\nUsage:  mini-docker run "},
	{"run -m x busybox", "", 125, "", "invalid argument \"x\" for \"-m, --memory\" flag"},
	{"run --pid x busybox", "", 125, "", "mini-docker: --pid: invalid PID mode\n\nRun "},
	{"nope", "", 1, "",
	 "mini-docker: unknown command: mini-docker nope\n\nRun 'mini-docker --help' for more "
	 "information\n"},
	{"container nope", "", 1, "", "unknown command: mini-docker container nope\n"},
	{"--nope ps", "", 125, "", "unknown flag: --nope\n"},
	{"ps x", "", 1, "", "mini-docker: 'mini-docker ps' accepts no arguments\n"},
	{"ps -q", "", 0, "0123456789ab\n", ""},
	{"ps --format {{.Names}}|{{.Ports}}|{{.Command}}", "", 0,
	 "web|0.0.0.0:8080->80/tcp, 53/udp|\"sleep 1000000 and m\xe2\x80\xa6\"\n", ""},
	{"ps --format {{.Nope}}", "", 1, "", "map has no entry for key \"Nope\""},
	{"ps --format {{", "", 1, "", "failed to parse template: template: :1: unclosed action\n"},
	{"logs web", "", 0, "a\n", "b\n"},
	{"logs nope", "", 1, "", "Error response from daemon: No such container: nope\n"},
	{"exec -i web cat", "fed", 3, "out\nfed", "err\n"},
	{"exec web", "", 1, "", "requires at least 2 arguments"},
	{"stop a nope b stopped", "", 1, "a\nb\nstopped\n",
	 "Error response from daemon: No such container: nope\n"},
	{"inspect --format {{.Name}}-{{.Config.Env|json}} web", "", 0, "/web-[\"A=1\"]\n", ""},
	{"inspect nope", "", 1, "[]\n", "Error: No such object: nope\n"},
	{"container inspect nope", "", 1, "[]\n",
	 "Error response from daemon: No such container: nope\n"},
	{"inspect --type x web", "", 1, "", "unknown type: \"x\": must be one of"},
	{"load", "12345", 0, "Loaded 5 bytes\ndone\n", ""},
	{"load", "", 1, "Loaded 0 bytes\ndone\n", "empty\n"},
	{"version --format {{.Server.Version}}-{{.Client.ApiVersion}}", "", 0, "9.9-1.44\n", ""},
	{"-H unix:///nonexistent.sock ps", "", 1, "",
	 "Cannot connect to the Docker daemon at unix:///nonexistent.sock. Is the docker daemon "
	 "running?\n"},
	{"-H unix:///nonexistent.sock run x", "", 125, "",
	 "mini-docker: Cannot connect to the Docker"},
	{"-H nonsense ps", "", 1, "", "invalid address 'nonsense'"},
	{"attach web", "fed", 7, "out\nfed", "err\n"},
	{"--explain run busybox x", "", 7, "out\n", "[3.11] client"},
};

static void test_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		__attribute__((cleanup(outcome_finish))) struct outcome outcome = {0};

		set(&fake.started, strncmp(rows[i].words, "attach", 6) == 0);
		set(&fake.ended, false);
		run(rows[i].words, rows[i].input, &outcome);
		if (outcome.code != rows[i].code || strcmp(outcome.out.data, rows[i].out) != 0 ||
		    !strstr(outcome.err.data, rows[i].err))
			fail_msg("mini-docker %s: exit code %d\n-- stdout\n%s\n-- stderr\n%s",
				 rows[i].words, outcome.code, outcome.out.data, outcome.err.data);
	}
	assert_int_equal(fake.explained, 1);
}

static void *serve(void *server)
{
	return http_server_run(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};
	char folder[] = "/tmp/client-test-XXXXXX";
	struct http_server *server;
	pthread_t thread;

	alarm(60);
	if (!mkdtemp(folder))
		return 1;
	autofree char *address = format("unix://%s/s", folder);
	setenv("DOCKER_HOST", address, 1);
	error_free(http_server_create(http_router_serve, &router, 32, &server));
	error_free(http_server_listen(server, address, NULL));
	pthread_create(&thread, NULL, serve, server);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	set(&fake.started, true);
	set(&fake.ended, true);
	http_server_stop(server);
	pthread_join(thread, NULL);
	http_server_destroy(server);
	rmdir(folder);
	json_decref(fake.body);
	return failed;
}
