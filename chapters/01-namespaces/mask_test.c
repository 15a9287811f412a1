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
#include "mask.h"
#include "memory.h"

/* In a mount namespace of its own where there is one to have: a mask that should have been refused
 * is a mount. The exit code is the class of the error. */
static int mask_in_a_child(int root)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct mask mask = {.rootfd = root, .null = -1, .empty = -1};

		if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
			_exit(100);
		struct error *e = mask_hide(&mask, "/secret");
		_exit(e ? (int)e->class : 101);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* While the paths are masked another container may change what both have mounted. */
static void only_the_null_device_masks(void **state)
{
	char folder[] = "/tmp/mask.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	autoclose int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), dev = -1;
	assert_null(directory_create(root, "dev", 0755, &dev));
	assert_null(file_write_atomic(root, "secret", "x", 1, 0644, NOT_DURABLE));
	assert_null(file_write_atomic(dev, "null", "text", 4, 0644, NOT_DURABLE));
	assert_int_equal(mask_in_a_child(root), ERROR_FORBIDDEN);
	assert_int_equal(unlinkat(dev, "null", 0), 0);
	assert_int_equal(symlinkat("../secret", dev, "null"), 0);
	assert_int_equal(mask_in_a_child(root), ERROR_FORBIDDEN);
	/* None at all is no reason to leave the path as it is. */
	assert_int_equal(unlinkat(dev, "null", 0), 0);
	assert_int_equal(mask_in_a_child(root), ERROR_NOT_FOUND);
	assert_null(tree_remove(AT_FDCWD, folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_null_device_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
