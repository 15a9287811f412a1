/*
 * engine_functions_test - functions of the lab, called alone: engine_functions_test NAME
 *
 * What the daemon decides and remembers: exit records, restart policies, events. Run by the lab's
 * bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <pthread.h>

#include "event.h"
#include "event_filter.h"
#include "exit_record.h"
#include "filters.h"
#include "images_test.h"
#include "json.h"
#include "restart_policy.h"
#include "text.h"

#define PATIENCE 8 /* seconds */

/* -- section 3.5: the exit record -- */

static void what_was_written_is_read(void **state)
{
	static const struct {
		struct exit_record record;
		const char *line;
	} rows[] = {
		{{0, false, 0, 0}, "0 0 0 0\n"},
		{{137, true, 1700000000, 5}, "137 1 1700000000 5\n"},
		{{255, false, 5000000000, 999999999}, "255 0 5000000000 999999999\n"},
	};
	struct place *place = *state;
	struct exit_record read = {.exit_code = 7};

	assert_error(exit_record_read(place->fd, &read), ERROR_NOT_FOUND, EXIT_RECORD);
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer line = {0};

		assert_ok(exit_record_write(place->fd, &rows[i].record));
		exit_record_sync(place->fd);
		assert_ok(file_read(place->fd, EXIT_RECORD, 4096, &line));
		assert_text("the record", line.data, rows[i].line);
		assert_ok(exit_record_read(place->fd, &read));
		assert_int_equal(read.exit_code, rows[i].record.exit_code);
		assert_int_equal(read.oom, rows[i].record.oom);
		assert_int_equal(read.seconds, rows[i].record.seconds);
		assert_int_equal(read.nanoseconds, rows[i].record.nanoseconds);
	}
}

static void what_is_no_whole_line_is_no_record(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"137",
		"137 1 17",
		"137 1 17 5",
		"137 1 17\n",
		"137 1 17 5\n1",
		"137 1 17 5 \n",
		"a b c d\n",
		"137 1 17 5\n\n",
	};
	struct place *place = *state;

	for (size_t i = 0; i < countof(lines); i++) {
		struct exit_record read = {.exit_code = 7, .seconds = 8};

		put_file(place->fd, EXIT_RECORD, lines[i]);
		struct error *e = exit_record_read(place->fd, &read);
		if (!e)
			fail_msg("'%s' is taken for a record", lines[i]);
		assert_error(e, ERROR_CORRUPT, "");
		assert_int_equal(read.exit_code, 7);
		assert_int_equal(read.seconds, 8);
	}
}

/* For strace: what it asks the kernel for. */
static void a_record_is_written_and_synced(void **state)
{
	struct place *place = *state;

	assert_ok(exit_record_write(place->fd, &(struct exit_record){1, false, 2, 3}));
	assert_int_equal(write(STDOUT_FILENO, "SYNC\n", 5), 5);
	exit_record_sync(place->fd);
	assert_int_equal(write(STDOUT_FILENO, "DONE\n", 5), 5);
}

/* -- section 3.4: restart policies -- */

static json_t *policy(const char *name, int most)
{
	return json_pack("{s:s, s:i}", "Name", name, "MaximumRetryCount", most);
}

