#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "event.h"
#include "json.h"
#include "memory.h"
#include "text.h"

static int make_log(void **state)
{
	*state = event_log_create();
	return 0;
}

static int drop_log(void **state)
{
	event_log_destroy(*state);
	return 0;
}

static void an_event_has_dockers_form(void **state)
{
	struct event_log *log = *state;
	struct event_listener *listener = event_listen(log, NULL);
	bool closed;

	event_emit(log, "container", "start", "abc",
		   json_pack("{s:s, s:s}", "image", "busybox", "name", "web"));
	autojson *event = event_next(listener, 0, &closed);
	assert_non_null(event);
	assert_false(closed);
	assert_string_equal(json_string_at(event, "Type", NULL), "container");
	assert_string_equal(json_string_at(event, "Action", NULL), "start");
	assert_string_equal(json_string_at(event, "Actor", "ID", NULL), "abc");
	assert_string_equal(json_string_at(event, "Actor", "Attributes", "name", NULL), "web");
	assert_string_equal(json_string_at(event, "scope", NULL), "local");
	assert_string_equal(json_string_at(event, "status", NULL), "start");
	assert_string_equal(json_string_at(event, "id", NULL), "abc");
	assert_string_equal(json_string_at(event, "from", NULL), "busybox");
	json_int_t nano = json_integer_value(json_object_get(event, "timeNano"));
	assert_int_equal(nano / 1000000000, json_integer_value(json_object_get(event, "time")));
	assert_null(event_next(listener, 0, &closed));
	assert_false(closed);
	event_listener_destroy(listener);
}

static void attributes_may_be_missing(void **state)
{
	struct event_log *log = *state;
	struct event_listener *listener = event_listen(log, NULL);
	bool closed;

	event_emit(log, "network", "create", "n", NULL);
	autojson *event = event_next(listener, 0, &closed);
	assert_true(json_is_object(json_at(event, "Actor", "Attributes", NULL)));
	assert_null(json_object_get(event, "status"));
	event_listener_destroy(listener);
}

static size_t count_events(struct event_listener *listener)
{
	size_t count = 0;
	bool closed;

	for (;;) {
		autojson *event = event_next(listener, 0, &closed);

		if (!event)
			return count;
		count++;
	}
}

static void history_is_for_who_asks_since_when(void **state)
{
	struct event_log *log = *state;
	struct timespec zero = {0}, now;

	event_emit(log, "container", "old", "1", NULL);
	usleep(2000);
	now = time_now();
	event_emit(log, "container", "new", "2", NULL);
	struct event_listener *none = event_listen(log, NULL);
	struct event_listener *all = event_listen(log, &zero);
	struct event_listener *some = event_listen(log, &now);
	assert_int_equal(count_events(none), 0);
	assert_int_equal(count_events(all), 2);
	assert_int_equal(count_events(some), 1);
	event_listener_destroy(all);
	event_listener_destroy(none);
	event_listener_destroy(some);
}

static void history_has_a_bound(void **state)
{
	struct event_log *log = *state;
	struct timespec zero = {0};
	bool closed;

	for (int i = 0; i < EVENT_HISTORY + 10; i++) {
		char id[16];

		snprintf(id, sizeof(id), "%d", i);
		event_emit(log, "container", "x", id, NULL);
	}
	struct event_listener *listener = event_listen(log, &zero);
	autojson *first = event_next(listener, 0, &closed);
	assert_string_equal(json_string_at(first, "id", NULL), "10");
	assert_int_equal(count_events(listener), EVENT_HISTORY - 1);
	event_listener_destroy(listener);
}

static void a_slow_listener_is_ended_not_served_with_gaps(void **state)
{
	struct event_log *log = *state;
	struct event_listener *slow = event_listen(log, NULL);
	bool closed = false;
	size_t count = 0;

	for (int i = 0; i < 10000; i++)
		event_emit(log, "container", "x", "1", NULL);
	for (;;) {
		autojson *event = event_next(slow, 0, &closed);

		if (!event)
			break;
		count++;
	}
	assert_true(closed);
	assert_in_range(count, 1000, 9999);
	event_listener_destroy(slow);
}

static void *listen_until_closed(void *listener)
{
	bool closed = false;

	while (!closed)
		json_decref(event_next(listener, -1, &closed));
	event_listener_destroy(listener);
	return NULL;
}

static void closing_the_log_ends_who_waits(void **state)
{
	struct event_log *log = event_log_create();
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, listen_until_closed,
						event_listen(log, NULL)),
				 0);
	event_emit(log, "container", "x", "1", NULL);
	event_log_destroy(log); /* returns only when all have left */
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_has_dockers_form, make_log, drop_log),
		cmocka_unit_test_setup_teardown(attributes_may_be_missing, make_log, drop_log),
		cmocka_unit_test_setup_teardown(history_is_for_who_asks_since_when, make_log,
						drop_log),
		cmocka_unit_test_setup_teardown(history_has_a_bound, make_log, drop_log),
		cmocka_unit_test_setup_teardown(a_slow_listener_is_ended_not_served_with_gaps,
						make_log, drop_log),
		cmocka_unit_test(closing_the_log_ends_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
