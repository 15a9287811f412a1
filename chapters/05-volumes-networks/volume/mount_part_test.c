#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "mount_part.h"

/* a/b/file; in -> a/b; out -> /etc; up -> ..; loop -> loop; proc -> /proc/self/root */
static int make_tree(void **state)
{
	static char place[] = "/tmp/mount_part.XXXXXX";
	static const char *const links[][2] = {{"a/b", "in"},
					       {"/etc", "out"},
					       {"..", "up"},
					       {"loop", "loop"},
					       {"/proc/self/root", "proc"}};

	assert_non_null(mkdtemp(place));
	int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(mkdirat(fd, "a", 0755), 0);
	assert_int_equal(mkdirat(fd, "a/b", 0755), 0);
	assert_null(file_write_atomic(fd, "a/b/file", "x", 1, 0644, NOT_DURABLE));
	for (size_t i = 0; i < countof(links); i++)
		assert_int_equal(symlinkat(links[i][0], fd, links[i][1]), 0);
	close(fd);
	*state = place;
	return 0;
}

static int remove_tree(void **state)
{
	assert_null(tree_remove(AT_FDCWD, *state));
	return 0;
}

/* Without the right to mount, what was found is told all the same. */
static struct error *try(const char *place, const char *path)
{
	autoclose int tree = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC), mount = -1;
	struct error *e = mount_part_open(tree, path, "the tree", &mount);

	if (!e)
		assert_true(mount >= 0);
	return e;
}

static void what_is_inside_is_mounted(void **state)
{
	static const char *const good[] = {"", "a", "a/b", "in", "in/file", "a/../a/b", "./in/."};

	for (size_t i = 0; i < countof(good); i++) {
		autoerror e = try(*state, good[i]);

		if (e && !strstr(e->message, "cannot mount the subpath"))
			fail_msg("%s: %s", good[i], e->message);
	}
}

static void what_leads_out_is_refused(void **state)
{
	static const char *const bad[] = {"out",         "out/passwd", "up",   "a/../..", "/etc",
					  "in/../../..", "loop",       "proc", "proc/etc"};

	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = try(*state, bad[i]);

		if (!e)
			fail_msg("mounted: %s", bad[i]);
		assert_int_equal(e->class, ERROR_FORBIDDEN);
	}
	autoerror e = try(*state, "a/none");
	assert_int_equal(e->class, ERROR_NOT_FOUND);
	assert_non_null(strstr(e->message, "cannot access the subpath 'a/none' of the tree"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_is_mounted),
		cmocka_unit_test(what_leads_out_is_refused),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
