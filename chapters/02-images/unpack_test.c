#include "unpack.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "images_test.h"

/* Each test's place: root/ to unpack into, secret/ beside it, lower/ as a layer below. */
struct trees {
	struct place *place;
	int root, lower;
};

static int make_trees(void **state)
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

static int drop_trees(void **state)
{
	struct trees *trees = *state;

	close(trees->root);
	close(trees->lower);
	drop_place((void **)&trees->place);
	free(trees);
	return 0;
}

static struct error *unpack_with(struct trees *trees, struct tar *tar, bool with_lower,
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

static struct error *unpack(struct trees *trees, struct tar *tar)
{
	struct unpack_result result;

	return unpack_with(trees, tar, false, NULL, &result);
}

static struct stat stat_of(struct trees *trees, const char *path)
{
	struct stat st = {0};

	if (fstatat(trees->root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("'%s' is not there", path);
	return st;
}

static bool is_there(struct trees *trees, const char *path)
{
	return faccessat(trees->root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_content(int dirfd, const char *path, const char *expected)
{
	autobuffer bytes = {0};

	assert_ok(file_read(dirfd, path, 1 << 20, &bytes));
	assert_string_equal(bytes.data ? bytes.data : "", expected);
}

/* Nothing beside the root was touched. */
static void assert_outside_untouched(struct trees *trees)
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

static void all_kinds_of_files_come_out(void **state)
{
	struct trees *trees = *state;
	autotar tar;
	struct archive_entry *entry;

	needs_root();
	tar_begin(&tar);
	tar_folder(&tar, "./", 0711);
	tar_folder(&tar, "./dir/", 01777);
	entry = tar_entry(AE_IFREG, "./dir/setuid", 04755);
	archive_entry_set_uid(entry, 12);
	archive_entry_set_gid(entry, 34);
	archive_entry_xattr_add_entry(entry, "user.color", "red", 3);
	tar_put(&tar, entry, "content");
	tar_symlink(&tar, "./dir/link", "/nowhere");
	tar_hard_link(&tar, "./hard", "./dir/setuid");
	tar_put(&tar, tar_entry(AE_IFIFO, "./fifo", 0600), NULL);
	entry = tar_entry(AE_IFCHR, "./null", 0666);
	archive_entry_set_rdevmajor(entry, 1);
	archive_entry_set_rdevminor(entry, 3);
	tar_put(&tar, entry, NULL);
	assert_ok(unpack(trees, &tar));

	struct stat st = stat_of(trees, "dir/setuid");
	assert_int_equal(st.st_mode, S_IFREG | 04755);
	assert_int_equal(st.st_uid, 12);
	assert_int_equal(st.st_gid, 34);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_int_equal(stat_of(trees, "hard").st_ino, st.st_ino);
	assert_content(trees->root, "hard", "content");
	st = stat_of(trees, "dir");
	assert_int_equal(st.st_mode, S_IFDIR | 01777);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_int_equal(stat_of(trees, ".").st_mode, S_IFDIR | 0711);
	assert_int_equal(stat_of(trees, "dir/link").st_mtim.tv_sec, 1000000000);
	assert_true(S_ISFIFO(stat_of(trees, "fifo").st_mode));
	st = stat_of(trees, "null");
	assert_int_equal(st.st_mode, S_IFCHR | 0666);
	assert_int_equal(st.st_rdev, makedev(1, 3));
}

static void capabilities_of_files_are_kept(void **state)
{
	struct trees *trees = *state;
	/* vfs_cap_data of version 2: cap_net_raw effective and permitted */
	static const char net_raw[] = "\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0";
	char value[64];
	autotar tar;

	needs_root();
	tar_begin(&tar);
	struct archive_entry *entry = tar_entry(AE_IFREG, "ping", 0755);
	archive_entry_set_uid(entry, 5);
	archive_entry_xattr_add_entry(entry, "security.capability", net_raw, 20);
	tar_put(&tar, entry, "x");
	assert_ok(unpack(trees, &tar));
	autoclose int fd = openat(trees->root, "ping", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, "security.capability", value, sizeof(value)), 20);
	assert_memory_equal(value, net_raw, 20);
}

static void orders_to_overlayfs_are_not_taken(void **state)
{
	struct trees *trees = *state;
	char value[64];
	autotar tar;

	needs_root();
	tar_begin(&tar);
	struct archive_entry *entry = tar_entry(AE_IFDIR, "dir", 0755);
	archive_entry_xattr_add_entry(entry, "trusted.overlay.opaque", "y", 1);
	archive_entry_xattr_add_entry(entry, "trusted.overlay.redirect", "/etc", 4);
	archive_entry_xattr_add_entry(entry, "trusted.kept", "1", 1);
	tar_put(&tar, entry, NULL);
	assert_ok(unpack(trees, &tar));
	autoclose int fd = openat(trees->root, "dir", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, "trusted.kept", value, sizeof(value)), 1);
	assert_int_equal(fgetxattr(fd, "trusted.overlay.opaque", value, sizeof(value)), -1);
	assert_int_equal(fgetxattr(fd, "trusted.overlay.redirect", value, sizeof(value)), -1);
}

static void names_beyond_ascii_are_kept(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	tar_begin(&tar);
	tar_file(&tar, "\xc3\xa4/\xe6\x97\xa5\xe6\x9c\xac", "x");
	tar_end(&tar);
	uselocale(before);
	freelocale(utf8);
	assert_ok(unpack(trees, &tar));
	assert_content(trees->root, "\xc3\xa4/\xe6\x97\xa5\xe6\x9c\xac", "x");
}

static void absolute_names_count_from_the_root(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	autofree char *path = format("%s/secret/new", trees->place->path);
	tar_file(&tar, path, "x");
	tar_file(&tar, "/etc/../new", "y");
	assert_ok(unpack(trees, &tar));
	assert_true(is_there(trees, path + 1));
	assert_content(trees->root, "new", "y");
	assert_outside_untouched(trees);
}

static void names_that_lead_out_are_refused(void **state)
{
	static const char *const names[] = {"../new", "a/../../new", "/../new", "./..", ".."};
	struct trees *trees = *state;

	for (size_t i = 0; i < countof(names); i++) {
		autotar tar;

		tar_begin(&tar);
		tar_file(&tar, names[i], "x");
		assert_error(unpack(trees, &tar), ERROR_INVALID, "leads out of its root");
		assert_outside_untouched(trees);
	}
}

static void nothing_is_written_through_a_symlink(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	autofree char *secret = format("%s/secret", trees->place->path);
	tar_begin(&tar);
	tar_symlink(&tar, "up", "../secret");
	tar_symlink(&tar, "absolute", secret);
	tar_symlink(&tar, "file", "../secret/file");
	tar_file(&tar, "up/new", "x");
	tar_file(&tar, "absolute/new", "x");
	tar_file(&tar, "file", "replaced");
	assert_ok(unpack(trees, &tar));
	assert_outside_untouched(trees);
	assert_true(S_ISREG(stat_of(trees, "file").st_mode)); /* the link itself was replaced */
	assert_content(trees->root, "secret/new", "x");       /* where the links lead inside */
}

static void nothing_is_written_through_a_folder_that_became_a_link(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_folder(&tar, "d", 0755);
	tar_file(&tar, "d/first", "x");
	tar_symlink(&tar, "d", "../secret");
	tar_file(&tar, "d/new", "x");
	assert_ok(unpack(trees, &tar));
	assert_outside_untouched(trees);
	assert_true(S_ISLNK(stat_of(trees, "d").st_mode));
	assert_content(trees->root, "secret/new", "x");
}

static void hard_links_stay_inside(void **state)
{
	struct trees *trees = *state;

	needs_root();
	static const char *const targets[] = {"/etc/passwd", "up/file", "missing"};
	for (size_t i = 0; i < countof(targets); i++) {
		autotar tar;

		tar_begin(&tar);
		tar_symlink(&tar, "up", "../secret");
		tar_hard_link(&tar, "stolen", targets[i]);
		struct error *e = unpack(trees, &tar);
		assert_non_null(e);
		error_free(e);
		assert_false(is_there(trees, "stolen"));
		assert_outside_untouched(trees);
	}
	autotar tar;
	tar_begin(&tar);
	tar_hard_link(&tar, "stolen", "../secret/file");
	assert_error(unpack(trees, &tar), ERROR_INVALID, "leads out");
	assert_outside_untouched(trees);
}

static void a_hard_link_to_a_symlink_is_not_followed(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_symlink(&tar, "link", "../secret/file");
	tar_hard_link(&tar, "same", "link");
	tar_file(&tar, "same", "x");
	assert_ok(unpack(trees, &tar));
	assert_outside_untouched(trees);
	assert_true(S_ISREG(stat_of(trees, "same").st_mode));
}

static void later_entries_replace_earlier_ones(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "a", "1");
	tar_file(&tar, "a", "2");
	tar_folder(&tar, "b", 0755);
	tar_file(&tar, "b/c", "x");
	tar_file(&tar, "b", "now a file");
	tar_file(&tar, "f", "x");
	tar_folder(&tar, "f", 0755);
	tar_folder(&tar, "g", 0700);
	tar_file(&tar, "g/kept", "x");
	tar_folder(&tar, "g", 0755);
	assert_ok(unpack(trees, &tar));
	assert_content(trees->root, "a", "2");
	assert_content(trees->root, "b", "now a file");
	assert_true(S_ISDIR(stat_of(trees, "f").st_mode));
	assert_int_equal(stat_of(trees, "g").st_mode, S_IFDIR | 0755);
	assert_content(trees->root, "g/kept", "x");
}

static void a_file_is_no_folder(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "a", "1");
	tar_file(&tar, "a/b", "2");
	assert_error(unpack(trees, &tar), ERROR_INVALID, "as a folder and as a file");
}

static void links_to_later_folders_and_loops(void **state)
{
	struct trees *trees = *state;
	autotar tar, loop;

	needs_root();
	tar_begin(&tar);
	tar_symlink(&tar, "lib", "usr/lib");
	tar_file(&tar, "lib/x", "1");
	assert_ok(unpack(trees, &tar));
	assert_content(trees->root, "usr/lib/x", "1");
	tar_begin(&loop);
	tar_symlink(&loop, "p", "q");
	tar_symlink(&loop, "q", "p");
	tar_file(&loop, "p/x", "1");
	struct error *e = unpack(trees, &loop);
	assert_non_null(e);
	error_free(e);
}

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

static void the_diff_id_covers_the_whole_stream(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP,
				      ARCHIVE_FILTER_ZSTD};
	struct trees *trees = *state;
	struct digest plain = {0};

	needs_root();
	for (size_t i = 0; i < countof(filters); i++) {
		struct unpack_result result;
		autotar tar;

		tar_begin_packed(&tar, filters[i]);
		tar_file(&tar, "a", "content");
		tar_end(&tar);
		if (filters[i] == ARCHIVE_FILTER_NONE) /* as GNU tar pads it, and more */
			digest_of(tar.bytes.data, tar.bytes.length, &plain);
		assert_ok(unpack_with(trees, &tar, false, NULL, &result));
		assert_string_equal(result.diff_id.text, plain.text);
		assert_int_equal(result.size, 7);
		assert_int_equal(result.entries, 1);
	}
}

