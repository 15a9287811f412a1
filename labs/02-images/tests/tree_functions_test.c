/*
 * tree_functions_test - functions of the lab, called alone: tree_functions_test NAME
 *
 * Of trees: whiteouts and overlays.
 * What a program of the store does not lead to, or what only a caller sees. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), as root in a sandbox; each test in a tmpfs of its own.
 */
#include <errno.h>

#include "images_test.h"
#include "layer.h"
#include "overlay.h"
#include "packer.h"
#include "whiteout.h"

/* -- section 2.5: whiteouts -- */

static void whiteouts_are_found(void **state)
{
	static const struct {
		const char *path, *found;
	} rows[] = {
		{".wh.a", ".wh.a"},
		{"a/.wh.b", ".wh.b"},
		{"a/.wh.b/c", ".wh.b/c"},
		{"a/b.wh.c", NULL},
		{"a/.why", NULL},
		{".wh..wh..opq", ".wh..wh..opq"},
		{"a/b/.wh..wh..opq", ".wh..wh..opq"},
		{"a", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		const char *found = whiteout_find(rows[i].path);

		assert_text(rows[i].path, found ? found : "(none)",
			    rows[i].found ? rows[i].found : "(none)");
	}
}

static void whiteouts_are_made(void **state)
{
	int root = ((struct place *)*state)->fd;
	struct stat st;
	bool plain = false;

	assert_ok(whiteout_make(root, "gone", "gone", &plain));
	assert_int_equal(fstatat(root, "gone", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(whiteout_is(&st));
	assert_false(plain);
	assert_true(whiteout_hides(root, "gone"));
	assert_false(whiteout_hides(root, "other"));
	put_file(root, "file", "mine");
	assert_ok(whiteout_make(root, "file", "file", &plain));
	assert_int_equal(fstatat(root, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 4);
	assert_false(whiteout_hides(root, "file"));
	autoclose int folder = put_folder(root, "folder");
	put_file(folder, "inside", "mine");
	assert_false(whiteout_hides_all(folder));
	assert_ok(whiteout_make(root, "folder", "folder", &plain));
	assert_true(whiteout_hides_all(folder));
	assert_true(has_name(folder, "inside"));
	assert_int_equal(symlinkat("folder", root, "link"), 0);
	assert_ok(whiteout_make(root, "link", "link", &plain));
	assert_false(whiteout_hides(root, "link"));
}

/* Run with mknodat(2) and fsetxattr(2) refused. */
static void plain_whiteouts_are_made(void **state)
{
	int root = ((struct place *)*state)->fd;
	bool plain = false;

	assert_ok(whiteout_make(root, "gone", "gone", &plain));
	assert_true(plain);
	assert_true(has_name(root, ".wh.gone"));
	assert_false(has_name(root, "gone"));
	assert_true(whiteout_hides(root, "gone"));
	plain = false;
	autoclose int folder = put_folder(root, "folder");
	assert_ok(whiteout_make_opaque(folder, "folder", &plain));
	assert_true(plain);
	assert_true(has_name(folder, ".wh..wh..opq"));
	assert_true(whiteout_hides_all(folder));
}

/* Run with fsetxattr(2) told to succeed. */
static void marks_of_the_kernel_are_used(void **state)
{
	int root = ((struct place *)*state)->fd;
	bool plain = false;
	autoclose int folder = put_folder(root, "folder");

	assert_ok(whiteout_make_opaque(folder, "folder", &plain));
	assert_false(plain);
	assert_false(has_name(folder, ".wh..wh..opq"));
}

static void all_of_a_lower_root_is_hidden(void **state)
{
	int root = ((struct place *)*state)->fd;
	autoclose int above = put_folder(root, "above"), below = put_folder(root, "below");
	autoclose int other = put_folder(below, "folder");
	bool plain = false;

	put_file(below, "file", "old");
	put_file(below, ".hidden", "old");
	put_file(below, ".wh.what", "");
	put_file(above, "kept", "new");
	size_t open_before = count_open();
	assert_ok(whiteout_hide_all(above, below, &plain));
	assert_int_equal(count_open(), open_before);
	assert_true(whiteout_hides(above, "file"));
	assert_true(whiteout_hides(above, ".hidden"));
	assert_true(whiteout_hides(above, "folder"));
	assert_false(whiteout_hides(above, "kept"));
	assert_false(has_name(above, ".wh.what"));
	assert_false(plain);
}

static fallible append(void *context, const void *bytes, size_t length)
{
	buffer_append(context, bytes, length);
	return NULL;
}

static void whiteouts_are_packed(void **state)
{
	static const char *const rows[][2] = {
		{"etc/motd", "etc/.wh.motd"}, {"gone", ".wh.gone"}, {"a/b/c", "a/b/.wh.c"}};
	autobuffer tar = {0};
	struct sink out = {append, &tar};
	autopacker *packer = NULL;
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;

	(void)state;
	assert_ok(packer_open(&out, &packer));
	for (size_t i = 0; i < countof(rows); i++)
		assert_ok(packer_hide(packer, rows[i][0]));
	assert_ok(packer_finish(packer));
	archive_read_support_format_tar(archive);
	assert_int_equal(archive_read_open_memory(archive, tar.data, tar.length), ARCHIVE_OK);
	for (size_t i = 0; i < countof(rows); i++) {
		assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
		assert_text("the entry", archive_entry_pathname(entry), rows[i][1]);
		assert_int_equal(archive_entry_filetype(entry), AE_IFREG);
		assert_int_equal(archive_entry_size(entry), 0);
		assert_int_equal(archive_entry_perm(entry), 0600);
		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_mtime_nsec(entry), 0);
	}
	archive_read_free(archive);
}

/* -- section 2.6: overlays -- */

/* Three layers in a folder, each with a file of its own and one that all have. */
static void make_layers(int root, int layers[3])
{
	for (int i = 0; i < 3; i++) {
		autofree char *name = format("layer%d", i), *text = format("%d", i);

		layers[i] = put_folder(root, name);
		put_file(layers[i], text, text);
		put_file(layers[i], "same", text);
	}
}

static void assert_reads(int root, const char *name, const char *expected)
{
	struct buffer bytes = {0};

	assert_ok(file_read(root, name, 100, &bytes));
	buffer_append_string(&bytes, "");
	assert_text(name, bytes.data, expected);
	buffer_finish(&bytes);
}

/* The kernel leaves it where nothing was synced. */
#define VOLATILE_MARK "work/work/incompat/volatile"

/* What /proc/self/mountinfo says of the mount at the place's folder `at`. */
static char *mount_line(struct place *place)
{
	struct buffer bytes = {0};
	autofree char *path = format(" %s/at ", place->path);

	assert_ok(file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &bytes));
	buffer_append(&bytes, "", 1);
	char *line = strstr(bytes.data, path);
	assert_non_null(line);
	line = duplicate_range(line, strcspn(line, "\n"));
	buffer_finish(&bytes);
	return line;
}

typedef fallible opener(const struct overlay *overlay, int *mount);

static void shows_layers(void **state, opener *open_it)
{
	struct place *place = *state;
	int layers[3];
	autoclose int mount = -1;
	struct overlay overlay = {.layers = layers, .layer_count = 3, .folder = -1};

	make_layers(place->fd, layers);
	assert_ok(open_it(&overlay, &mount));
	assert_reads(mount, "0", "0");
	assert_reads(mount, "1", "1");
	assert_reads(mount, "2", "2");
	assert_reads(mount, "same", "2");
	assert_int_equal(openat(mount, "new", O_WRONLY | O_CREAT, 0644), -1);
	assert_int_equal(errno, EROFS);
	for (int i = 0; i < 3; i++)
		close(layers[i]);
}

static void overlay_shows_layers(void **state)
{
	shows_layers(state, overlay_open);
}

static void old_overlay_shows_layers(void **state)
{
	shows_layers(state, overlay_open_by_mount);
}

static void keeps_changes(void **state, opener *open_it)
{
	struct place *place = *state;
	int layers[3];
	autoclose int folder = put_folder(place->fd, "folder"), at = put_folder(place->fd, "at");
	struct overlay overlay = {.layers = layers, .layer_count = 2, .folder = folder};
	int mount;

	make_layers(place->fd, layers);
	assert_ok(open_it(&overlay, &mount));
	assert_ok(overlay_attach(mount, place->fd, "at"));
	assert_false(has_name(folder, VOLATILE_MARK));
	put_file(mount, "new", "kept");
	assert_int_equal(unlinkat(mount, "same", 0), 0);
	close(mount);
	assert_reads(folder, "upper/new", "kept");
	assert_true(whiteout_hides(layers[0], "same") == false);
	autofree char *path = format("%s/at", place->path);
	assert_int_equal(umount2(path, 0), 0);
	/* What an earlier mount has left goes, and what was changed stays. */
	autoclose int work = put_folder(folder, "work");
	put_file(work, "left", "over");
	assert_ok(open_it(&overlay, &mount));
	assert_reads(mount, "new", "kept");
	assert_false(has_name(mount, "same"));
	assert_false(has_name(folder, "work/left"));
	close(mount);
	for (int i = 0; i < 3; i++)
		close(layers[i]);
}

static void overlay_keeps_changes(void **state)
{
	keeps_changes(state, overlay_open);
}

static void old_overlay_keeps_changes(void **state)
{
	keeps_changes(state, overlay_open_by_mount);
}

static void can_be_volatile(void **state, opener *open_it)
{
	struct place *place = *state;
	int layers[3];
	autoclose int folder = put_folder(place->fd, "folder"), at = put_folder(place->fd, "at");
	struct overlay overlay = {
		.layers = layers, .layer_count = 3, .folder = folder, .flags = OVERLAY_VOLATILE};
	autoclose int mount = -1;

	make_layers(place->fd, layers);
	assert_ok(open_it(&overlay, &mount));
	assert_ok(overlay_attach(mount, place->fd, "at"));
	assert_true(has_name(folder, VOLATILE_MARK));
	/* This test is root of a user namespace. */
	autofree char *line = mount_line(place);
	assert_non_null(strstr(line, ",userxattr"));
	assert_reads(place->fd, "at/same", "2");
	for (int i = 0; i < 3; i++)
		close(layers[i]);
}

static void overlay_can_be_volatile(void **state)
{
	can_be_volatile(state, overlay_open);
}

static void old_overlay_can_be_volatile(void **state)
{
	can_be_volatile(state, overlay_open_by_mount);
}

/* One layer, or none. */
static void overlay_of_few_layers(void **state)
{
	struct place *place = *state;
	int layers[3];
	autoclose int folder = put_folder(place->fd, "folder"), single = -1, empty = -1;
	struct overlay one = {.layers = layers, .layer_count = 1, .folder = -1};
	struct overlay none = {.folder = folder};

	make_layers(place->fd, layers);
	assert_ok(overlay_open(&one, &single));
	assert_reads(single, "same", "0");
	assert_int_equal(openat(single, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
	assert_int_equal(errno, EROFS);
	put_file(layers[0], "still", "writable");
	assert_ok(overlay_open(&none, &empty));
	put_file(empty, "new", "x");
	assert_reads(folder, "upper/new", "x");
	for (int i = 0; i < 3; i++)
		close(layers[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whiteouts_are_found),   in_place(whiteouts_are_made),
		in_place(plain_whiteouts_are_made),      in_place(marks_of_the_kernel_are_used),
		in_place(all_of_a_lower_root_is_hidden), cmocka_unit_test(whiteouts_are_packed),
		in_place(overlay_shows_layers),          in_place(old_overlay_shows_layers),
		in_place(overlay_keeps_changes),         in_place(old_overlay_keeps_changes),
		in_place(overlay_can_be_volatile),       in_place(old_overlay_can_be_volatile),
		in_place(overlay_of_few_layers),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
