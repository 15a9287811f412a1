#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "restart_policy.h"

static json_t *policy(const char *name, int most)
{
	return json_pack("{s:s, s:i}", "Name", name, "MaximumRetryCount", most);
}

static void only_dockers_policies_are_taken(void **state)
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
		{"on-failure", 3, NULL},
		{"never", 0, "unknown policy 'never'"},
		{"", 0, "unknown policy ''"},
		{"always", 3, "can only be used with 'on-failure'"},
		{"no", -1, "and cannot be negative"},
		{"on-failure", -1, "maximum retry count cannot be negative"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *given = policy(rows[i].name, rows[i].most);
		autoerror e = restart_policy_check(given);

		assert_int_equal(e == NULL, rows[i].problem == NULL);
		if (e) {
			assert_int_equal(e->class, ERROR_INVALID);
			assert_non_null(strstr(e->message, rows[i].problem));
		}
	}
}

static void who_runs_again(void **state)
{
	static const struct {
		const char *name;
		int most, exit_code, restarts;
		bool after_exit, at_boot, at_boot_stopped;
	} rows[] = {
		{"no", 0, 1, 0, false, false, false},
		{"always", 0, 0, 5, true, true, true},
		{"always", 0, 137, 0, true, true, true},
		{"unless-stopped", 0, 0, 5, true, true, false},
		{"on-failure", 0, 0, 0, false, false, false},
		{"on-failure", 0, 1, 1000, true, false, false},
		{"on-failure", 2, 1, 1, true, false, false},
		{"on-failure", 2, 1, 2, false, false, false},
		{"on-failure", 2, 255, 3, false, false, false},
		{"of an older daemon", 0, 1, 0, false, false, false},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *given = policy(rows[i].name, rows[i].most);

		assert_int_equal(restart_policy_wants(given, rows[i].exit_code, rows[i].restarts),
				 rows[i].after_exit);
		assert_int_equal(restart_policy_wants_at_boot(given, false), rows[i].at_boot);
		assert_int_equal(restart_policy_wants_at_boot(given, true),
				 rows[i].at_boot_stopped);
	}
	assert_false(restart_policy_wants(NULL, 1, 0));
	assert_false(restart_policy_is_set(NULL));
}

static void the_wait_doubles_up_to_a_minute(void **state)
{
	int64_t delay = 0, all = 0;
	(void)state;

	for (int i = 0; i < 10; i++) {
		delay = restart_policy_delay(delay, 9);
		all += delay;
		assert_int_equal(delay, 100 << i);
	}
	assert_int_equal(all, 102300);
	assert_int_equal(restart_policy_delay(51200, 0), 60000);
	assert_int_equal(restart_policy_delay(60000, 0), 60000);
	assert_int_equal(restart_policy_delay(60000, 10), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_dockers_policies_are_taken),
		cmocka_unit_test(who_runs_again),
		cmocka_unit_test(the_wait_doubles_up_to_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
