#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hook.h"
#include "memory.h"
#include "plan.h"

static const struct hook_scene scene = {
	.pid = 7, .pidfd = -1, .folder = AT_FDCWD, .environment = NULL};

/* sh -c TEXT as a hook of a point, with so many seconds. */
static void add(struct plan *plan, enum hook_point point, const char *text, int seconds)
{
	autobuffer words = {0};

	buffer_append(&words, "sh\0-c", sizeof("sh\0-c"));
	buffer_append(&words, text, strlen(text) + 1);
	plan_step(plan, STEP_HOOK, .number = {point, seconds, 3}, .text = {"/bin/sh"},
		  .bytes = words.data, .bytes_length = words.length);
}

static struct error *run(const struct plan *plan, enum hook_point point, struct buffer *failures)
{
	struct hook_scene here = scene;

	here.environment = environ;
	return hook_run_all(plan->steps.data, plan->steps.length, point, &here, failures);
}

static void only_those_of_the_point_are_run_and_read_the_state(void **state)
{
	autoplan plan = {0};

	(void)state;
	plan_step(&plan, STEP_STATE, .text = {"\"id\":\"web\"", ""});
	add(&plan, HOOK_PRESTART, "exit 1", 0);
	add(&plan, HOOK_POSTSTART, "grep -qx '{\"id\":\"web\",\"status\":\"running\",\"pid\":7}'",
	    0);
	assert_null(run(&plan, HOOK_POSTSTART, NULL));
	assert_null(run(&plan, HOOK_POSTSTOP, NULL));
}

static void the_first_that_fails_ends_it_with_what_it_said(void **state)
{
	autoplan plan = {0};

	(void)state;
	add(&plan, HOOK_CREATE_RUNTIME, "true", 0);
	add(&plan, HOOK_CREATE_RUNTIME, "printf 'no\\n\\033way\\n'; exit 3", 0);
	add(&plan, HOOK_CREATE_RUNTIME, "kill $$", 0);
	autoerror e = run(&plan, HOOK_CREATE_RUNTIME, NULL);
	assert_string_equal(e->message, "hooks.createRuntime[1]: '/bin/sh': ended with code 3, and "
					"said: no  way");
}

static void failures_are_gathered_where_they_stop_nothing(void **state)
{
	autoplan plan = {0};
	autobuffer failures = {0};

	(void)state;
	add(&plan, HOOK_POSTSTOP, "kill -TERM $$", 0);
	add(&plan, HOOK_POSTSTOP, "true", 0);
	add(&plan, HOOK_POSTSTOP, "exit 2", 0);
	assert_null(run(&plan, HOOK_POSTSTOP, &failures));
	assert_string_equal(failures.data, "hooks.poststop[0]: '/bin/sh': was killed by signal 15\n"
					   "hooks.poststop[2]: '/bin/sh': ended with code 2\n");
}

static void one_that_takes_too_long_is_killed_with_its_children(void **state)
{
	autoplan plan = {0};
	struct timespec began, ended;

	(void)state;
	add(&plan, HOOK_PRESTART, "sleep 60 & wait", 1);
	clock_gettime(CLOCK_MONOTONIC, &began);
	autoerror e = run(&plan, HOOK_PRESTART, NULL);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_non_null(strstr(e->message, "timeout of 1 seconds"));
	assert_in_range(ended.tv_sec - began.tv_sec, 0, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_those_of_the_point_are_run_and_read_the_state),
		cmocka_unit_test(the_first_that_fails_ends_it_with_what_it_said),
		cmocka_unit_test(failures_are_gathered_where_they_stop_nothing),
		cmocka_unit_test(one_that_takes_too_long_is_killed_with_its_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
