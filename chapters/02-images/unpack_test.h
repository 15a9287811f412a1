/*
 * unpack_test.h - what the tests of unpacking share
 *
 * Each test's place has root/ to unpack into, secret/ beside it, and lower/ as a layer below.
 */
#ifndef MINI_UNPACK_TEST_H
#define MINI_UNPACK_TEST_H

#include "images_test.h"
#include "unpack.h"

struct trees {
	struct place *place;
	int root, lower;
};

shared int make_trees(void **state)
{
	struct trees *trees = allocate(sizeof(*trees));
	int secret;

	make_place((void **)&trees->place);
	assert_ok(directory_create(trees->place->fd, "root", 0755, &trees->root));
	assert_ok(directory_create(trees->place->fd, "lower", 0755, &trees->lower));
	assert_ok(directory_create(trees->place->fd, "secret", 0755, &secret));
	assert_ok(file_write_atomic(secret, "file", "outside", 7, 0600, NOT_DURABLE));
	close(secret);
	*state = trees;
	return 0;
}

shared int drop_trees(void **state)
{
	struct trees *trees = *state;

	close(trees->root);
	close(trees->lower);
	drop_place((void **)&trees->place);
	free(trees);
	return 0;
}

shared struct error *unpack_with(struct trees *trees, struct tar *tar, bool with_lower,
				 const struct unpack_limits *limits, struct unpack_result *result)
{
	struct unpack_order order = {trees->root, !with_lower, limits};
	autounpack_tree tree = {.parent = -1};

	if (tar->archive)
		tar_end(tar);
	struct source source = tar_source(tar);
	TRY(unpack_layer(&order, &source, result, &tree));
	return unpack_tree_settle(&tree, &trees->lower, with_lower);
}

shared struct error *unpack(struct trees *trees, struct tar *tar)
{
	struct unpack_result result;

	return unpack_with(trees, tar, false, NULL, &result);
}

shared struct stat stat_of(struct trees *trees, const char *path)
{
	struct stat st = {0};

	if (fstatat(trees->root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("'%s' is not there", path);
	return st;
}

shared bool is_there(struct trees *trees, const char *path)
{
	return faccessat(trees->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

shared void assert_content(int dirfd, const char *path, const char *expected)
{
	autobuffer bytes = {0};

	assert_ok(file_read(dirfd, path, 1 << 20, &bytes));
	assert_string_equal(bytes.data ? bytes.data : "", expected);
}

/* Nothing beside the root was touched. */
shared void assert_outside_untouched(struct trees *trees)
{
	struct stat st;

	assert_content(trees->place->fd, "secret/file", "outside");
	assert_int_equal(fstatat(trees->place->fd, "secret", &st, 0), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(fstatat(trees->place->fd, "secret/file", &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(faccessat(trees->place->fd, "secret/new", F_OK, 0), -1);
	assert_int_equal(faccessat(trees->place->fd, "new", F_OK, 0), -1);
}

#define in_trees(test) cmocka_unit_test_setup_teardown(test, make_trees, drop_trees)

#endif