static void policies_are_checked(void **state)
{
	static const struct {
		const char *name;
		int most;
		const char *problem; /* NULL: it is taken */
	} rows[] = {
		{"no", 0, NULL},
		{"always", 0, NULL},
		{"unless-stopped", 0, NULL},
		{"on-failure", 0, NULL},
		{"on-failure", 1, NULL},
		{"never", 0, "unknown policy 'never'"},
		{"", 0, "unknown policy ''"},
		{"always", 3, "maximum retry count can only be used with 'on-failure'"},
		{"unless-stopped", 1, "maximum retry count can only be used with 'on-failure'"},
		{"no", -1, "'on-failure' and cannot be negative"},
		{"on-failure", -1, "maximum retry count cannot be negative"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *given = policy(rows[i].name, rows[i].most);
		struct error *e = restart_policy_check(given);

		if (!e != !rows[i].problem)
			fail_msg("'%s' with %d retries is %s", rows[i].name, rows[i].most,
				 e ? "refused" : "taken");
		if (e && !strstr(rows[i].problem, "and") && strstr(e->message, "and cannot"))
			fail_msg("too much is said: %s", e->message);
		if (e)
			assert_error(e, ERROR_INVALID, rows[i].problem);
	}
}

static void who_runs_again(void **state)
{
	static const struct {
		const char *name;
		int most, exit_code, restarts;
		bool again, at_boot, at_boot_stopped;
	} rows[] = {
		{"no", 0, 1, 0, false, false, false},
		{"no", 0, 0, 0, false, false, false},
		{"always", 0, 0, 5, true, true, true},
		{"always", 0, 137, 0, true, true, true},
		{"unless-stopped", 0, 0, 5, true, true, false},
		{"unless-stopped", 0, 1, 0, true, true, false},
		{"on-failure", 0, 0, 0, false, false, false},
		{"on-failure", 0, 1, 1000, true, false, false},
		{"on-failure", 2, 1, 0, true, false, false},
		{"on-failure", 2, 1, 1, true, false, false},
		{"on-failure", 2, 1, 2, false, false, false},
		{"on-failure", 2, 255, 3, false, false, false},
		{"on-failure", 2, 0, 1, false, false, false},
		{"of an older daemon", 0, 1, 0, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *given = policy(rows[i].name, rows[i].most);

		if (restart_policy_wants(given, rows[i].exit_code, rows[i].restarts) !=
		    rows[i].again)
			fail_msg("%s:%d after code %d and %d restarts: it must be %d", rows[i].name,
				 rows[i].most, rows[i].exit_code, rows[i].restarts, rows[i].again);
		if (restart_policy_wants_at_boot(given, false) != rows[i].at_boot ||
		    restart_policy_wants_at_boot(given, true) != rows[i].at_boot_stopped)
			fail_msg("%s, when the daemon starts: it must be %d, stopped by hand %d",
				 rows[i].name, rows[i].at_boot, rows[i].at_boot_stopped);
	}
	assert_false(restart_policy_wants(NULL, 1, 0));
}

static void the_wait_doubles(void **state)
{
	int64_t delay = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		delay = restart_policy_delay(delay, i);
		assert_int_equal(delay, 100 << i);
	}
	assert_int_equal(restart_policy_delay(0, 3600), 100);
}

static void the_wait_has_an_end(void **state)
{
	(void)state;
	assert_int_equal(restart_policy_delay(29999, 0), 59998);
	assert_int_equal(restart_policy_delay(30000, 0), 60000);
	assert_int_equal(restart_policy_delay(51200, 0), 60000);
	assert_int_equal(restart_policy_delay(60000, 0), 60000);
	assert_int_equal(restart_policy_delay(60000, 9), 60000);
	assert_int_equal(restart_policy_delay(60000, 10), 100);
	assert_int_equal(restart_policy_delay(400, 11), 100);
}

/* -- section 3.9: events -- */

static void emit(struct event_log *log, int number)
{
	autofree char *id = format("%d", number);

	event_emit(log, "container", "die", id, json_pack("{s:s}", "name", "web"));
}

/* The id of the next event; "" when none has come in that time, "closed" at the end of all. */
static char *next(struct event_listener *listener, int milliseconds)
{
	bool closed = false;
	autojson *event = event_next(listener, milliseconds, &closed);

	if (event && closed)
		fail_msg("an event, and the end, in one call");
	if (closed)
		return duplicate("closed");
	return duplicate(event ? json_string_at(event, "Actor", "ID", NULL) : "");
}

static void assert_next(struct event_listener *listener, const char *wanted)
{
	autofree char *id = next(listener, 0);

	assert_text("the next event", id, wanted);
}

static int64_t nanoseconds(struct event_listener *listener)
{
	bool closed;
	autojson *event = event_next(listener, 0, &closed);

	if (!event)
		fail_msg("no event comes");
	return json_integer_value(json_object_get(event, "timeNano"));
}

static struct timespec at(int64_t nanoseconds)
{
	return (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
}

static void each_listener_hears_all_in_order(void **state)
{
	struct event_log *log = event_log_create();
	struct event_listener *one = event_listen(log, NULL), *two;

	(void)state;
	assert_next(one, "");
	emit(log, 1);
	emit(log, 2);
	two = event_listen(log, NULL);
	assert_next(two, "");
	emit(log, 3);
	assert_next(one, "1");
	assert_next(one, "2");
	assert_next(one, "3");
	assert_next(one, "");
	assert_next(two, "3");
	assert_next(two, "");
	emit(log, 4);
	assert_next(two, "4");
	bool closed;
	autojson *mine = event_next(one, 0, &closed);
	assert_non_null(mine);
	json_object_set_new(mine, "Type", json_string("changed"));
	assert_text("of what type", json_string_at(mine, "Type", NULL), "changed");
	struct event_listener *three = event_listen(log, &(struct timespec){0});
	assert_next(three, "1");
	assert_next(three, "2");
	assert_next(three, "3");
	autojson *fourth = event_next(three, 0, &closed);
	assert_text("of what type it is for others", json_string_at(fourth, "Type", NULL),
		    "container");
	event_listener_destroy(one);
	event_listener_destroy(two);
	event_listener_destroy(three);
	event_log_destroy(log);
}

static void history_begins_at_a_time(void **state)
{
	struct event_log *log = event_log_create();
	struct event_listener *listener = event_listen(log, NULL);

	(void)state;
	emit(log, 1);
	usleep(2000);
	emit(log, 2);
	nanoseconds(listener);
	int64_t second = nanoseconds(listener);
	struct timespec just = at(second), before = at(second - 1), after = at(second + 1),
			old = at(second - 1000000000), late = at(second + 999999999), zero = {0};
	const struct {
		const struct timespec *since;
		const char *first, *then;
	} rows[] = {
		{NULL, "", ""},   {&zero, "1", "2"}, {&old, "1", "2"}, {&before, "2", ""},
		{&just, "2", ""}, {&after, "", ""},  {&late, "", ""},
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct event_listener *other = event_listen(log, rows[i].since);

		assert_next(other, rows[i].first);
		assert_next(other, rows[i].then);
		event_listener_destroy(other);
	}
	event_listener_destroy(listener);
	event_log_destroy(log);
}

static void history_is_a_ring(void **state)
{
	static const int counts[] = {EVENT_HISTORY - 1, EVENT_HISTORY, EVENT_HISTORY + 1,
				     3 * EVENT_HISTORY + 10};

	(void)state;
	for (size_t i = 0; i < countof(counts); i++) {
		struct event_log *log = event_log_create();

		for (int n = 0; n < counts[i]; n++)
			emit(log, n);
		struct event_listener *listener = event_listen(log, &(struct timespec){0});
		int oldest = counts[i] > EVENT_HISTORY ? counts[i] - EVENT_HISTORY : 0;
		for (int n = oldest; n < counts[i]; n++) {
			autofree char *wanted = format("%d", n);

			assert_next(listener, wanted);
		}
		assert_next(listener, "");
		event_listener_destroy(listener);
		event_log_destroy(log);
	}
}

static void who_lags_behind_is_cut_off(void **state)
{
	struct event_log *log = event_log_create();
	struct event_listener *slow = event_listen(log, NULL);
	int count = 0;

	(void)state;
	for (int n = 0; n < 4100; n++)
		emit(log, n);
	for (;; count++) {
		autofree char *id = next(slow, 0);
		autofree char *wanted = format("%d", count);

		if (strcmp(id, "closed") == 0)
			break;
		assert_text("in its order", id, wanted);
	}
	assert_int_equal(count, 4096);
	emit(log, 5000);
	assert_next(slow, "closed");
	event_listener_destroy(slow);
	event_log_destroy(log);
}

static void *emit_later(void *log)
{
	usleep(200000);
	emit(log, 1);
	return NULL;
}

static int64_t milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void who_waits_is_woken(void **state)
{
	static const int patiences[] = {-1, 6000};
	struct event_log *log = event_log_create();
	struct event_listener *listener = event_listen(log, NULL);
	int64_t began = milliseconds_now();

	(void)state;
	assert_next(listener, "");
	autofree char *nothing = next(listener, 150);
	assert_text("after a wait", nothing, "");
	assert_true(milliseconds_now() - began >= 150);
	for (size_t i = 0; i < countof(patiences); i++) {
		pthread_t thread;

		began = milliseconds_now();
		assert_int_equal(pthread_create(&thread, NULL, emit_later, log), 0);
		autofree char *id = next(listener, patiences[i]);
		pthread_join(thread, NULL);
		assert_text("what came while it waited", id, "1");
		assert_true(milliseconds_now() - began < 5000);
	}
	event_listener_destroy(listener);
	event_log_destroy(log);
}

static void *close_log(void *log)
{
	usleep(100000);
	event_log_destroy(log);
	return NULL;
}

static void the_end_of_the_log_is_told(void **state)
{
	struct event_log *log = event_log_create();
	struct event_listener *listener = event_listen(log, NULL);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, close_log, log), 0);
	autofree char *end = next(listener, -1);
	assert_text("at the end", end, "closed");
	event_listener_destroy(listener);
	pthread_join(thread, NULL);
}

