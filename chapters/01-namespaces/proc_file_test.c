#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "proc_file.h"

static void the_real_proc_is_written_to(void **state)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	char name[16] = "";

	(void)state;
	assert_null(proc_file_write(root, "self/comm", "proc-file-test"));
	assert_null(proc_file_open(root, "self/comm", O_RDONLY, &fd));
	assert_int_equal(read(fd, name, sizeof(name) - 1), 15);
	assert_string_equal(name, "proc-file-test\n");
	autoerror e = proc_file_write(root, "self/nothing", "x");
	assert_int_equal(e->class, ERROR_NOT_FOUND);
}

static void a_folder_that_looks_like_proc_is_refused(void **state)
{
	char folder[] = "/tmp/proc-file.XXXXXX";
	autobuffer text = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	autoclose int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;
	assert_null(directory_create(root, "proc/self", 0755, &made));
	assert_null(file_write_atomic(made, "comm", "as it was", 9, 0644, NOT_DURABLE));
	autoerror e = proc_file_write(root, "self/comm", "changed");
	assert_int_equal(e->class, ERROR_FORBIDDEN);
	assert_null(file_read(made, "comm", 100, &text));
	assert_string_equal(text.data, "as it was");
	assert_null(tree_remove(AT_FDCWD, folder));
}

/* What leads out of /proc by a link of the kernel's is no file of /proc. */
static void links_of_the_kernel_are_not_followed(void **state)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;

	(void)state;
	autoerror by_link = proc_file_open(root, "self/root/proc/self/comm", O_RDONLY, &fd);
	assert_non_null(by_link);
	autoerror up = proc_file_open(root, "../etc/passwd", O_RDONLY, &fd);
	assert_int_equal(up->class, ERROR_FORBIDDEN);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_real_proc_is_written_to),
		cmocka_unit_test(a_folder_that_looks_like_proc_is_refused),
		cmocka_unit_test(links_of_the_kernel_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
