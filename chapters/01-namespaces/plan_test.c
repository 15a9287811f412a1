#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "plan.h"

static void a_step_comes_back_as_it_was_added(void **state)
{
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;

	(void)state;
	plan_step(&plan, STEP_HOSTNAME, .text = {"web"});
	plan_step(&plan, STEP_DEVICE, .number = {1, -2, INT64_MIN, INT64_MAX}, .text = {"/dev/x"});
	plan_step(&plan, STEP_MOUNT, .text = {"tmpfs", NULL, "/dev", ""}, .bytes = "a\0b",
		  .bytes_length = 3);
	plan_step(&plan, STEP_PIVOT);
	assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
	assert_int_equal(step.kind, STEP_HOSTNAME);
	assert_string_equal(step.text[0], "web");
	assert_string_equal(step.text[5], "");
	assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
	assert_int_equal(step.number[1], -2);
	assert_int_equal(step.number[2], INT64_MIN);
	assert_int_equal(step.number[3], INT64_MAX);
	assert_int_equal(step.number[4], 0);
	assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
	assert_string_equal(step.text[1], "");
	assert_string_equal(step.text[2], "/dev");
	assert_int_equal(step.bytes_length, 3);
	assert_memory_equal(step.bytes, "a\0b", 3);
	assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
	assert_int_equal(step.kind, STEP_PIVOT);
	assert_null(step.bytes);
	assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 0);
}

static void make_plan(struct plan *plan)
{
	plan_step(plan, STEP_MOUNT, .number = {1, 2, 3}, .text = {"proc", "proc", "/proc"});
	plan_step(plan, STEP_EXEC, .bytes = "sh\0-c", .bytes_length = 6);
}

/* Reads to the end whatever the bytes are; touching what is outside of them is for ASan to see. */
static void read_all(const char *bytes, size_t length)
{
	autofree char *copy = duplicate_range(bytes, length);
	struct step step;
	size_t offset = 0, touched = 0;

	while (plan_next(copy, length, &offset, &step) == 1) {
		assert_true(offset <= length);
		assert_true(step.kind < STEP_KIND_COUNT);
		for (int i = 0; i < STEP_TEXTS; i++)
			touched += strlen(step.text[i]);
		for (size_t i = 0; i < step.bytes_length; i++)
			touched += ((const char *)step.bytes)[i];
	}
	assert_true(touched < SIZE_MAX);
}

static void cut_bytes_are_refused(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	make_plan(&plan);
	for (size_t length = 1; length < plan.steps.length; length++) {
		size_t offset = 0;
		int more;

		while ((more = plan_next(plan.steps.data, length, &offset, &step)) == 1)
			;
		/* Only a cut between two steps can look like a plan. */
		assert_true(more == -1 || offset == length);
		read_all(plan.steps.data, length);
	}
}

static void no_byte_makes_it_read_outside(void **state)
{
	autoplan plan = {0};

	(void)state;
	make_plan(&plan);
	for (size_t i = 0; i < plan.steps.length; i++) {
		char before = plan.steps.data[i];

		for (int value = 0; value < 256; value += 5) {
			plan.steps.data[i] = value;
			read_all(plan.steps.data, plan.steps.length);
		}
		plan.steps.data[i] = before;
	}
}

static void every_kind_has_a_name(void **state)
{
	(void)state;
	for (int kind = 0; kind < STEP_KIND_COUNT; kind++)
		assert_non_null(step_name(kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_comes_back_as_it_was_added),
		cmocka_unit_test(cut_bytes_are_refused),
		cmocka_unit_test(no_byte_makes_it_read_outside),
		cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