struct wish {
	const char *filters;
	bool fits;
};

static void assert_wishes(const json_t *event, const struct wish *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofilters filters = {0};

		assert_ok(filters_parse(rows[i].filters, NULL, &filters));
		if (event_filter_matches(&filters, event) != rows[i].fits)
			fail_msg("%s: it must be %d", rows[i].filters, rows[i].fits);
	}
}

static json_t *event_of(const char *type, const char *action, const char *id, const char *name,
			const char *image)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s, s:s, s:s}}}", "Type", type, "Action",
			 action, "scope", "local", "Actor", "ID", id, "Attributes", "name", name,
			 "image", image, "color", "red");
}

static void filters_of_containers(void **state)
{
	static const struct wish rows[] = {
		{"", true},
		{"{}", true},
		{"{\"container\":[\"web\"]}", true},
		{"{\"container\":[\"we\"]}", true},
		{"{\"container\":[\"0123\"]}", true},
		{"{\"container\":[\"db\", \"web\"]}", true},
		{"{\"container\":[\"db\"]}", false},
		{"{\"container\":[\"eb\"]}", false},
		{"{\"volume\":[\"web\"]}", false},
		{"{\"daemon\":[\"0123\"]}", false},
		{"{\"config\":[\"web\"]}", false},
		{"{\"event\":[\"exec_start\"]}", true},
		{"{\"event\":[\"exec_start: ls -l\"]}", true},
		{"{\"event\":[\"exec\"]}", false},
		{"{\"event\":[\"die\",\"exec_start\"]}", true},
		{"{\"type\":[\"container\"]}", true},
		{"{\"type\":[\"image\"]}", false},
		{"{\"scope\":[\"local\"]}", true},
		{"{\"scope\":[\"swarm\"]}", false},
		{"{\"label\":[\"color=red\"]}", true},
		{"{\"label\":[\"color\", \"image\"]}", true},
		{"{\"label\":[\"color=red\",\"size\"]}", false},
		{"{\"container\":[\"web\"], \"event\":[\"die\"]}", false},
		{"{\"image\":[\"busybox\"], \"type\":[\"image\"]}", false},
		{"{\"unheard-of\":[\"x\"]}", true},
	};

	(void)state;
	autojson *event =
		event_of("container", "exec_start: ls -l", "0123456789abcdef", "web", "busybox");
	assert_wishes(event, rows, countof(rows));
}

