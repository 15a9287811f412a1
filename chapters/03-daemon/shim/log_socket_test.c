#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "shim_log.h"

/* A receiver in a folder of its own, and a log that sends to it. */
struct place {
	char path[64];
	char socket[80];
	int receiver;
	struct buffer texts;
	struct shim_log log;
};

static const struct timespec noon = {1795467965, 42};

static void listen_as(struct place *place, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", place->socket);
	place->receiver = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(place->receiver, (void *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(place->receiver, 5), 0);
}

static int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->path, "/tmp/mini-log-socket-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	snprintf(place->socket, sizeof(place->socket), "%s/socket", place->path);
	place->receiver = -1;
	*state = place;
	return 0;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	shim_log_close(&place->log, noon);
	close_fd(&place->receiver);
	unlink(place->socket);
	rmdir(place->path);
	buffer_finish(&place->texts);
	free(place);
	return 0;
}

static void order(struct place *place, const char *driver, const char *scheme)
{
	autofree char *address = format("%s:%s", scheme, place->socket);

	log_orders_add(&place->texts, "driver", driver);
	log_orders_add(&place->texts, "address", address);
	log_orders_add(&place->texts, "host", "here");
	log_orders_add(&place->texts, "tag", "tag");
	log_orders_add_number(&place->texts, "facility", 3);
}

static struct error *open_log(struct place *place)
{
	return shim_log_open(&place->log, -1,
			     (struct log_orders){place->texts.data, place->texts.length});
}

static void say(struct place *place, int stream, const char *text)
{
	shim_log_write(&place->log, stream, text, strlen(text), noon);
}

static void assert_received(struct place *place, const char *expected)
{
	char bytes[4096];
	ssize_t n = recv(place->receiver, bytes, sizeof(bytes) - 1, 0);

	assert_true(n >= 0);
	bytes[n] = '\0';
	assert_string_equal(bytes, expected);
}

static void assert_format(struct place *place, const char *format_name, const char *expected)
{
	autofree char *whole = format(expected, getpid());

	listen_as(place, SOCK_DGRAM);
	order(place, "syslog", "unixgram");
	log_orders_add(&place->texts, "format", format_name);
	assert_null(open_log(place));
	say(place, 0, "hi\n\n"); /* an empty line is no message */
	assert_received(place, whole);
	say(place, 1, "err\n");
	char bytes[8] = "";
	assert_int_equal(recv(place->receiver, bytes, 4, 0), 4);
	assert_string_equal(bytes, "<27>");
	assert_int_equal(recv(place->receiver, bytes, 1, 0), -1);
}

static void syslog_has_its_own_format(void **state)
{
	assert_format(*state, "", "<30>Nov 23 21:06:05 tag[%d]: hi\n");
}

static void syslog_has_rfc3164(void **state)
{
	assert_format(*state, "rfc3164", "<30>Nov 23 21:06:05 here tag[%d]: hi\n");
}

static void syslog_has_rfc5424(void **state)
{
	assert_format(*state, "rfc5424", "<30>1 2026-11-23T21:06:05Z here tag %d tag - hi\n");
}

static void syslog_has_rfc5424micro(void **state)
{
	assert_format(*state, "rfc5424micro",
		      "<30>1 2026-11-23T21:06:05.000000Z here tag %d tag - hi\n");
}

static void journald_gets_fields(void **state)
{
	struct place *place = *state;

	listen_as(place, SOCK_DGRAM);
	order(place, "journald", "unixgram");
	log_orders_add(&place->texts, "field", "CONTAINER_NAME=box");
	log_orders_add(&place->texts, "field", "LABEL=a\nb");
	assert_null(open_log(place));
	say(place, 1, "oops\n");
	char bytes[256] = "";
	static const char expected[] =
		"PRIORITY=3\nCONTAINER_NAME=box\nLABEL\n\3\0\0\0\0\0\0\0a\nb\n"
		"MESSAGE=oops\n";
	assert_int_equal(recv(place->receiver, bytes, sizeof(bytes), 0), sizeof(expected) - 1);
	assert_memory_equal(bytes, expected, sizeof(expected) - 1);
}

static void nobody_there_is_an_error(void **state)
{
	struct place *place = *state;

	order(place, "syslog", "unix");
	autoerror e = open_log(place);
	autofree char *expected =
		format("failed to initialize logging driver: dial unix %s: connect: "
		       "no such file or directory",
		       place->socket);
	assert_non_null(e);
	assert_string_equal(e->message, expected);
}

static void fill(struct place *place)
{
	char line[1025];

	memset(line, 'x', sizeof(line));
	line[1023] = '\n';
	line[1024] = '\0';
	for (int i = 0; i < 4000 && !shim_log_is_full(&place->log); i++)
		say(place, 0, line);
}

