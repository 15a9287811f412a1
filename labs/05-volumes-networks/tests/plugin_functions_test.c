/*
 * plugin_functions_test - functions of the lab, called alone: plugin_functions_test NAME
 *
 * Questions to a plugin that is a thread of the test, and answers as they should not be. Run by the
 * lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "images_test.h"
#include "plugin_wire.h"

#define PATIENCE 8 /* seconds */

/* -- section 5.11: a plugin -- */

struct fake {
	char path[64];
	pthread_t thread;
	int fd;
	const char *answer; /* NULL: none */
	size_t times;       /* that it is sent */
	bool deaf;          /* does not read what it is asked */
	bool drips;         /* a byte now and then, without end */
	bool goes;          /* as soon as somebody comes */
	bool curt;          /* hears the first bytes, and answers those */
	int over[2];        /* the second end is closed when the test is over */
	char asked[4096];
};

/* As far as it goes without waiting for more than its body. */
static void hear(struct fake *fake, int fd)
{
	size_t length = 0, whole = sizeof(fake->asked) - 1;
	ssize_t n;

	while (length < whole && (n = recv(fd, fake->asked + length, whole - length, 0)) > 0) {
		const char *body, *told;

		length += n;
		fake->asked[length] = '\0';
		body = strstr(fake->asked, "\r\n\r\n");
		told = strstr(fake->asked, "Content-Length: ");
		if (body)
			whole = body + 4 - fake->asked + (told ? atoi(told + 16) : 0);
	}
}

/* Where a test has calls refused, ours are among them. */
static ssize_t say(int fd, const char *text)
{
	ssize_t n;

	do
		n = send(fd, text, strlen(text), MSG_NOSIGNAL);
	while (n < 0 && errno == EAGAIN);
	return n;
}

static void *serve(void *context)
{
	struct fake *fake = context;
	autoclose int fd = accept4(fake->fd, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n = 0;
	char byte;

	if (fd < 0)
		return NULL;
	if (fake->goes)
		return NULL;
	if (fake->curt)
		(void)!recv(fd, fake->asked, sizeof(fake->asked) - 1, 0);
	else if (!fake->deaf)
		hear(fake, fd);
	for (size_t i = 0; i < fake->times && n >= 0; i++)
		n = say(fd, fake->answer);
	while (fake->drips && n >= 0 && usleep(50000) == 0)
		n = send(fd, "x", 1, MSG_NOSIGNAL);
	/* A silent one stays until the other one goes. */
	if (fake->deaf)
		(void)!recv(fake->over[0], &byte, 1, 0);
	else if (!fake->times)
		(void)!recv(fd, &byte, 1, 0);
	return NULL;
}

static void start(struct fake *fake, struct plugin_spec *spec)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	autofree char *address = NULL;

	strcpy(fake->path, "/tmp/mini-plugin-test-XXXXXX");
	assert_non_null(mkdtemp(fake->path));
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/sock", fake->path);
	fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fake->fd, 1), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fake->over), 0);
	address = format("unix://%s", name.sun_path);
	assert_ok(plugin_spec_read(address, spec));
	assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static void stop(struct fake *fake)
{
	shutdown(fake->fd, SHUT_RDWR);
	close_fd(&fake->fd);
	close_fd(&fake->over[1]);
	pthread_join(fake->thread, NULL);
	close_fd(&fake->over[0]);
	assert_ok(tree_remove(AT_FDCWD, fake->path));
}

/* The question to one who gives this answer so many times; what came of it. */
static struct error *ask(struct fake *fake, const char *body, struct plugin_answer *answer)
{
	auto_plugin_spec spec = {0};
	bool connected = false;

	*answer = (struct plugin_answer){0};
	start(fake, &spec);
	struct error *e = plugin_wire_ask(&spec, "VolumeDriver.Mount", body, 1, &connected, answer);
	stop(fake);
	assert_true(connected);
	return e;
}

#define ANSWER(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

/* -- section 5.11: a question -- */

static void assert_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("there is no '%s' in the question:\n%s", part, text);
}

static void a_question_is_asked(void **state)
{
	struct fake fake = {.answer = ANSWER("200 OK", "{\"Mountpoint\": \"/x\"}"), .times = 1};
	struct fake other = {.answer = ANSWER("200 OK", ""), .times = 1};
	auto_plugin_answer answer = {0}, nothing = {0};

	(void)state;
	assert_ok(ask(&fake, "{\"Name\": \"data\"}", &answer));
	assert_int_equal(answer.status, 200);
	assert_text("the answer", answer.body.data, "{\"Mountpoint\": \"/x\"}");
	if (strncmp(fake.asked, "POST /VolumeDriver.Mount HTTP/1.1\r\n", 35) != 0)
		fail_msg("the question begins otherwise:\n%s", fake.asked);
	assert_part(fake.asked, "\r\nHost: ");
	assert_part(fake.asked, "\r\nUser-Agent: ");
	assert_part(fake.asked, "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n");
	assert_part(fake.asked, "\r\nContent-Type: application/vnd.docker.plugins.v1.2+json\r\n");
	assert_part(fake.asked, "\r\nContent-Length: 16\r\n");
	assert_part(fake.asked, "\r\nConnection: close\r\n");
	assert_part(fake.asked, "\r\n\r\n{\"Name\": \"data\"}");
	assert_ok(ask(&other, NULL, &nothing));
	assert_part(other.asked, "\r\nContent-Length: 0\r\n");
	assert_null(strstr(other.asked, "Content-Type"));
}

