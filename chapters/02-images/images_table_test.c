#include "images_table.h"

#include <sys/mman.h>

#include "images_test.h"

/* What is printed of the table, whose memory goes with it. */
static char *printed(struct images_table *table)
{
	autoclose int page = memfd_create("page", MFD_CLOEXEC);
	autobuffer text = {0};

	fflush(stdout);
	int before = dup(STDOUT_FILENO);
	assert_true(dup2(page, STDOUT_FILENO) >= 0);
	images_table_print(table);
	fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	assert_int_equal(lseek(page, 0, SEEK_SET), 0);
	assert_ok(file_read_fd(page, "page", 10000, &text));
	assert_null(table->rows);
	assert_int_equal(table->count, 0);
	return duplicate(text.data ? text.data : "");
}

static void assert_prints(struct images_table *table, const char *expected)
{
	autofree char *text = printed(table);

	assert_text("the table", text, expected);
}

/* Three blanks behind the widest cell, ten columns at least, nothing behind the last cell. */
static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const heading[] = {"NAME", "ID", "SIZE", NULL};
	struct images_table table = {0};

	(void)state;
	images_table_heading(&table, heading);
	images_table_add(&table, duplicate("busybox"), duplicate("1"), duplicate("1B"), NULL);
	images_table_add(&table, duplicate("eleven-chars"), duplicate("22"), duplicate(""), NULL);
	assert_prints(&table, "NAME           ID        SIZE\n"
			      "busybox        1         1B\n"
			      "eleven-chars   22        \n");
}

static void a_heading_alone_is_a_table(void **state)
{
	static const char *const heading[] = {"IMAGE ID", "X", NULL};
	struct images_table table = {0}, none = {0};

	(void)state;
	images_table_heading(&table, heading);
	assert_prints(&table, "IMAGE ID   X\n");
	assert_prints(&none, "");
}

/* As `ls -q` prints. */
static void one_column_has_no_blanks(void **state)
{
	struct images_table table = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		images_table_add(&table, format("%d", i), NULL);
	autofree char *text = printed(&table);
	assert_null(strchr(text, ' '));
	assert_int_equal(strlen(text), 10 * 2 + 90 * 3);
}

static void all_columns_can_be_used(void **state)
{
	static const char *const heading[] = {"A", "B", "C", "D", "E", "F", NULL};
	struct images_table table = {0};

	(void)state;
	images_table_heading(&table, heading);
	images_table_add(&table, duplicate("a"), duplicate("b"), duplicate("c"), duplicate("d"),
			 duplicate("e"), duplicate("f"), NULL);
	assert_prints(&table, "A         B         C         D         E         F\n"
			      "a         b         c         d         e         f\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_heading_alone_is_a_table),
		cmocka_unit_test(one_column_has_no_blanks),
		cmocka_unit_test(all_columns_can_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