static void padding_belongs_to_the_diff_id(void **state)
{
	struct trees *trees = *state;
	struct unpack_result result;
	struct digest whole;
	autofree char *zeros = allocate(300000);
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "a", "content");
	tar_end(&tar);
	buffer_append(&tar.bytes, zeros, 300000);
	digest_of(tar.bytes.data, tar.bytes.length, &whole);
	assert_ok(unpack_with(trees, &tar, false, NULL, &result));
	assert_string_equal(result.diff_id.text, whole.text);
}

static void empty_tars_are_layers(void **state)
{
	struct trees *trees = *state;
	struct unpack_result result;
	autotar tar;

	tar_begin(&tar);
	assert_ok(unpack_with(trees, &tar, false, NULL, &result));
	assert_int_equal(result.entries, 0);
}

static void broken_archives_are_told(void **state)
{
	struct trees *trees = *state;
	autotar tar, noise = {0};

	tar_begin(&tar);
	tar_file(&tar, "a", "some content that is cut off");
	tar_end(&tar);
	tar.bytes.length = 700;
	assert_error(unpack(trees, &tar), ERROR_INVALID, "");
	for (int i = 0; i < 5000; i++)
		buffer_printf(&noise.bytes, "%d noise ", i);
	assert_error(unpack(trees, &noise), ERROR_INVALID, "cannot read the tar");
}

