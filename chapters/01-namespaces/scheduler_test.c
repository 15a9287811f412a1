#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "scheduler.h"

static void names_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(scheduler_policy("SCHED_FIFO"), SCHED_FIFO);
	assert_int_equal(scheduler_policy("SCHED_DEADLINE"), 6);
	assert_int_equal(scheduler_policy("SCHED_ISO"), -1);
	assert_int_equal(scheduler_flag("SCHED_FLAG_RECLAIM"), 2);
	assert_int_equal(scheduler_flag("SCHED_FIFO"), -1);
}

static void members_go_together_or_are_named(void **state)
{
	static const struct {
		struct scheduler scheduler;
		const char *wrong; /* NULL: right */
	} rows[] = {
		{{.policy = SCHED_OTHER, .nice = 5}, NULL},
		{{.policy = SCHED_BATCH, .nice = -5}, NULL},
		{{.policy = SCHED_FIFO, .priority = 1}, NULL},
		{{.policy = 6, .runtime = 1, .deadline = 1, .period = 1}, NULL},
		{{.policy = 6, .runtime = 1, .deadline = 2}, NULL},
		{{.policy = SCHED_FIFO, .nice = 5, .priority = 1}, "nice"},
		{{.policy = SCHED_RR}, "priority"},
		{{.policy = SCHED_OTHER, .priority = 1}, "priority"},
		{{.policy = SCHED_OTHER, .period = 1}, "runtime, deadline, period"},
		{{.policy = 6, .deadline = 2, .period = 3}, "SCHED_DEADLINE needs"},
		{{.policy = 6, .runtime = 3, .deadline = 2}, "SCHED_DEADLINE needs"},
		{{.policy = 6, .runtime = 1, .deadline = 3, .period = 2}, "SCHED_DEADLINE needs"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoerror e = scheduler_check(&rows[i].scheduler);

		assert_int_equal(!e, !rows[i].wrong);
		if (e)
			assert_ptr_equal(strstr(e->message, rows[i].wrong), e->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_kernels),
		cmocka_unit_test(members_go_together_or_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
