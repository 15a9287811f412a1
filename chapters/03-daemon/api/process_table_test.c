#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "process_table.h"

static const char *cell(const json_t *table, size_t row, size_t column)
{
	const json_t *rows = json_object_get(table, "Processes");

	return json_string_value(json_array_get(json_array_get(rows, row), column));
}

static void test_rows_are_cut_down(void **state)
{
	(void)state;
	static const char text[] = "UID          PID CMD\n"
				   "root           1 /sbin/init\n"
				   "www           42 httpd -f  -p 80\n"
				   "root         420 sleep\n";
	const pid_t pids[] = {42, 7};
	autojson *table = NULL;

	assert_null(process_table_json(text, pids, countof(pids), &table));
	assert_int_equal(json_array_size(json_object_get(table, "Titles")), 3);
	assert_int_equal(json_array_size(json_object_get(table, "Processes")), 1);
	assert_string_equal(cell(table, 0, 0), "www");
	assert_string_equal(cell(table, 0, 2), "httpd -f  -p 80");
}

static void test_a_table_without_pids(void **state)
{
	(void)state;
	autojson *table = NULL;
	autoerror e = process_table_json("CMD\nsleep\n", NULL, 0, &table);

	assert_int_equal(e->class, ERROR_INVALID);
}

static void test_the_real_ps(void **state)
{
	(void)state;
	pid_t self = getpid();
	autofree char *text = NULL;
	autojson *table = NULL;
	autoerror e = process_table_read("-e -o pid,comm", &text);

	if (e && e->class == ERROR_UNAVAILABLE)
		skip(); /* there is no ps here */
	assert_null(e);
	assert_null(process_table_json(text, &self, 1, &table));
	assert_int_equal(json_array_size(json_object_get(table, "Processes")), 1);
	autofree char *nothing = NULL;
	autoerror refused = process_table_read("--no-such-option", &nothing);
	assert_int_equal(refused->class, ERROR_INVALID);
	assert_null(nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_cut_down),
		cmocka_unit_test(test_a_table_without_pids),
		cmocka_unit_test(test_the_real_ps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
