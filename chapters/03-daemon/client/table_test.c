#include "table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"

static void test_columns(void **state)
{
	autobuffer text = {0};

	(void)state;
	buffer_append_string(&text,
			     "A\tB\tC\nlong enough cell\t\xc3\xa4\xc3\xb6\xc3\xbc\tx\n\t\t\n");
	table_align(&text, TABLE_WIDTH);
	assert_string_equal(text.data, "A                  B         C\n"
				       "long enough cell   \xc3\xa4\xc3\xb6\xc3\xbc       x\n"
				       "                             \n");
}

/* What table_print() writes to stdout. */
static char *printed(const char *format)
{
	static const struct table_column columns[] = {{"ID", "THE ID"}, {"Names", "NAMES"}, {0}};
	autojson *rows = json_pack("[{s:s,s:s},{s:s,s:s}]", "ID", "1", "Names", "web", "ID", "2",
				   "Names", "db");
	struct buffer text = {0};
	int pipe_fds[2], before = dup(STDOUT_FILENO);

	assert_int_equal(pipe(pipe_fds), 0);
	fflush(stdout);
	dup2(pipe_fds[1], STDOUT_FILENO);
	struct error *e = table_print(format, "table {{.ID}}\t{{.Names}}", columns, rows);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	close(pipe_fds[1]);
	assert_null(e);
	assert_null(file_read_fd(pipe_fds[0], "pipe", 10000, &text));
	close(pipe_fds[0]);
	return buffer_take(&text);
}

static void test_formats(void **state)
{
	static const struct {
		const char *format, *output;
	} rows[] = {
		{NULL, "THE ID    NAMES\n1         web\n2         db\n"},
		{"table", "THE ID    NAMES\n1         web\n2         db\n"},
		{"table {{.Names}}\\t{{.ID}}", "NAMES     THE ID\nweb       1\ndb        2\n"},
		{"{{.ID}}-{{upper .Names}}", "1-WEB\n2-DB\n"},
		{"json", "{\"ID\":\"1\",\"Names\":\"web\"}\n{\"ID\":\"2\",\"Names\":\"db\"}\n"},
		{"{{.ID}}\\n", "1\n\n2\n\n"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *output = printed(rows[i].format);

		assert_string_equal(output, rows[i].output);
	}
}

static void test_bad_formats(void **state)
{
	(void)state;
	autoerror e = table_check("{{.ID");
	assert_non_null(e);
	assert_null(table_check("json"));
	assert_null(table_check("table {{.ID}}"));
	assert_null(table_check(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_bad_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
