#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "remap.h"

static char path[] = "/tmp/remap-XXXXXX";

static struct error *ranges_of(const char *text, struct owner_ranges *ranges)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return remap_read_ranges(path, "me", "1000", ranges);
}

static void lines_of_one_name_follow_each_other(void **state)
{
	struct owner_ranges ranges = {0};
	autoerror e =
		ranges_of("# ids\nyou:1:2\nme:100000:10\nmenot:5:5\n1000:300000:7\n", &ranges);

	(void)state;
	assert_null(e);
	assert_int_equal(ranges.count, 2);
	assert_int_equal(owner_outside(&ranges, 9), 100009);
	assert_int_equal(owner_outside(&ranges, 10), 300000);
	owner_ranges_finish(&ranges);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"", "gives no ids to 'me'"},
		{"you:1:2\nme\nme:5\n", "gives no ids to 'me'"},
		{"me:0:10\n", "the first id"}, /* root of the machine */
		{"me:-1:10\n", "the first id"},
		{"me:x:10\n", "the first id"},
		{"me:100000:0\n", "the count of ids"},
		{"me:4294967290:100\n", "the count of ids"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct owner_ranges ranges = {0};
		autoerror e = ranges_of(rows[i].text, &ranges);

		assert_non_null(e);
		if (!strstr(e->message, rows[i].message))
			fail_msg("'%s' does not say '%s'", e->message, rows[i].message);
		owner_ranges_finish(&ranges);
	}
}

static int make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);

	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_one_name_follow_each_other),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
