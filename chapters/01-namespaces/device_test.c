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

#include "device.h"
#include "file.h"
#include "memory.h"

static char folder[64];
static int root;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/device-test.XXXXXX");
	root = mkdtemp(folder) ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return root < 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(root);
	return tree_remove(AT_FDCWD, folder) ? -1 : 0;
}

/* A FIFO, as everybody may make one. */
static const struct device_request pipe_request = {.path = "/a/b/pipe", .mode = S_IFIFO | 0600};

static void folders_above_are_made_and_what_is_there_is_taken(void **state)
{
	struct stat st;

	(void)state;
	assert_null(device_create(root, &pipe_request));
	assert_int_equal(fstatat(root, "a/b/pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_null(device_create(root, &pipe_request));
}

static void what_is_something_else_is_not_taken(void **state)
{
	static const mode_t kinds[] = {S_IFREG, S_IFDIR, S_IFLNK};

	(void)state;
	autoclose int parent = -1;
	assert_null(directory_create_in_root(root, "/a/b", 0755, &parent));
	for (size_t i = 0; i < countof(kinds); i++) {
		if (kinds[i] == S_IFREG)
			assert_int_equal(mknodat(parent, "pipe", S_IFREG | 0644, 0), 0);
		else if (kinds[i] == S_IFDIR)
			assert_int_equal(mkdirat(parent, "pipe", 0755), 0);
		else
			assert_int_equal(symlinkat("/dev/null", parent, "pipe"), 0);
		autoerror e = device_create(root, &pipe_request);
		assert_int_equal(e->class, ERROR_CONFLICT);
		assert_null(tree_remove(parent, "pipe"));
	}
}

static void a_link_stays_as_it_is(void **state)
{
	char target[16] = "";

	(void)state;
	assert_null(device_link(root, "/dev/fd", "/proc/self/fd"));
	assert_null(device_link(root, "/dev/fd", "elsewhere"));
	assert_int_equal(readlinkat(root, "dev/fd", target, sizeof(target)), 13);
	assert_memory_equal(target, "/proc/self/fd", 13);
}

/* The parent is found below the root, whatever links the image has. */
static void links_of_the_image_lead_nowhere_outside(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(symlinkat("/../../..", root, "a"), 0);
	assert_null(device_create(root, &pipe_request));
	assert_int_equal(fstatat(root, "b/pipe", &st, AT_SYMLINK_NOFOLLOW), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folders_above_are_made_and_what_is_there_is_taken,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_something_else_is_not_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_link_stays_as_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_of_the_image_lead_nowhere_outside, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
