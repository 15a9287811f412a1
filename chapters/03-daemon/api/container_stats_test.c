#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "container_stats.h"

static void a_container_that_does_not_run_has_empty_members(void **state)
{
	autojson *json = container_stats_json(&(struct stats_sample){0});

	(void)state;
	assert_int_equal(json_object_size(json_object_get(json, "memory_stats")), 0);
	assert_int_equal(json_object_size(json_object_get(json, "pids_stats")), 0);
	assert_true(json_is_null(json_at(json, "blkio_stats", "io_service_bytes_recursive", NULL)));
	assert_null(json_at(json, "cpu_stats", "online_cpus", NULL));
	assert_int_equal(
		json_integer_value(json_at(json, "cpu_stats", "cpu_usage", "total_usage", NULL)),
		0);
}

static void memory_without_a_limit_is_limited_by_the_machine(void **state)
{
	struct cgroup_stats stats = {.memory.memory = {.limit = CGROUP_UNLIMITED, .usage = 7}};
	struct stats_sample sample = {.stats = &stats, .memory = 1000};

	(void)state;
	autojson *all = container_stats_json(&sample);
	assert_int_equal(json_integer_value(json_at(all, "memory_stats", "limit", NULL)), 1000);
	stats.memory.memory.limit = 10;
	autojson *ten = container_stats_json(&sample);
	assert_int_equal(json_integer_value(json_at(ten, "memory_stats", "limit", NULL)), 10);
	assert_int_equal(json_integer_value(json_at(ten, "memory_stats", "usage", NULL)), 7);
}

static void memory_stat_is_an_object_of_numbers(void **state)
{
	struct cgroup_stats stats = {0};
	struct stats_sample sample = {.stats = &stats};

	(void)state;
	buffer_append_string(&stats.memory.raw, "cache 12\nbroken\nhuge 18446744073709551615\n");
	autojson *json = container_stats_json(&sample);
	const json_t *raw = json_at(json, "memory_stats", "stats", NULL);
	assert_int_equal(json_object_size(raw), 2);
	assert_int_equal(json_integer_value(json_object_get(raw, "cache")), 12);
	assert_true(json_integer_value(json_object_get(raw, "huge")) == INT64_MAX);
	buffer_finish(&stats.memory.raw);
}

static void the_machine_s_time_is_the_sum_without_guests(void **state)
{
	uint64_t tick = 1000000000 / sysconf(_SC_CLK_TCK);

	(void)state;
	assert_true(container_stats_system_time("cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 9\n") ==
		    28 * tick);
	assert_true(container_stats_system_time("") == 0);
	assert_true(container_stats_system_time("cpu\n") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_that_does_not_run_has_empty_members),
		cmocka_unit_test(memory_without_a_limit_is_limited_by_the_machine),
		cmocka_unit_test(memory_stat_is_an_object_of_numbers),
		cmocka_unit_test(the_machine_s_time_is_the_sum_without_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
