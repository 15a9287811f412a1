#include "image_tree.h"

#include "image_store_test.h"

static void assert_shows(int tree, const char *text)
{
	autobuffer bytes = {0};

	assert_ok(file_read(tree, "file", 100, &bytes));
	assert_int_equal(bytes.length, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.length);
}

static void a_copy_is_made_once_and_keeps_its_changes(void **state)
{
	struct images *images = *state;
	autoimage *image = import(images->store, "x", "text");
	autoclose int folder = put_folder(images->place->fd, "work");
	struct image_tree tree;
	enum tree_form form;
	int now;

	needs_root();
	for (int i = 0; i < 2; i++) { /* the second time it is found */
		assert_ok(image_tree_open(images->store, image, folder, 0, i == 0, &tree));
		assert_int_equal(tree.form, TREE_WHOLE);
		assert_shows(tree.mount, i == 0 ? "text" : "changed");
		put_file(tree.mount, "file", "changed");
		close(tree.mount);
	}
	assert_ok(image_tree_changes(folder, &now, &form));
	assert_int_equal(form, TREE_WHOLE);
	assert_shows(now, "changed");
	close(now);
}

static void a_copy_needs_a_folder(void **state)
{
	struct images *images = *state;
	autoimage *image = import(images->store, "x", "text");
	struct image_tree tree;

	assert_error(image_tree_open(images->store, image, -1, 0, true, &tree), ERROR_INVALID,
		     "needs a folder");
}

static void a_folder_that_no_tree_was_opened_in_has_no_changes(void **state)
{
	struct images *images = *state;
	autoclose int folder = put_folder(images->place->fd, "work");
	enum tree_form form;
	int now = -1;

	assert_error(image_tree_changes(folder, &now, &form), ERROR_NOT_FOUND, "mount --rw");
	assert_int_equal(now, -1);
}

static void a_view_is_read_only_or_goes_with_its_copy(void **state)
{
	struct images *images = *state;
	autoimage *image = import(images->store, "x", "text");
	size_t open_before = count_open();
	struct image_view view = IMAGE_NO_VIEW;
	const char *command = "ls -A %s/layers | grep -c new-view- | grep -qx 0";

	needs_root();
	assert_ok(image_view_open(images->store, image, &view));
	assert_shows(view.tree, "text");
	if (!view.copy)
		assert_true(openat(view.tree, "new", O_CREAT | O_WRONLY, 0600) < 0);
	image_view_close(&view);
	assert_int_equal(count_open(), open_before);
	autofree char *nothing_left = format(command, images->place->path);
	assert_int_equal(system(nothing_left), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(a_copy_is_made_once_and_keeps_its_changes),
		in_images(a_copy_needs_a_folder),
		in_images(a_folder_that_no_tree_was_opened_in_has_no_changes),
		in_images(a_view_is_read_only_or_goes_with_its_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
