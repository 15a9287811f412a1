#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "output_file.h"

static char folder[] = "/tmp/output-file-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	autoerror e = tree_remove(AT_FDCWD, folder);

	return e ? -1 : 0;
}

static void assert_file(const char *name, const char *wanted)
{
	autobuffer text = {0};

	assert_null(file_read(AT_FDCWD, name, 100, &text));
	assert_string_equal(text.data, wanted);
}

static int count_files(void)
{
	DIR *all = opendir(folder);
	int count = 0;

	assert_non_null(all);
	for (struct dirent *entry; (entry = readdir(all));)
		count += entry->d_name[0] != '.';
	closedir(all);
	return count;
}

static void what_is_kept_takes_the_name(void **state)
{
	auto_output_file file = OUTPUT_FILE_CLOSED;

	(void)state;
	assert_null(output_file_open("kept", "save", &file));
	assert_int_equal(access("kept", F_OK), -1);
	assert_null(file_write_fd(file.fd, "kept", "new", 3));
	assert_null(output_file_keep(&file));
	assert_file("kept", "new");
	output_file_close(&file);
	assert_file("kept", "new");
	assert_int_equal(count_files(), 1);
	assert_int_equal(unlink("kept"), 0);
}

static void what_is_not_kept_leaves_the_file_as_it_was(void **state)
{
	struct output_file file;

	(void)state;
	assert_null(file_write_atomic(AT_FDCWD, "old", "old", 3, 0644, NOT_DURABLE));
	assert_null(output_file_open("old", "save", &file));
	assert_null(file_write_fd(file.fd, "old", "half", 4));
	output_file_close(&file);
	assert_file("old", "old");
	assert_int_equal(count_files(), 1);
	assert_int_equal(unlink("old"), 0);
}

static void a_device_is_written_to_and_a_folder_refused(void **state)
{
	auto_output_file file = OUTPUT_FILE_CLOSED;
	struct stat st;

	(void)state;
	assert_null(output_file_open("/dev/null", "save", &file));
	assert_null(output_file_keep(&file));
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	output_file_close(&file);
	autoerror e = output_file_open(".", "save", &file);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_INVALID);
	autoerror none = output_file_open("no/such/folder", "save", &file);
	assert_non_null(none);
	assert_int_equal(none->errnum, ENOENT);
	assert_int_equal(count_files(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_takes_the_name),
		cmocka_unit_test(what_is_not_kept_leaves_the_file_as_it_was),
		cmocka_unit_test(a_device_is_written_to_and_a_folder_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
