#include "unpack_tree.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "unpack_test.h"

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
		in_trees(holes_stay_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
