#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "health.h"
#include "json.h"
#include "memory.h"

#define SECOND INT64_C(1000000000)

static void assert_made(const char *ours, const char *theirs, const char *expected)
{
	autojson *own = ours ? json_loads(ours, 0, NULL) : NULL;
	autojson *image = theirs ? json_loads(theirs, 0, NULL) : NULL;
	autojson *wanted = expected ? json_loads(expected, 0, NULL) : NULL;
	json_t *made;

	assert_null(health_config_make(own, image, &made));
	if (made ? !json_equal(made, wanted) : wanted != NULL)
		fail_msg("%s over %s: %s", ours, theirs, made ? json_dumps(made, 0) : "nothing");
	json_decref(made);
}

static void what_is_left_open_is_the_images(void **state)
{
	(void)state;
	assert_made(NULL, NULL, NULL);
	assert_made("{}", NULL, NULL);
	assert_made("{\"Test\":[],\"Interval\":0}", NULL, NULL);
	assert_made(NULL, "{\"Test\":[\"CMD\",\"a\"],\"Retries\":2}",
		    "{\"Test\":[\"CMD\",\"a\"],\"Retries\":2}");
	assert_made("{\"Interval\":5000000,\"Retries\":0}",
		    "{\"Test\":[\"CMD\",\"a\"],\"Interval\":7000000,\"Retries\":2}",
		    "{\"Test\":[\"CMD\",\"a\"],\"Interval\":5000000,\"Retries\":2}");
	assert_made("{\"Test\":[\"NONE\"]}", "{\"Test\":[\"CMD\",\"a\"],\"Timeout\":1000000}",
		    "{\"Test\":[\"NONE\"],\"Timeout\":1000000}");
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *ours, *message;
	} rows[] = {
		{"{\"Interval\":999999}", "Interval in Healthcheck cannot be less than 1ms"},
		{"{\"Timeout\":-1}", "Timeout in Healthcheck cannot be less than 1ms"},
		{"{\"StartPeriod\":1}", "StartPeriod in Healthcheck cannot be less than 1ms"},
		{"{\"StartInterval\":1}", "StartInterval in Healthcheck cannot be less than 1ms"},
		{"{\"Retries\":-1}", "Retries in Healthcheck cannot be negative"},
		{"{\"Test\":\"a\"}", "invalid JSON: Healthcheck.Test must be an array of strings"},
		{"{\"Retries\":\"1\"}", "invalid JSON: Healthcheck.Retries must be an integer"},
		{"[]", "Healthcheck must be an object"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *ours = json_loads(rows[i].ours, 0, NULL);
		json_t *made;
		autoerror e = health_config_make(ours, NULL, &made);

		assert_non_null(e);
		assert_string_equal(e->message, rows[i].message);
		assert_null(made);
		autoerror of_image = health_config_make(NULL, ours, &made);
		assert_non_null(of_image);
	}
}

static void assert_command(const char *config_text, const char *expected)
{
	autojson *config = json_loads(config_text, 0, NULL);
	struct health_check check;

	assert_int_equal(health_check_read(config, &check), expected != NULL);
	if (!expected)
		return;
	autojson *command = health_check_command(config);
	autofree char *text = json_dumps(command, JSON_COMPACT);
	assert_string_equal(text, expected);
}

static void a_test_is_a_command_of_three_kinds(void **state)
{
	(void)state;
	assert_command("{}", NULL);
	assert_command("{\"Healthcheck\":{\"Test\":[]}}", NULL);
	assert_command("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}", NULL);
	assert_command("{\"Healthcheck\":{\"Test\":[\"LATER\",\"a\"]}}", NULL);
	assert_command("{\"Healthcheck\":{\"Test\":[\"CMD\",\"a\",\"b\"]}}", "[\"a\",\"b\"]");
	assert_command("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"a b\"]}}",
		       "[\"/bin/sh\",\"-c\",\"a b\"]");
	assert_command(
		"{\"Shell\":[\"ash\",\"-xc\"],\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"a\"]}}",
		"[\"ash\",\"-xc\",\"a\"]");
}

