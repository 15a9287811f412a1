#include "unpack.h"

#include "unpack_test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_trees(the_diff_id_covers_the_whole_stream),
		in_trees(padding_belongs_to_the_diff_id),
		in_trees(empty_tars_are_layers),
		in_trees(broken_archives_are_told),
		in_trees(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
