#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"
#include "memory.h"
#include "schedule.h"

/* What was done, a letter each, in order. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char done[64];
static int released;
static bool gate; /* what run_gated waits for */

static void note(const char *letter)
{
	pthread_mutex_lock(&lock);
	strncat(done, letter, sizeof(done) - strlen(done) - 1);
	pthread_mutex_unlock(&lock);
}

static void run(void *letter)
{
	note(letter);
}

static void run_long(void *letter)
{
	note("(");
	usleep(300000);
	note(letter);
}

static void open_gate(bool open)
{
	pthread_mutex_lock(&lock);
	gate = open;
	pthread_mutex_unlock(&lock);
}

static bool is_shut(void)
{
	pthread_mutex_lock(&lock);
	bool shut = !gate;
	pthread_mutex_unlock(&lock);
	return shut;
}

static void run_gated(void *letter)
{
	note("(");
	while (is_shut())
		usleep(1000);
	note(letter);
}

static void release(void *letter)
{
	(void)letter;
	pthread_mutex_lock(&lock);
	released++;
	pthread_mutex_unlock(&lock);
}

static bool becomes(const char *text)
{
	for (int i = 0; i < 500; i++, usleep(5000)) {
		pthread_mutex_lock(&lock);
		bool same = strcmp(done, text) == 0;
		pthread_mutex_unlock(&lock);
		if (same)
			return true;
	}
	return false;
}

static int set_up(void **state)
{
	*done = '\0';
	released = 0;
	return schedule_create((struct schedule **)state) ? -1 : 0;
}

static int tear_down(void **state)
{
	schedule_stop(*state);
	schedule_destroy(*state);
	return 0;
}

static void plan(struct schedule *schedule, int milliseconds, void (*what)(void *),
		 const char *letter)
{
	const struct schedule_work work = {what, release, (void *)letter};

	schedule_add(schedule, milliseconds, &work);
}

static void what_is_due_first_is_done_first(void **state)
{
	struct timespec late = deadline_after(600);

	plan(*state, 600, run, "c");
	plan(*state, 0, run, "a");
	plan(*state, 300, run, "b");
	assert_true(becomes("abc"));
	assert_int_equal(deadline_milliseconds_left(late), 0);
}

static void long_work_delays_nobody(void **state)
{
	open_gate(false);
	plan(*state, 0, run_gated, "l");
	assert_true(becomes("("));
	plan(*state, 0, run, "s");
	assert_true(becomes("(s"));
	open_gate(true);
	assert_true(becomes("(sl"));
}

static void what_is_cancelled_is_released_and_not_done(void **state)
{
	static const char gone[] = "g";

	plan(*state, 3600000, run, gone);
	plan(*state, 3600000, run, gone);
	plan(*state, 3600000, run, "o");   /* of another context */
	plan(*state, 200, run_long, gone); /* other work of the same context */
	schedule_cancel(*state, run, gone);
	assert_int_equal(released, 2);
	assert_true(becomes("(g"));
}

static void stopping_waits_for_what_runs_and_drops_the_rest(void **state)
{
	struct schedule *schedule;

	(void)state;
	*done = '\0';
	released = 0;
	assert_null(schedule_create(&schedule));
	plan(schedule, 0, run_long, "l");
	plan(schedule, 3600000, run, "n");
	assert_true(becomes("("));
	assert_false(schedule_is_stopping(schedule));
	schedule_stop(schedule);
	assert_true(schedule_is_stopping(schedule));
	assert_string_equal(done, "(l");
	plan(schedule, 0, run, "n"); /* too late */
	schedule_destroy(schedule);
	assert_string_equal(done, "(l");
	assert_int_equal(released, 3);
	schedule_stop(NULL);
	schedule_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_due_first_is_done_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_work_delays_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_cancelled_is_released_and_not_done, set_up,
						tear_down),
		cmocka_unit_test(stopping_waits_for_what_runs_and_drops_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