static void a_slow_receiver_fills_the_queue_and_gets_all(void **state)
{
	struct place *place = *state;
	static char bytes[1 << 20];
	struct pollfd set[SHIM_LOG_SINKS];
	size_t got = 0;
	ssize_t n;

	listen_as(place, SOCK_STREAM);
	order(place, "syslog", "unix");
	assert_null(open_log(place));
	autoclose int stream = accept4(place->receiver, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	fill(place);
	assert_true(shim_log_is_full(&place->log));
	say(place, 0, "the last one\n");
	for (int quiet = 0; quiet < 3;) {
		n = recv(stream, bytes + got, sizeof(bytes) - got, 0);
		got += n > 0 ? n : 0;
		quiet = n > 0 ? 0 : quiet + 1;
		shim_log_poll(&place->log, set);
		set[0].revents = set[0].events;
		shim_log_serve(&place->log, set);
	}
	assert_false(shim_log_is_full(&place->log));
	assert_int_equal(place->log.sinks[0].socket.dropped, 0);
	assert_memory_equal(bytes + got - 13, "the last one\n", 13);
}

static void non_blocking_drops_what_does_not_fit(void **state)
{
	struct place *place = *state;

	listen_as(place, SOCK_STREAM);
	order(place, "syslog", "unix");
	log_orders_add_number(&place->texts, "buffer", 10000);
	assert_null(open_log(place));
	fill(place);
	assert_false(shim_log_is_full(&place->log));
	assert_true(place->log.sinks[0].socket.dropped > 0);
	assert_true(place->log.sinks[0].socket.queue.length <= 10000);
	close_fd(&place->receiver); /* or the end of the test would wait for it */
}

static void a_receiver_that_comes_back_is_called_again(void **state)
{
	struct place *place = *state;

	listen_as(place, SOCK_DGRAM);
	order(place, "syslog", "unixgram");
	assert_null(open_log(place));
	close_fd(&place->receiver);
	unlink(place->socket);
	say(place, 0, "lost\n");
	assert_int_equal(place->log.sinks[0].socket.fd, -1);
	assert_false(shim_log_is_full(&place->log)); /* the container does not wait for it */
	listen_as(place, SOCK_DGRAM);
	place->log.sinks[0].socket.tried.tv_sec -= 2;
	say(place, 0, "found\n");
	char bytes[4096] = "";
	assert_true(recv(place->receiver, bytes, sizeof(bytes) - 1, 0) > 0);
	assert_non_null(strstr(bytes, "lost\n")); /* it waited in the queue */
	assert_true(recv(place->receiver, bytes, sizeof(bytes) - 1, 0) > 0);
	assert_non_null(strstr(bytes, "found\n"));
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

/* In the place of mini-tls: a script. */
static void order_tls(struct place *place, const char *script)
{
	int fd = open(place->socket, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	assert_true(fd >= 0);
	assert_true(write(fd, script, strlen(script)) == (ssize_t)strlen(script));
	close(fd);
	log_orders_add(&place->texts, "driver", "syslog");
	log_orders_add(&place->texts, "address", "tcp+tls:host:6514");
	log_orders_add(&place->texts, "program", place->socket);
	log_orders_add(&place->texts, "ca", "/ca");
	log_orders_add(&place->texts, "tag", "tag");
}

static void over_tls_a_program_has_the_connection_and_is_waited_for(void **state)
{
	struct place *place = *state;
	autofree char *got = format("%s.got", place->socket);
	autofree char *script = format("#!/bin/sh\necho \"$*\" >%s\necho >&0\n"
				       "cat >>%s\necho end >>%s\n",
				       got, got, got);
	autobuffer text = {0};

	order_tls(place, script);
	assert_null(open_log(place));
	assert_int_equal(place->log.sinks[0].socket.calling, 0);
	say(place, 0, "hi\n");
	shim_log_close(&place->log, noon);
	assert_int_equal(place->log.sinks[0].socket.program, 0);
	assert_null(file_read(AT_FDCWD, got, 1000, &text));
	unlink(got);
	assert_memory_equal(text.data, "--tell host 6514 /ca  \n<6>", 26);
	assert_non_null(strstr(text.data, "]: hi\nend\n"));
}

static void what_the_program_says_is_why_there_is_no_connection(void **state)
{
	struct place *place = *state;

	order_tls(place, "#!/bin/sh\necho no certificate is good enough >&2\nexit 1\n");
	autoerror e = open_log(place);
	assert_non_null(e);
	assert_string_equal(e->message, "failed to initialize logging driver: dial tcp+tls "
					"host:6514: no certificate is good enough");
	assert_int_equal(place->log.sinks[0].socket.fd, -1);
	assert_int_equal(place->log.sinks[0].socket.program, 0);
}

/* It is called again, and nothing is sent before it says that it is connected. */
static void a_program_that_ended_is_started_again(void **state)
{
	struct place *place = *state;
	autofree char *got = format("%s.got", place->socket);
	autofree char *go = format("%s.go", place->socket);
	autofree char *script =
		format("#!/bin/sh\n[ ! -e %s ] || until [ -e %s ]; do sleep 0.02; done\n"
		       "echo >&0\nhead -c 1 >>%s\n",
		       got, go, got);
	autobuffer text = {0};

	order_tls(place, script);
	assert_null(open_log(place));
	struct log_socket *socket = &place->log.sinks[0].socket;
	pid_t first = socket->program;
	for (int i = 0; i < 200 && (socket->program == first || !socket->program); i++) {
		say(place, 0, "hi\n");
		usleep(50000);
	}
	assert_int_not_equal(socket->program, first);
	assert_true(socket->queue.length > 0);
	autoclose int fd = open(go, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	shim_log_close(&place->log, noon);
	assert_null(file_read(AT_FDCWD, got, 1000, &text));
	unlink(got);
	unlink(go);
	assert_memory_equal(text.data, "<<", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(syslog_has_its_own_format),
		in_a_place(syslog_has_rfc3164),
		in_a_place(syslog_has_rfc5424),
		in_a_place(syslog_has_rfc5424micro),
		in_a_place(journald_gets_fields),
		in_a_place(nobody_there_is_an_error),
		in_a_place(a_slow_receiver_fills_the_queue_and_gets_all),
		in_a_place(non_blocking_drops_what_does_not_fit),
		in_a_place(a_receiver_that_comes_back_is_called_again),
		in_a_place(over_tls_a_program_has_the_connection_and_is_waited_for),
		in_a_place(what_the_program_says_is_why_there_is_no_connection),
		in_a_place(a_program_that_ended_is_started_again),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("log_socket", tests, NULL, NULL);
}
