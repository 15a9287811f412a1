#include <sys/xattr.h>

#include "unpack_test.h"

static bool is_whiteout(struct trees *trees, const char *path)
{
	struct stat st = stat_of(trees, path);

	return S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static bool is_opaque(struct trees *trees, const char *path)
{
	char value[8];
	autoclose int fd = openat(trees->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value)) == 1 && *value == 'y';
}

static void whiteouts_become_those_of_overlayfs(void **state)
{
	struct trees *trees = *state;
	struct unpack_result result;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, ".wh.gone", "");
	tar_folder(&tar, "dir", 0755);
	tar_file(&tar, "dir/.wh.x", "");
	tar_folder(&tar, "fresh", 0755);
	tar_file(&tar, "fresh/new", "n");
	tar_file(&tar, "fresh/.wh..wh..opq", "");
	tar_file(&tar, ".wh..wh.aufs", "");
	tar_file(&tar, ".wh..wh.plnk/1.2", "x");
	tar_file(&tar, ".wh.reborn", "");
	tar_folder(&tar, "reborn", 0755);
	tar_file(&tar, ".wh.implied", "");
	tar_file(&tar, "implied/file", "i");
	tar_file(&tar, "both", "b");
	tar_file(&tar, ".wh.both", "");
	assert_ok(unpack_with(trees, &tar, true, NULL, &result));
	assert_true(is_whiteout(trees, "gone"));
	assert_true(is_whiteout(trees, "dir/x"));
	assert_false(is_opaque(trees, "dir"));
	assert_true(is_opaque(trees, "fresh"));
	assert_content(trees->root, "fresh/new", "n");
	assert_true(is_opaque(trees, "reborn"));
	assert_true(is_opaque(trees, "implied"));
	assert_content(trees->root, "implied/file", "i");
	assert_content(trees->root, "both", "b"); /* only lower layers are hidden */
	assert_false(is_there(trees, ".wh.gone"));
	assert_false(is_there(trees, ".wh..wh.aufs"));
	assert_false(is_there(trees, "fresh/.wh..wh..opq"));
}

static void the_lowest_layer_has_nothing_to_hide(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, ".wh.gone", "");
	tar_file(&tar, "d/.wh..wh..opq", "");
	assert_ok(unpack(trees, &tar));
	assert_false(is_there(trees, "gone"));
}

static void an_opaque_root_hides_each_name(void **state)
{
	struct trees *trees = *state;
	struct unpack_result result;
	autotar tar;

	needs_root();
	assert_int_equal(mkdirat(trees->lower, "old", 0755), 0);
	assert_int_equal(mkdirat(trees->lower, "both", 0755), 0);
	tar_begin(&tar);
	tar_file(&tar, ".wh..wh..opq", "");
	tar_folder(&tar, "both", 0755);
	tar_file(&tar, "new", "n");
	assert_ok(unpack_with(trees, &tar, true, NULL, &result));
	assert_true(is_whiteout(trees, "old"));
	assert_true(is_opaque(trees, "both"));
	assert_content(trees->root, "new", "n");
}

static void whiteouts_name_something(void **state)
{
	static const char *const names[] = {".wh.", "d/.wh.", ".wh..", ".wh...", ".wh.x/y"};
	struct trees *trees = *state;

	needs_root();
	for (size_t i = 0; i < countof(names); i++) {
		struct unpack_result result;
		autotar tar;

		tar_begin(&tar);
		tar_file(&tar, names[i], "");
		assert_error(unpack_with(trees, &tar, true, NULL, &result), ERROR_INVALID,
			     "whiteout");
	}
}

static void folders_left_out_are_as_below(void **state)
{
	struct trees *trees = *state;
	struct timespec old[] = {{5, 6}, {7, 8}};
	struct unpack_result result;
	autotar tar;

	needs_root();
	assert_int_equal(mkdirat(trees->lower, "dir", 0700), 0);
	assert_int_equal(fchownat(trees->lower, "dir", 11, 22, 0), 0);
	assert_int_equal(utimensat(trees->lower, "dir", old, 0), 0);
	tar_begin(&tar);
	tar_file(&tar, "dir/new", "x");
	tar_file(&tar, "other/new", "x");
	assert_ok(unpack_with(trees, &tar, true, NULL, &result));
	struct stat st = stat_of(trees, "dir");
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(st.st_uid, 11);
	assert_int_equal(st.st_gid, 22);
	assert_int_equal(st.st_mtim.tv_sec, 7);
	assert_int_equal(st.st_mtim.tv_nsec, 8);
	assert_int_equal(stat_of(trees, "other").st_mode, S_IFDIR | 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_trees(whiteouts_become_those_of_overlayfs),
		in_trees(the_lowest_layer_has_nothing_to_hide),
		in_trees(an_opaque_root_hides_each_name),
		in_trees(whiteouts_name_something),
		in_trees(folders_left_out_are_as_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
