#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "mount_copy_up.h"

static char folder[64];
static int root, to; /* the image, and what would be the tmpfs */

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/copy-up-test.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	autoerror one = directory_create(AT_FDCWD, folder, 0700, &root);
	autoerror other = directory_create(root, "to", 0700, &to);
	autoclose int from = -1;
	autoerror image = directory_create(root, "etc/below", 0750, &from);
	return one || other || image;
}

static int tear_down(void **state)
{
	(void)state;
	close(root);
	close(to);
	return tree_remove(AT_FDCWD, folder) ? -1 : 0;
}

static void all_kinds_are_copied_with_their_modes(void **state)
{
	struct stat st;
	char target[8] = "";
	autobuffer text = {0};

	(void)state;
	assert_null(file_write_atomic(root, "etc/below/f", "text", 4, 0, NOT_DURABLE));
	assert_int_equal(fchmodat(root, "etc/below/f", 04711, 0), 0);
	assert_int_equal(symlinkat("/out", root, "etc/link"), 0);
	assert_int_equal(mknodat(root, "etc/pipe", S_IFIFO | 0600, 0), 0);
	assert_null(mount_copy_up(root, "/etc", to));
	assert_null(file_read(to, "below/f", 100, &text));
	assert_string_equal(text.data, "text");
	assert_int_equal(fstatat(to, "below/f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 04711);
	assert_int_equal(readlinkat(to, "link", target, sizeof(target)), 4);
	assert_memory_equal(target, "/out", 4);
	assert_int_equal(fstatat(to, "pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void what_the_image_does_not_have_is_nothing_to_copy(void **state)
{
	(void)state;
	assert_null(mount_copy_up(root, "/none", to));
}

static void too_many_folders_in_each_other_are_an_error(void **state)
{
	autofree char *path = duplicate("etc");

	(void)state;
	for (int i = 0; i < 140; i++) {
		char *longer = format("%s/d", path);

		free(path);
		path = longer;
	}
	autoclose int deepest = -1;
	assert_null(directory_create(root, path, 0755, &deepest));
	autoerror e = mount_copy_up(root, "/etc", to);
	assert_int_equal(e->class, ERROR_INVALID);
	assert_non_null(strstr(e->message, "folders deep"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_kinds_are_copied_with_their_modes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_the_image_does_not_have_is_nothing_to_copy,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_folders_in_each_other_are_an_error, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