static void times_have_dockers_defaults(void **state)
{
	autojson *config = json_loads("{\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"]}}", 0, NULL);
	struct health_check check;

	(void)state;
	assert_true(health_check_read(config, &check));
	assert_int_equal(check.interval, 30 * SECOND);
	assert_int_equal(check.timeout, 30 * SECOND);
	assert_int_equal(check.start_period, 0);
	assert_int_equal(check.retries, 3);
	check.start_period = 10 * SECOND;
	assert_int_equal(health_check_wait(&check, true, 9 * SECOND), 5 * SECOND);
	assert_int_equal(health_check_wait(&check, true, 10 * SECOND), 30 * SECOND);
	assert_int_equal(health_check_wait(&check, false, 0), 30 * SECOND);
}

/* ---- results ---- */

static const struct health_check two_tries = {.retries = 2, .start_period = 10 * SECOND};

static const char *take(json_t *state, int exit_code, int second)
{
	const struct health_result result = {
		{100 + second, 0}, {101 + second, 0}, exit_code, "o", 1};

	return health_take(state, &two_tries, &result, second * SECOND);
}

static void assert_health(const json_t *state, const char *status, int streak, size_t logged)
{
	assert_string_equal(json_string_at(state, "Health", "Status", NULL), status);
	assert_int_equal(json_integer_value(json_at(state, "Health", "FailingStreak", NULL)),
			 streak);
	assert_int_equal(json_array_size(json_at(state, "Health", "Log", NULL)), logged);
}

static void a_life(void **state)
{
	autojson *s = json_object();

	(void)state;
	health_begin(s);
	assert_health(s, "starting", 0, 0);
	assert_null(take(s, 1, 2)); /* in the start period */
	assert_null(take(s, 1, 4));
	assert_null(take(s, 1, 9));
	assert_health(s, "starting", 0, 3);
	assert_null(take(s, 1, 11));
	assert_health(s, "starting", 1, 4);
	assert_string_equal(take(s, -1, 12), "unhealthy");
	assert_health(s, "unhealthy", 2, 5);
	assert_null(take(s, 2, 13)); /* it is so already */
	assert_health(s, "unhealthy", 3, 5);
	assert_string_equal(take(s, 0, 14), "healthy");
	assert_health(s, "healthy", 0, 5);
	assert_null(take(s, 0, 15));
	assert_null(take(s, 1, 5)); /* healthy once, nothing is forgiven */
	assert_health(s, "healthy", 1, 5);
	/* The oldest have gone. */
	assert_string_equal(json_string_at(json_array_get(json_at(s, "Health", "Log", NULL), 0),
					   "Start", NULL),
			    "1970-01-01T00:01:52Z");
	health_end(s);
	assert_health(s, "unhealthy", 1, 5);
	health_begin(s);
	assert_health(s, "starting", 0, 5);
}

static void a_success_in_the_start_period_ends_it(void **state)
{
	autojson *s = json_object();

	(void)state;
	health_begin(s);
	assert_string_equal(take(s, 0, 1), "healthy");
	assert_null(take(s, 1, 2));
	assert_string_equal(take(s, 1, 3), "unhealthy");
}

static void who_has_no_check_has_no_health(void **state)
{
	autojson *s = json_object();

	(void)state;
	health_end(s);
	assert_int_equal(json_object_size(s), 0);
	assert_false(health_is_starting(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_open_is_the_images),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_test_is_a_command_of_three_kinds),
		cmocka_unit_test(times_have_dockers_defaults),
		cmocka_unit_test(a_life),
		cmocka_unit_test(a_success_in_the_start_period_ends_it),
		cmocka_unit_test(who_has_no_check_has_no_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