static void limits_hold(void **state)
{
	struct trees *trees = *state;
	struct unpack_result result;
	struct unpack_limits few = {.entries = 3, .bytes = 1 << 20};
	struct unpack_limits small = {.entries = 100, .bytes = 5000};
	autotar many, large, sparse;
	autofree char *data = allocate(6001);

	tar_begin(&many);
	for (int i = 0; i < 4; i++)
		tar_folder(&many, "a", 0755);
	if (geteuid() == 0)
		assert_error(unpack_with(trees, &many, false, &few, &result), ERROR_TOO_LARGE,
			     "more than 3 entries");
	else
		tar_end(&many);

	memset(data, 'x', 6000);
	tar_begin_packed(&large, ARCHIVE_FILTER_GZIP);
	tar_file(&large, "b", data);
	tar_end(&large);
	assert_true(large.bytes.length < 1000); /* small when packed */
	assert_error(unpack_with(trees, &large, false, &small, &result), ERROR_TOO_LARGE,
		     "larger than 5000 bytes");
	assert_false(is_there(trees, "b"));

	tar_begin(&sparse);
	struct archive_entry *entry = tar_entry(AE_IFREG, "holes", 0644);
	archive_entry_set_size(entry, 1ll << 50);
	archive_entry_sparse_add_entry(entry, 0, 4);
	assert_int_equal(archive_write_header(sparse.archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(sparse.archive, "data", 4), 4);
	archive_entry_free(entry);
	tar_end(&sparse);
	assert_error(unpack_with(trees, &sparse, false, NULL, &result), ERROR_TOO_LARGE,
		     "larger than");
	assert_false(is_there(trees, "holes"));
}

static void holes_stay_holes(void **state)
{
	struct trees *trees = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	struct archive_entry *entry = tar_entry(AE_IFREG, "holes", 0644);
	archive_entry_set_size(entry, 100 << 20);
	archive_entry_sparse_add_entry(entry, 50 << 20, 4);
	assert_int_equal(archive_write_header(tar.archive, entry), ARCHIVE_OK);
	autofree char *data = allocate((50 << 20) + 4);
	memcpy(data + (50 << 20), "data", 4);
	assert_int_equal(archive_write_data(tar.archive, data, (50 << 20) + 4), (50 << 20) + 4);
	archive_entry_free(entry);
	assert_ok(unpack(trees, &tar));
	struct stat st = stat_of(trees, "holes");
	assert_int_equal(st.st_size, 100 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
	char four[5] = "";
	autoclose int fd = openat(trees->root, "holes", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, four, 4, 50 << 20), 4);
	assert_string_equal(four, "data");
}

#define in_trees(test) cmocka_unit_test_setup_teardown(test, make_trees, drop_trees)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_trees(all_kinds_of_files_come_out),
		in_trees(capabilities_of_files_are_kept),
		in_trees(orders_to_overlayfs_are_not_taken),
		in_trees(names_beyond_ascii_are_kept),
		in_trees(absolute_names_count_from_the_root),
		in_trees(names_that_lead_out_are_refused),
		in_trees(nothing_is_written_through_a_symlink),
		in_trees(nothing_is_written_through_a_folder_that_became_a_link),
		in_trees(hard_links_stay_inside),
		in_trees(a_hard_link_to_a_symlink_is_not_followed),
		in_trees(later_entries_replace_earlier_ones),
		in_trees(a_file_is_no_folder),
		in_trees(links_to_later_folders_and_loops),
		in_trees(whiteouts_become_those_of_overlayfs),
		in_trees(the_lowest_layer_has_nothing_to_hide),
		in_trees(an_opaque_root_hides_each_name),
		in_trees(whiteouts_name_something),
		in_trees(folders_left_out_are_as_below),
		in_trees(the_diff_id_covers_the_whole_stream),
		in_trees(padding_belongs_to_the_diff_id),
		in_trees(empty_tars_are_layers),
		in_trees(broken_archives_are_told),
		in_trees(limits_hold),
		in_trees(holes_stay_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
