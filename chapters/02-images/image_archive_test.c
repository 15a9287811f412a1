#include "image_archive.h"

#include "images_test.h"

#define WHOLE (1 << 20)

struct store {
	struct place *place;
	struct content *content;
};

static int open_store(void **state)
{
	struct store *store = allocate(sizeof(*store));

	make_place((void **)&store->place);
	assert_ok(content_open(store->place->fd, NOT_DURABLE, &store->content));
	*state = store;
	return 0;
}

static int close_store(void **state)
{
	struct store *store = *state;

	content_close(store->content);
	drop_place((void **)&store->place);
	free(store);
	return 0;
}

#define in_store(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

static struct error *read_tar(struct store *store, struct tar *tar, uint64_t limit,
			      struct image_archive *archive)
{
	tar_end(tar);
	struct source source = tar_source(tar);
	return image_archive_read(archive, store->content, limit, &source);
}

static void assert_has(struct image_archive *archive, const char *path, const char *text)
{
	autobuffer bytes = {0};

	assert_true(image_archive_has(archive, path));
	assert_ok(image_archive_get(archive, path, &bytes));
	assert_int_equal(bytes.length, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.length);
}

static void files_are_found_by_clean_names_and_through_links(void **state)
{
	autoimage_archive archive = {0};
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "./a//file", "first");
	tar_file(&tar, "a/file", "second"); /* the last one of a name counts */
	tar_symlink(&tar, "a/soft", "../a/file");
	tar_hard_link(&tar, "hard", "a/soft");
	assert_ok(read_tar(*state, &tar, WHOLE, &archive));
	assert_has(&archive, "a/file", "second");
	assert_has(&archive, "./a/../a/file", "second");
	assert_has(&archive, "a/soft", "second");
	assert_has(&archive, "hard", "second");
	assert_false(image_archive_has(&archive, "a"));
	assert_false(image_archive_has(&archive, "../a/file"));
}

static void links_that_lead_out_or_round_lead_nowhere(void **state)
{
	autoimage_archive round = {0}, out = {0};
	autobuffer bytes = {0};
	autotar tar, bad;

	tar_begin(&tar);
	tar_symlink(&tar, "a", "b");
	tar_symlink(&tar, "b", "a");
	assert_ok(read_tar(*state, &tar, WHOLE, &round));
	assert_false(image_archive_has(&round, "a"));
	assert_error(image_archive_get(&round, "a", &bytes), ERROR_INVALID, "it lacks 'a'");
	tar_begin(&bad);
	tar_symlink(&bad, "a", "../../etc/passwd");
	assert_error(read_tar(*state, &bad, WHOLE, &out), ERROR_INVALID, "leads out of its root");
}

static void a_blob_is_what_its_name_says(void **state)
{
	autoimage_archive archive = {0}, lie = {0};
	struct digest digest, got;
	uint64_t size = 0;
	autotar tar, bad;

	digest_of("text", 4, &digest);
	autofree char *path = format("blobs/sha256/%s", strchr(digest.text, ':') + 1);
	tar_begin(&tar);
	tar_file(&tar, path, "text");
	assert_ok(read_tar(*state, &tar, WHOLE, &archive));
	assert_ok(image_archive_commit(&archive, path, &got, &size));
	assert_string_equal(got.text, digest.text);
	assert_int_equal(size, 4);
	tar_begin(&bad);
	tar_file(&bad, path, "lies");
	assert_error(read_tar(*state, &bad, WHOLE, &lie), ERROR_CORRUPT, "is damaged");
}

static void what_is_larger_than_allowed_is_not_read(void **state)
{
	struct store *store = *state;
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "a", "four");
	tar_file(&tar, "b", "four");
	struct image_archive archive;
	assert_error(read_tar(store, &tar, 7, &archive), ERROR_TOO_LARGE, "larger than 7 bytes");
	image_archive_finish(&archive);
	autofree char *empty = format("test -z \"$(ls -A %s/ingest)\"", store->place->path);
	assert_int_equal(system(empty), 0);
}

struct ending {
	struct memory_source memory;
	bool ended;
};

static fallible read_to_the_end(void *context, void *bytes, size_t size, size_t *length)
{
	struct ending *ending = context;

	TRY(read_memory(&ending->memory, bytes, size, length));
	ending->ended = *length == 0;
	return NULL;
}

static void it_is_read_to_its_end_and_one_that_is_cut_off_is_refused(void **state)
{
	struct store *store = *state;
	autoimage_archive archive = {0}, cut = {0};
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "a", "four");
	tar_end(&tar);
	buffer_append(&tar.bytes, "behind the end", 14);
	struct ending ending = {{tar.bytes.data, tar.bytes.length, 7}, false};
	const struct source source = {read_to_the_end, &ending};
	assert_ok(image_archive_read(&archive, store->content, WHOLE, &source));
	assert_true(ending.ended);
	struct memory_source half = {tar.bytes.data, 514, 0};
	const struct source short_source = {read_memory, &half};
	assert_error(image_archive_read(&cut, store->content, WHOLE, &short_source), ERROR_INVALID,
		     "cannot read the image archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_store(files_are_found_by_clean_names_and_through_links),
		in_store(links_that_lead_out_or_round_lead_nowhere),
		in_store(a_blob_is_what_its_name_says),
		in_store(what_is_larger_than_allowed_is_not_read),
		in_store(it_is_read_to_its_end_and_one_that_is_cut_off_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