static void filters_of_images(void **state)
{
	static const struct wish of_container[] = {
		{"{\"image\":[\"box:5000/a/tool:1\"]}", true},
		{"{\"image\":[\"box:5000/a/tool\"]}", true},
		{"{\"image\":[\"box\"]}", false},
		{"{\"image\":[\"box:5000/a\"]}", false},
		{"{\"image\":[\"web\"]}", false},
		{"{\"image\":[\"tool\", \"box:5000/a/tool\"]}", true},
		{"{\"event\":[\"die\"]}", true},
		{"{\"event\":[\"\"]}", false},
	};
	static const struct wish of_image[] = {
		{"{\"image\":[\"tool:1\"]}", true},
		{"{\"image\":[\"tool\"]}", true},
		{"{\"image\":[\"sha256:0123\"]}", true},
		{"{\"image\":[\"sha256\"]}", true}, /* as Docker: what is before its colon */
		{"{\"image\":[\"other\"]}", false},
		{"{\"image\":[\"too\"]}", false},
		{"{\"container\":[\"tool\"]}", false},
	};
	static const struct wish by_digest[] = {
		{"{\"image\":[\"a/tool\"]}", true},
		{"{\"image\":[\"a/tool@sha256\"]}", false},
	};

	(void)state;
	autojson *container =
		event_of("container", "die", "0123456789abcdef", "web", "box:5000/a/tool:1");
	autojson *image = event_of("image", "tag", "sha256:0123", "tool:1", "other");
	autojson *digest = event_of("container", "die", "0123", "web", "a/tool@sha256:45");
	assert_wishes(container, of_container, countof(of_container));
	assert_wishes(image, of_image, countof(of_image));
	assert_wishes(digest, by_digest, countof(by_digest));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(what_was_written_is_read),
		in_place(what_is_no_whole_line_is_no_record),
		in_place(a_record_is_written_and_synced),
		cmocka_unit_test(policies_are_checked),
		cmocka_unit_test(who_runs_again),
		cmocka_unit_test(the_wait_doubles),
		cmocka_unit_test(the_wait_has_an_end),
		cmocka_unit_test(each_listener_hears_all_in_order),
		cmocka_unit_test(history_begins_at_a_time),
		cmocka_unit_test(history_is_a_ring),
		cmocka_unit_test(who_lags_behind_is_cut_off),
		cmocka_unit_test(who_waits_is_woken),
		cmocka_unit_test(the_end_of_the_log_is_told),
		cmocka_unit_test(filters_of_containers),
		cmocka_unit_test(filters_of_images),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
