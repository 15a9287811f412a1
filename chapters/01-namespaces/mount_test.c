#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"

static void flags_become_attributes(void **state)
{
	(void)state;
	assert_int_equal(mount_attributes(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC),
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				 MOUNT_ATTR_NOEXEC);
	assert_int_equal(mount_attributes(MS_NOATIME), MOUNT_ATTR_NOATIME);
	assert_int_equal(mount_attributes(MS_BIND | MS_REC | MS_RELATIME), 0);
}

/* What a descriptor that is no mount would be refused for comes after the look at the target. */
static enum error_class place(int root, const char *target, bool file)
{
	autoerror e = mount_place_exactly(-1, root, target, file);

	assert_non_null(e);
	return e->class;
}

static void a_place_that_is_exactly_this_one(void **state)
{
	char folder[] = "/tmp/mount-test.XXXXXX";
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	autoclose int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;
	assert_null(directory_create(root, "tmp", 0755, &made));
	assert_int_equal(symlinkat("tmp", root, "proc"), 0);
	assert_int_equal(place(root, "/proc", false), ERROR_FORBIDDEN);
	assert_int_equal(place(root, "/proc/below", false), ERROR_FORBIDDEN);
	assert_int_equal(fstatat(made, "below", &st, 0), -1);
	/* One that is missing is made, as a folder or as a file. */
	assert_int_equal(place(root, "/sys", false), ERROR_SYSTEM);
	assert_int_equal(fstatat(root, "sys", &st, 0), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(place(root, "/dev/console", true), ERROR_SYSTEM);
	assert_int_equal(fstatat(root, "dev/console", &st, 0), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_null(tree_remove(AT_FDCWD, folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_become_attributes),
		cmocka_unit_test(a_place_that_is_exactly_this_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
