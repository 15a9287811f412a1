#include "layer_form.h"

#include "erofs_test.h"
#include "layer.h"

static struct layer_store *open_store(struct forms *f, const char *driver)
{
	struct layer_store *store;

	assert_ok(layer_store_open(f->fd, NOT_DURABLE, &store));
	assert_ok(layer_store_set_driver(store, driver));
	return store;
}

static struct layer create(struct layer_store *store, struct tar *tar, const struct digest *below)
{
	struct layer layer;

	if (tar->archive)
		tar_end(tar);
	struct source packed = tar_source(tar);
	assert_ok(layer_create(store, below, below ? 1 : 0, NULL, &packed, NULL, &layer));
	return layer;
}

static bool has_form(struct forms *f, const struct layer *layer, const struct layer_form *form)
{
	autofree char *path = format("layers/%s/%s", digest_hex(&layer->chain_id), form->name);

	return has_name(f->fd, path);
}

static void drivers_are_found_by_their_names(void **state)
{
	struct forms *f = *state;
	struct layer_store *store = open_store(f, "overlay2");

	assert_ptr_equal(layer_form_of_driver("overlay2"), &layer_folder);
	assert_ptr_equal(layer_form_of_driver("erofs"), &layer_erofs);
	assert_null(layer_form_of_driver("aufs"));
	assert_error(layer_store_set_driver(store, "aufs"), ERROR_INVALID, "no storage driver");
	layer_store_close(store);
}

static void a_driver_that_does_not_work_is_refused(void **state)
{
	struct place *place = *state; /* on a tmpfs */
	struct layer_store *store;

	needs_root();
	assert_ok(layer_store_open(place->fd, NOT_DURABLE, &store));
	assert_error(layer_store_set_driver(store, "erofs"), ERROR_SYSTEM, "does not work here");
	autofree char *command = format("test -z \"$(ls -A %s/layers)\"", place->path);
	assert_int_equal(system(command), 0);
	layer_store_close(store);
}

static void both_forms_lie_in_one_store(void **state)
{
	struct forms *f = *state;
	autoclose int below = -1, above = -1;
	autotar lower, upper;
	struct stat st;

	needs_erofs(f);
	struct layer_store *store = open_store(f, "overlay2");
	tar_begin(&lower);
	tar_folder(&lower, "dir", 0750);
	struct layer folder = create(store, &lower, NULL);
	layer_store_close(store);
	store = open_store(f, "erofs");
	tar_begin(&upper);
	tar_file(&upper, "dir/.wh.x", "");
	struct layer image = create(store, &upper, &folder.chain_id);
	assert_true(has_form(f, &folder, &layer_folder));
	assert_true(has_form(f, &image, &layer_erofs));
	assert_ok(layer_open(store, &folder.chain_id, &below));
	assert_ok(layer_open(store, &image.chain_id, &above));
	assert_int_equal(fstatat(above, "dir", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0750); /* as the folder below has it */
	assert_int_equal(fstatat(above, "dir/x", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == 0);
	layer_store_close(store);
}

static void a_layer_is_mounted_once_and_as_long_as_it_is_there(void **state)
{
	struct forms *f = *state;
	autoclose int one = -1, other = -1;
	size_t before = count_open();
	struct stat first, second;
	int gone;
	autotar tar;

	needs_erofs(f);
	struct layer_store *store = open_store(f, "erofs");
	tar_begin(&tar);
	tar_file(&tar, "file", "content");
	struct layer layer = create(store, &tar, NULL);
	assert_ok(layer_open(store, &layer.chain_id, &one));
	assert_ok(layer_open(store, &layer.chain_id, &other));
	assert_int_equal(fstat(one, &first), 0);
	assert_int_equal(fstat(other, &second), 0);
	assert_int_equal(first.st_dev, second.st_dev);
	assert_ok(layer_remove(store, &layer.chain_id));
	assert_error(layer_open(store, &layer.chain_id, &gone), ERROR_NOT_FOUND, "the layer");
	assert_content(one, "file", "content"); /* who has it keeps it */
	layer_store_close(store);
	assert_int_equal(count_open(), before + 2);
}

static void verifying_compares_trees_and_not_forms(void **state)
{
	struct forms *f = *state;
	bool same = false;
	autotar tar;

	needs_erofs(f);
	struct layer_store *store = open_store(f, "overlay2");
	tar_begin(&tar);
	tar_file(&tar, "deep/file", "content");
	struct layer layer = create(store, &tar, NULL);
	layer_store_close(store);
	store = open_store(f, "erofs");
	struct source packed = tar_source(&tar);
	assert_ok(layer_verify(store, NULL, 0, &layer, &packed, &same));
	assert_true(same);
	autofree char *path = format("layers/%s/diff/deep/file", digest_hex(&layer.chain_id));
	put_file(f->fd, path, "Content");
	packed = tar_source(&tar);
	assert_ok(layer_verify(store, NULL, 0, &layer, &packed, &same));
	assert_false(same);
	layer_store_close(store);
}

static void a_full_disk_is_an_error(void **state)
{
	struct erofs_unpack unpack;
	autoclose int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	erofs_unpack_init(&unpack, full, true);
	assert_error(erofs_unpack_settle(&unpack, NULL, 0), ERROR_NO_SPACE, "cannot write");
	erofs_unpack_finish(&unpack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_forms(drivers_are_found_by_their_names),
		in_place(a_driver_that_does_not_work_is_refused),
		in_forms(both_forms_lie_in_one_store),
		in_forms(a_layer_is_mounted_once_and_as_long_as_it_is_there),
		in_forms(verifying_compares_trees_and_not_forms),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
