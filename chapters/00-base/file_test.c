#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"

/* Each test has a folder of its own with `root/` in it and `secret` beside it. */
struct place {
	char path[64];
	int fd, root;
};

static int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->path, "/tmp/mini-file-test-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_null(directory_open(AT_FDCWD, place->path, &place->fd));
	assert_null(directory_create(place->fd, "root/sub", 0755, &place->root));
	close(place->root);
	assert_null(directory_open(place->fd, "root", &place->root));
	assert_null(file_write_atomic(place->fd, "secret", "outside", 7, 0600, NOT_DURABLE));
	*state = place;
	return 0;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	close(place->root);
	close(place->fd);
	assert_null(tree_remove(AT_FDCWD, place->path));
	assert_int_equal(access(place->path, F_OK), -1);
	free(place);
	return 0;
}

static void nothing_leads_out_of_a_root(void **state)
{
	struct place *place = *state;
	static const char *const tricks[] = {"../secret", "/../secret",       "up/secret",
					     "absolute",  "sub/../../secret", "sub/up2"};

	assert_int_equal(symlinkat("..", place->root, "up"), 0);
	assert_int_equal(symlinkat("../../secret", place->root, "sub/up2"), 0);
	autofree char *target = format("%s/secret", place->path);
	assert_int_equal(symlinkat(target, place->root, "absolute"), 0);
	for (size_t i = 0; i < countof(tricks); i++) {
		autoclose int fd = -1;
		autoerror e = file_open_in_root(place->root, tricks[i], O_RDONLY, 0, &fd);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_NOT_FOUND);
		assert_int_equal(fd, -1);
	}
}

static void links_inside_a_root_are_followed_inside(void **state)
{
	struct place *place = *state;
	autoclose int made = -1, file = -1;

	assert_int_equal(symlinkat("/sub", place->root, "link"), 0);
	assert_null(directory_create_in_root(place->root, "/link/a/b", 0755, &made));
	assert_null(file_open_in_root(place->root, "sub/a/b/f", O_CREAT | O_WRONLY, 0644, &file));
	assert_int_equal(faccessat(place->root, "sub/a/b/f", F_OK, 0), 0);
	assert_null(directory_create_in_root(place->root, "/", 0755, &made));
}

static void the_parent_and_the_last_name_are_told_apart(void **state)
{
	struct place *place = *state;
	static const char *const wrong[] = {"", "/", "..", "sub/..", "sub/.", "//"};
	autoclose int parent = -1;
	autofree char *base = NULL;

	assert_null(file_open_parent_in_root(place->root, "/sub/name/", &parent, &base));
	assert_string_equal(base, "name");
	for (size_t i = 0; i < countof(wrong); i++) {
		autoclose int fd = -1;
		autofree char *name = NULL;
		autoerror e = file_open_parent_in_root(place->root, wrong[i], &fd, &name);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

static void an_atomic_write_replaces_and_leaves_no_temporary(void **state)
{
	struct place *place = *state;
	autobuffer text = {0};

	assert_null(file_write_atomic(place->fd, "f", "one", 3, 0600, DURABLE));
	assert_null(file_write_atomic(place->fd, "f", "two", 3, 0600, DURABLE));
	assert_null(file_read(place->fd, "f", 100, &text));
	assert_string_equal(text.data, "two");
	autoerror e = file_write_atomic(place->fd, "no/such/folder", "x", 1, 0600, DURABLE);
	assert_non_null(e);
	unlinkat(place->fd, "f", 0);
	unlinkat(place->fd, "secret", 0);
	assert_int_equal(unlinkat(place->fd, "root/sub", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(place->fd, "root", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(place->path), 0); /* nothing else is there */
	assert_int_equal(mkdir(place->path, 0700), 0);
}

static void reading_stops_at_the_limit(void **state)
{
	struct place *place = *state;
	autobuffer text = {0};
	autoerror e = file_read(place->fd, "secret", 6, &text);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_TOO_LARGE);
}

static void removing_a_tree_does_not_follow_links(void **state)
{
	struct place *place = *state;
	autoclose int deep = -1;

	assert_null(directory_create(place->root, "t/a/b/c", 0755, &deep));
	assert_int_equal(symlinkat("../../..", place->root, "t/a/out"), 0);
	assert_null(tree_remove(place->root, "t"));
	assert_int_equal(faccessat(place->root, "t", F_OK, 0), -1);
	assert_int_equal(faccessat(place->fd, "secret", F_OK, 0), 0);
	assert_null(tree_remove(place->root, "t")); /* that it is not there is fine */
}

static void a_tree_may_be_deeper_than_there_are_descriptors(void **state)
{
	struct place *place = *state;
	int at = dup(place->root);

	for (int i = 0; i < 3000; i++) {
		assert_int_equal(mkdirat(at, "d", 0755), 0);
		assert_int_equal(mkdirat(at, ".removed-0", 0755), 0);
		int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	close(at);
	assert_null(tree_remove(place->root, "d"));
	assert_int_equal(faccessat(place->root, "d", F_OK, 0), -1);
}

static void usage_counts_an_inode_once(void **state)
{
	struct place *place = *state;
	uint64_t before, after;
	static char block[65536];

	memset(block, 'x', sizeof(block));
	assert_null(file_write_atomic(place->root, "f", block, sizeof(block), 0600, DURABLE));
	assert_null(tree_usage(place->fd, "root", &before));
	assert_int_equal(linkat(place->root, "f", place->root, "g", 0), 0);
	assert_null(tree_usage(place->fd, "root", &after));
	assert_true(before >= sizeof(block));
	assert_int_equal(before, after);
}

static void a_lock_is_held_until_it_is_closed(void **state)
{
	struct place *place = *state;
	int first = -1, second = -1;

	assert_null(file_lock(place->fd, "lock", false, &first));
	autoerror e = file_lock(place->fd, "lock", false, &second);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CONFLICT);
	close(first);
	assert_null(file_lock(place->fd, "lock", false, &second));
	close(second);
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(nothing_leads_out_of_a_root),
		in_a_place(links_inside_a_root_are_followed_inside),
		in_a_place(the_parent_and_the_last_name_are_told_apart),
		in_a_place(an_atomic_write_replaces_and_leaves_no_temporary),
		in_a_place(reading_stops_at_the_limit),
		in_a_place(removing_a_tree_does_not_follow_links),
		in_a_place(a_tree_may_be_deeper_than_there_are_descriptors),
		in_a_place(usage_counts_an_inode_once),
		in_a_place(a_lock_is_held_until_it_is_closed),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
