#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exit_record.h"
#include "file.h"
#include "memory.h"

static int open_folder(void **state)
{
	char folder[] = "/tmp/exit-record-XXXXXX";
	int fd;

	if (!mkdtemp(folder))
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = duplicate(folder);
	return fd;
}

static void remove_folder(void **state, int folder)
{
	close(folder);
	assert_null(tree_remove(AT_FDCWD, *state));
	free(*state);
}

static void put(int folder, const char *text)
{
	assert_null(file_write_atomic(folder, EXIT_RECORD, text, strlen(text), 0600, NOT_DURABLE));
}

static void assert_error(struct error *e, enum error_class class)
{
	assert_non_null(e);
	assert_int_equal(e->class, class);
	error_free(e);
}

static void what_was_written_is_read(void **state)
{
	const struct exit_record written = {137, true, 1700000000, 5};
	struct exit_record record = {0};
	autobuffer text = {0};
	int folder = open_folder(state);

	assert_error(exit_record_read(folder, &record), ERROR_NOT_FOUND);
	assert_null(exit_record_write(folder, &(struct exit_record){0}));
	assert_null(exit_record_write(folder, &written));
	assert_null(file_read(folder, EXIT_RECORD, 100, &text));
	assert_string_equal(text.data, "137 1 1700000000 5\n");
	exit_record_sync(folder);
	assert_null(exit_record_read(folder, &record));
	assert_int_equal(record.exit_code, 137);
	assert_true(record.oom);
	assert_int_equal(record.seconds, 1700000000);
	assert_int_equal(record.nanoseconds, 5);
	remove_folder(state, folder);
}

static void what_is_no_whole_line_is_no_record(void **state)
{
	static const char *const torn[] = {
		"",          "\n", "137", "137 1 17", "137 1 17 5", "137 1 17 5\n1", "137 1 17 x\n",
		"a b c d\n",
	};
	struct exit_record record = {.exit_code = 7};
	int folder = open_folder(state);

	for (size_t i = 0; i < countof(torn); i++) {
		put(folder, torn[i]);
		assert_error(exit_record_read(folder, &record), ERROR_CORRUPT);
		assert_int_equal(record.exit_code, 7);
	}
	remove_folder(state, folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_no_whole_line_is_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
