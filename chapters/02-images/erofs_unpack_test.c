#include "erofs_test.h"

#include <sys/sysmacros.h>

#include "erofs_format.h"
#include "erofs_image.h"

static struct stat stat_in(int tree, const char *path)
{
	struct stat st = {0};

	if (fstatat(tree, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("'%s' is not there", path);
	return st;
}

static void put_xattr(struct tar *tar, mode_t type, const char *path, const char *name,
		      const void *value, size_t size)
{
	struct archive_entry *entry = tar_entry(type, path, 0644);

	archive_entry_xattr_add_entry(entry, name, value, size);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, "target");
	tar_put(tar, entry, NULL);
}

static void put_device(struct tar *tar, const char *path, mode_t type, int first, int second)
{
	struct archive_entry *entry = tar_entry(type, path, 0600);

	archive_entry_set_rdevmajor(entry, first);
	archive_entry_set_rdevminor(entry, second);
	tar_put(tar, entry, NULL);
}

/* -- the same tree in both forms -- */

static void put_all_kinds(struct tar *tar)
{
	struct archive_entry *owned = tar_entry(AE_IFREG, "dir/owned", 06755);

	tar_folder(tar, ".", 0711);
	tar_folder(tar, "dir", 01777);
	tar_file(tar, "dir/file", "content");
	tar_file(tar, "dir/empty", "");
	tar_file(tar, "-before-the-dot", "-");
	tar_symlink(tar, "link", "dir/file");
	tar_hard_link(tar, "second", "dir/file");
	tar_hard_link(tar, "third", "link");
	archive_entry_set_uid(owned, 4000000000);
	archive_entry_set_gid(owned, 70000);
	archive_entry_set_mtime(owned, -5, 1);
	tar_put(tar, owned, "x");
	put_device(tar, "null", AE_IFCHR, 1, 3);
	put_device(tar, "far", AE_IFBLK, 300, 70000);
	put_device(tar, "fifo", AE_IFIFO, 0, 0);
	put_xattr(tar, AE_IFREG, "capable", "security.capability",
		  "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	put_xattr(tar, AE_IFDIR, "marked", "user.empty", "", 0);
	put_xattr(tar, AE_IFLNK, "unmarked", "user.no", "x", 1);
	put_xattr(tar, AE_IFDIR, "order", "trusted.overlay.redirect", "/etc", 4);
	tar_file(tar, "deep/down/there", "made on the way");
}

static void all_kinds_of_files(void **state)
{
	struct forms *f = *state;
	autotar tar;
	autoclose int tree = -1;

	needs_erofs(f);
	tar_begin(&tar);
	put_all_kinds(&tar);
	assert_true(assert_same(f, &tar, false));
	assert_ok(unpack_as(f, &layer_erofs, &tar, false, &tree));
	assert_content(tree, "second", "content");
	assert_int_equal(stat_in(tree, "second").st_nlink, 2);
	assert_int_equal(stat_in(tree, "second").st_ino, stat_in(tree, "dir/file").st_ino);
	assert_int_equal(stat_in(tree, ".").st_nlink, 2 + 4);
	assert_int_equal(stat_in(tree, "far").st_rdev, makedev(300, 70000));
	assert_int_equal(stat_in(tree, "dir/owned").st_mtim.tv_sec, -5);
	assert_int_equal(stat_in(tree, "dir/owned").st_uid, 4000000000);
	assert_int_equal(stat_in(tree, "link").st_size, strlen("dir/file"));
}

static void names_that_come_again(void **state)
{
	struct forms *f = *state;
	autotar tar;

	needs_erofs(f);
	tar_begin(&tar);
	tar_file(&tar, "a", "first");
	tar_file(&tar, "a", "second");
	tar_folder(&tar, "d", 0700);
	tar_file(&tar, "d/kept", "k");
	tar_folder(&tar, "d", 0711);
	tar_file(&tar, "e/gone", "g");
	tar_file(&tar, "e", "a file now");
	tar_symlink(&tar, "s", "d");
	tar_file(&tar, "s/through", "t");
	tar_folder(&tar, "s", 0755); /* no link any more */
	tar_symlink(&tar, "out", "/../../elsewhere/./x");
	tar_file(&tar, "out/made", "o");
	tar_file(&tar, "implied/x", "i");
	tar_folder(&tar, "implied", 0750);
	assert_true(assert_same(f, &tar, false));
}

static void what_lies_below(void **state)
{
	struct forms *f = *state;
	autoclose int owned = put_folder(f->below, "owned");
	autoclose int deeper = put_folder(owned, "deeper");
	autotar tar;

	needs_erofs(f);
	assert_int_equal(fchown(owned, 12, 34), 0);
	assert_int_equal(fchmod(owned, 02750), 0);
	assert_int_equal(fsetxattr(owned, "trusted.kept", "k", 1, 0), 0);
	assert_int_equal(symlinkat("owned", f->below, "link"), 0);
	tar_begin(&tar);
	tar_file(&tar, "owned/deeper/new", "n");
	tar_file(&tar, "link/new", "behind no link: a folder of its own");
	tar_file(&tar, ".wh.gone", "");
	tar_file(&tar, ".wh.reborn", "");
	tar_folder(&tar, "reborn", 0755);
	tar_file(&tar, ".wh.implied", "");
	tar_file(&tar, "implied/file", "i");
	tar_folder(&tar, "both", 0755);
	tar_file(&tar, ".wh.both", "");
	tar_folder(&tar, "fresh", 0755);
	tar_file(&tar, "fresh/.wh..wh..opq", "");
	tar_file(&tar, ".wh..wh.aufs", "");
	assert_true(assert_same(f, &tar, true));
	assert_true(assert_same(f, &tar, false));
}

static void a_root_that_hides_all(void **state)
{
	struct forms *f = *state;
	autotar tar;

	needs_erofs(f);
	put_file(f->below, "lower", "l");
	put_file(f->below, "mine", "l");
	assert_int_equal(mkdirat(f->below, "dir", 0755), 0);
	tar_begin(&tar);
	tar_folder(&tar, "dir", 0755);
	tar_file(&tar, "mine", "upper");
	tar_file(&tar, ".wh..wh..opq", "");
	assert_true(assert_same(f, &tar, true));
}

/* -- sizes at which something else happens -- */

static void files_end_anywhere_in_a_block(void **state)
{
	struct forms *f = *state;
	static const size_t sizes[] = {1, 4095, 4096, 4097, 8192, 262143, 262144, 262145, 1 << 20};
	autotar tar;

	needs_erofs(f);
	tar_begin(&tar);
	for (size_t i = 0; i < countof(sizes); i++) {
		autofree char *name = format("f%zu", sizes[i]);
		autobuffer data = {0};

		while (data.length < sizes[i])
			buffer_printf(&data, "%zu ", data.length);
		data.length = sizes[i];
		tar_bytes(&tar, name, &data);
	}
	assert_true(assert_same(f, &tar, false));
}

static void zeros_take_no_room(void **state)
{
	struct forms *f = *state;
	autobuffer data = {0};
	struct stat st;
	autotar tar;

	needs_erofs(f);
	memset(buffer_reserve(&data, 8 << 20), 0, 8 << 20);
	data.length = 8 << 20;
	data.data[data.length - 1] = 'x';
	tar_begin(&tar);
	tar_bytes(&tar, "sparse", &data);
	tar_file(&tar, "behind", "it");
	assert_true(assert_same(f, &tar, false));
	autoclose int image = image_of(f);
	assert_int_equal(fstat(image, &st), 0);
	assert_true(st.st_size > 8 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
}

static void folders_of_many_blocks(void **state)
{
	struct forms *f = *state;
	autoclose int tree = -1;
	autotar tar;

	needs_erofs(f);
	tar_begin(&tar);
	for (int i = 0; i < 3000; i++) {
		autofree char *name = format("many/%0*d", 1 + i % 200, i);

		tar_file(&tar, name, i % 7 ? "" : "x");
	}
	assert_true(assert_same(f, &tar, false));
	assert_ok(unpack_as(f, &layer_erofs, &tar, false, &tree));
	for (int i = 0; i < 3000; i++) { /* bisection finds each */
		autofree char *name = format("many/%0*d", 1 + i % 200, i);

		assert_int_equal(stat_in(tree, name).st_size, i % 7 ? 0 : 1);
	}
	assert_false(has_name(tree, "many/none"));
}

/* Each length of a name moves the end of the folder's block, and of the inode with its tail. */
static void folders_and_links_of_each_size(void **state)
{
	struct forms *f = *state;
	char text[4096];
	autotar tar;

	needs_erofs(f);
	tar_begin(&tar);
	memset(text, 'n', sizeof(text));
	for (int i = 0; i < 4095; i += i < 3900 ? 97 : 1) {
		autofree char *folder = format("d%d/%.*s", i, i % 255 + 1, text);
		autofree char *link = format("l%d", i), *target = format("%.*s", i + 1, text);

		tar_file(&tar, folder, "");
		tar_symlink(&tar, link, target);
	}
	for (int i = 0; i < 260; i++) {
		autofree char *name = format("edge/%.*s%d", 12 + i % 3, text, i);

		tar_file(&tar, name, "");
	}
	assert_true(assert_same(f, &tar, false));
}

static void large_attributes(void **state)
{
	struct forms *f = *state;
	autoclose int tree = -1;
	char value[3000];
	autotar tar;

	needs_erofs(f);
	memset(value, 'v', sizeof(value));
	tar_begin(&tar);
	for (size_t i = 0; i < 40; i++) {
		autofree char *name = format("d%zu", i), *below = format("%s/a/b", name);

		put_xattr(&tar, AE_IFDIR, name, "user.large", value, 75 * i);
		tar_file(&tar, below, "x");
	}
	assert_true(assert_same(f, &tar, false));
	assert_ok(unpack_as(f, &layer_erofs, &tar, false, &tree));
	autoclose int last = openat(tree, "d39", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fgetxattr(last, "user.large", value, sizeof(value)), 75 * 39);
}

/* -- what a stranger may try -- */

static void assert_refused(struct forms *f, struct tar *tar, enum error_class class,
			   const char *text)
{
	int tree = -1;

	assert_error(unpack_as(f, &layer_erofs, tar, false, &tree), class, text);
	tar_finish(tar);
}

static void hostile_archives_are_refused(void **state)
{
	struct forms *f = *state;
	autofree char *large = allocate(70000);
	struct archive_entry *entry;
	char name[300] = {0};
	struct tar tar;

	tar_begin(&tar);
	tar_file(&tar, "a/../../b", "");
	assert_refused(f, &tar, ERROR_INVALID, "leads out");
	tar_begin(&tar);
	tar_folder(&tar, "d", 0755);
	tar_hard_link(&tar, "l", "d");
	assert_refused(f, &tar, ERROR_INVALID, "cannot link");
	tar_begin(&tar);
	tar_file(&tar, "l", "");
	tar_hard_link(&tar, "l", "l");
	assert_refused(f, &tar, ERROR_INVALID, "cannot link");
	tar_begin(&tar);
	tar_symlink(&tar, "l", "l");
	tar_file(&tar, "l/x", "");
	assert_refused(f, &tar, ERROR_INVALID, "cannot follow");
	tar_begin(&tar);
	tar_file(&tar, "f", "");
	tar_file(&tar, "f/x", "");
	assert_refused(f, &tar, ERROR_INVALID, "as a folder and as a file");
	memset(name, 'n', 256);
	tar_begin(&tar);
	tar_file(&tar, name, "");
	assert_refused(f, &tar, ERROR_INVALID, "too long");
	tar_begin(&tar);
	memset(large, 'x', 70000);
	put_xattr(&tar, AE_IFREG, "f", "user.x", large, 70000);
	assert_refused(f, &tar, ERROR_INVALID, "too large");
	tar_begin(&tar);
	put_xattr(&tar, AE_IFDIR, "f", "system.posix_acl_access", "no list", 7);
	assert_refused(f, &tar, ERROR_INVALID, "cannot have");
	tar_begin(&tar);
	entry = tar_entry(AE_IFREG, "f", 0644);
	archive_entry_set_uid(entry, UINT32_MAX);
	tar_put(&tar, entry, "");
	assert_refused(f, &tar, ERROR_INVALID, "which cannot be");
}

static fallible add_to_image(void *unpack, struct archive *archive, struct archive_entry *entry)
{
	return erofs_unpack_add(unpack, archive, entry);
}

static void memory_is_bounded(void **state)
{
	struct forms *f = *state;
	autoerofs_unpack unpack;
	struct unpack_result result;
	autotar tar;

	erofs_unpack_init(&unpack, f->fd, true);
	unpack.tree.limit = 4096;
	tar_begin(&tar);
	for (int i = 0; i < 100; i++)
		tar_file(&tar, "again", ""); /* each takes the place of the one before it */
	tar_end(&tar);
	struct source packed = tar_source(&tar);
	const struct unpack_target target = {add_to_image, &unpack};
	assert_error(unpack_entries(&target, &packed, NULL, &result), ERROR_TOO_LARGE,
		     "--storage-driver overlay2");
}

/* -- the file itself -- */

static void the_superblock_is_the_last_of_it(void **state)
{
	struct forms *f = *state;
	struct erofs_super super;
	char block[EROFS_BLOCK];
	autoerofs_unpack unpack;
	autoclose int image = openat(f->fd, "image", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	erofs_unpack_init(&unpack, image, true);
	assert_int_equal(pread(image, block, sizeof(block), 0), 0);
	assert_ok(erofs_unpack_settle(&unpack, NULL, 0));
	assert_int_equal(pread(image, block, sizeof(block), 0), sizeof(block));
	memcpy(&super, block + EROFS_SUPER_OFFSET, sizeof(super));
	assert_int_equal(super.magic, EROFS_MAGIC);
	uint32_t sum = super.checksum;
	super.checksum = 0;
	memcpy(block + EROFS_SUPER_OFFSET, &super, sizeof(super));
	assert_int_equal(erofs_image_checksum(block + EROFS_SUPER_OFFSET,
					      sizeof(block) - EROFS_SUPER_OFFSET),
			 sum);
	assert_int_equal(erofs_image_checksum("123456789", 9), ~0xe3069283u); /* RFC 3720's */
}

static void the_same_archive_is_the_same_image(void **state)
{
	struct forms *f = *state;
	struct digest digests[2];
	autotar tar;

	needs_erofs(f);
	tar_begin(&tar);
	put_all_kinds(&tar);
	for (int i = 0; i < 2; i++) {
		autoclose int tree = -1;
		autobuffer bytes = {0};

		assert_ok(unpack_as(f, &layer_erofs, &tar, false, &tree));
		assert_ok(file_read(f->fd, "erofs/" TEST_IMAGE, 1 << 20, &bytes));
		digest_of(bytes.data, bytes.length, &digests[i]);
	}
	assert_true(digest_equal(&digests[0], &digests[1]));
}

/* -- what nobody thought of -- */

static unsigned int chosen = 1;

static unsigned int choose(unsigned int count)
{
	chosen = chosen * 1103515245 + 12345;
	return (chosen >> 16) % count;
}

static char *some_path(void)
{
	static const char *const parts[] = {"a", "b", "c", "..", ".", "d/e", "/a", "b/c"};
	struct buffer path = {0};

	for (unsigned int i = choose(3) + 1; i; i--)
		buffer_printf(&path, "%s%s", parts[choose(countof(parts))], i > 1 ? "/" : "");
	return buffer_take(&path);
}

static void put_something(struct tar *tar)
{
	autofree char *path = some_path(), *other = some_path();
	autofree char *hiding = format("%s/.wh.%s", path, choose(4) ? "a" : ".wh..opq");

	switch (choose(8)) {
	case 0:
	case 1:
		return tar_file(tar, path, other);
	case 2:
	case 3:
		return tar_folder(tar, path, choose(01000) | 0700);
	case 4:
		return tar_symlink(tar, path, other);
	case 5:
		return tar_hard_link(tar, path, other);
	case 6:
		return tar_file(tar, hiding, "");
	default:
		return put_device(tar, path, AE_IFCHR, 0, choose(3));
	}
}

static void archives_made_by_chance(void **state)
{
	struct forms *f = *state;
	int made = 0;

	needs_erofs(f);
	close(put_folder(f->below, "a"));
	close(put_folder(f->below, "b"));
	put_file(f->below, "b/c", "lower");
	for (int round = 0; round < 1000; round++) {
		autotar tar;

		chosen = round;
		tar_begin(&tar);
		for (unsigned int i = choose(12) + 1; i; i--)
			put_something(&tar);
		made += assert_same(f, &tar, round % 2);
	}
	assert_true(made > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_forms(all_kinds_of_files),
		in_forms(names_that_come_again),
		in_forms(what_lies_below),
		in_forms(a_root_that_hides_all),
		in_forms(files_end_anywhere_in_a_block),
		in_forms(zeros_take_no_room),
		in_forms(folders_of_many_blocks),
		in_forms(folders_and_links_of_each_size),
		in_forms(large_attributes),
		in_forms(hostile_archives_are_refused),
		in_forms(memory_is_bounded),
		in_forms(the_superblock_is_the_last_of_it),
		in_forms(the_same_archive_is_the_same_image),
		in_forms(archives_made_by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