static void an_answer_has_a_status(void **state)
{
	struct fake fake = {.answer = ANSWER("500 Oh", "{\"Err\": \"no\"}"), .times = 1};
	struct fake long_one = {.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"
					  "what is behind it is nobody's",
				.times = 1};
	auto_plugin_answer answer = {0}, other = {0};

	(void)state;
	assert_ok(ask(&fake, "{}", &answer));
	assert_int_equal(answer.status, 500);
	assert_text("the answer", answer.body.data, "{\"Err\": \"no\"}");
	assert_ok(ask(&long_one, "{}", &other));
	assert_int_equal(other.status, 404);
	assert_text("the answer", other.body.data, "abc");
}

static void nobody_may_be_there(void **state)
{
	auto_plugin_spec spec = {0};
	auto_plugin_answer answer = {0};
	bool connected = true;

	(void)state;
	assert_ok(plugin_spec_read("unix:///tmp/nobody-listens-here.sock", &spec));
	assert_error(plugin_wire_ask(&spec, "X.Y", NULL, 1, &connected, &answer), ERROR_UNAVAILABLE,
		     "");
	assert_false(connected);
	assert_int_equal(answer.status, 0);
}

/* -- section 5.11: answers that never come, or come otherwise -- */

static void assert_late(struct fake *fake, const char *body)
{
	struct timespec before, after;
	auto_plugin_answer answer = {0};

	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_error(ask(fake, body, &answer), ERROR_UNAVAILABLE, "no answer within 1 seconds");
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 +
			    (after.tv_nsec - before.tv_nsec) / 1000000 >=
		    990);
}

static void who_says_nothing_is_not_waited_for(void **state)
{
	struct fake fake = {.times = 0};

	(void)state;
	assert_late(&fake, "{}");
}

/* The time is for all of it, not for each byte. */
static void who_drips_gains_nothing(void **state)
{
	struct fake fake = {.answer = ANSWER("200 OK", ""), .times = 1, .drips = true};

	(void)state;
	assert_late(&fake, "{}");
}

static void who_does_not_read_is_not_waited_for(void **state)
{
	struct fake fake = {.deaf = true};
	autobuffer body = {0};

	(void)state;
	for (size_t i = 0; i < 64; i++)
		buffer_printf(&body, "%65536s", "");
	assert_late(&fake, body.data);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const struct {
		const char *answer;
		enum error_class class;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", ERROR_UNAVAILABLE},
		{"HTTP/1.1 200 OK\r\nConte", ERROR_UNAVAILABLE},
		{"I am a plugin\r\n\r\n", ERROR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct fake fake = {.answer = rows[i].answer, .times = 1};
		auto_plugin_answer answer = {0};
		struct error *e = ask(&fake, "{}", &answer);

		if (!e)
			fail_msg("'%s' is taken for an answer", rows[i].answer);
		assert_error(e, rows[i].class, "");
	}
}

/* No signal ends the daemon, and nobody waits. */
static void who_goes_is_told_of(void **state)
{
	struct fake fake = {.goes = true};
	auto_plugin_answer answer = {0};
	autofree char *body = format("%1048576s", "");
	time_t began = time(NULL);

	(void)state;
	struct error *e = ask(&fake, body, &answer);
	assert_error(e, ERROR_UNAVAILABLE, "");
	assert_true(time(NULL) - began < 4);
}

/* One who does not speak TLS hears nothing of what is to be encrypted. */
static void nothing_goes_plain_that_is_to_be_encrypted(void **state)
{
	struct fake fake = {.curt = true, .answer = ANSWER("200 OK", "{}"), .times = 1};
	auto_plugin_spec spec = {0};
	auto_plugin_answer answer = {0};
	bool connected = false;

	(void)state;
	start(&fake, &spec);
	spec.tls = true;
	spec.address.host = duplicate("plugin");
	struct error *e = plugin_wire_ask(&spec, "X.Y", "secret", 2, &connected, &answer);
	stop(&fake);
	if (strstr(fake.asked, "POST") || strstr(fake.asked, "secret"))
		fail_msg("the plugin reads '%s'", fake.asked);
	if (!e || strstr(e->message, "no answer"))
		fail_msg("that it speaks no TLS is not told: %s", e ? e->message : "no error");
	error_free(e);
}

static void too_much_is_refused(void **state)
{
	autofree char *much = format("%s%1048576s", ANSWER("200 OK", ""), "");
	struct fake fake = {.answer = much, .times = 5};
	auto_plugin_answer answer = {0};

	(void)state;
	assert_error(ask(&fake, "{}", &answer), ERROR_TOO_LARGE, "");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_asked),
		cmocka_unit_test(an_answer_has_a_status),
		cmocka_unit_test(nobody_may_be_there),
		cmocka_unit_test(who_says_nothing_is_not_waited_for),
		cmocka_unit_test(who_drips_gains_nothing),
		cmocka_unit_test(who_does_not_read_is_not_waited_for),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(who_goes_is_told_of),
		cmocka_unit_test(nothing_goes_plain_that_is_to_be_encrypted),
		cmocka_unit_test(too_much_is_refused),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
