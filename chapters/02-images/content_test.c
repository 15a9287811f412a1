#include "content.h"

#include <signal.h>
#include <sys/resource.h>

#include "images_test.h"

#define ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OTHER "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae"

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

static fallible count_one(void *context, const struct digest *digest)
{
	(void)digest;
	++*(int *)context;
	return NULL;
}

static int count_blobs(struct store *store)
{
	int count = 0;

	assert_ok(content_each(store->content, count_one, &count));
	return count;
}

/* How many files are in a folder of the store. */
static int count_files(struct store *store, const char *folder)
{
	autofree char *command = format("test -z \"$(ls -A %s/%s)\"", store->place->path, folder);

	return system(command) == 0 ? 0 : 1;
}

static void a_blob_is_found_by_its_digest(void **state)
{
	struct store *store = *state;
	autobuffer bytes = {0};
	struct digest digest;
	uint64_t size;

	assert_ok(content_put(store->content, "abc", 3, &digest));
	assert_string_equal(digest.text, ABC);
	assert_ok(content_stat(store->content, &digest, &size));
	assert_int_equal(size, 3);
	assert_ok(content_read_verified(store->content, &digest, 3, &bytes));
	assert_string_equal(bytes.data, "abc");
	assert_ok(content_put(store->content, "abc", 3, &digest));
	assert_int_equal(count_blobs(store), 1);
	assert_int_equal(count_files(store, "ingest"), 0);
}

static struct error *write_promised(struct store *store, const char *promised, int64_t size)
{
	autowriter *w = NULL;
	struct digest digest;

	TRY(digest_parse(promised, &digest));
	TRY(content_writer_open(store->content, &w));
	TRY(content_writer_write(w, "a", 1));
	TRY(content_writer_write(w, "bc", 2));
	TRY(content_writer_seal(w, &digest, size));
	return content_writer_commit(w);
}

static void what_is_not_as_promised_leaves_nothing(void **state)
{
	struct store *store = *state;

	assert_error(write_promised(store, OTHER, 3), ERROR_CORRUPT, "was promised");
	assert_error(write_promised(store, ABC, 4), ERROR_CORRUPT, "3 bytes came where 4");
	assert_int_equal(count_blobs(store), 0);
	assert_int_equal(count_files(store, "ingest"), 0);
	assert_ok(write_promised(store, ABC, 3));
	assert_int_equal(count_blobs(store), 1);
}

static void a_write_that_failed_half_way_leaves_no_half(void **state)
{
	struct store *store = *state;
	struct rlimit limit, small;
	autobuffer bytes = {0};
	autowriter *w = NULL;
	struct digest digest;

	assert_ok(digest_parse(ABC, &digest));
	assert_ok(content_writer_open(store->content, &w));
	assert_ok(content_writer_write(w, "a", 1));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){2, limit.rlim_max};
	setrlimit(RLIMIT_FSIZE, &small);
	assert_error(content_writer_write(w, "xyz", 3), ERROR_SYSTEM, "too large");
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_ok(content_writer_write(w, "bc", 2));
	assert_ok(content_writer_seal(w, &digest, 3));
	assert_ok(content_writer_commit(w));
	assert_ok(content_read_verified(store->content, &digest, 3, &bytes));
}

static void a_writer_is_left_and_taken_up_again(void **state)
{
	struct store *store = *state;
	struct content_writer *w;
	struct digest digest;

	assert_ok(digest_parse(ABC, &digest));
	assert_error(content_writer_resume(store->content, "x.1", NULL, &w), ERROR_NOT_FOUND,
		     "ingest");
	assert_ok(content_writer_create(store->content, "x.1", NULL, &w));
	assert_ok(content_writer_write(w, "ab", 2));
	content_writer_leave(w);
	assert_int_equal(count_files(store, "ingest"), 1);
	assert_ok(content_writer_resume(store->content, "x.1", NULL, &w));
	assert_int_equal(content_writer_size(w), 2);
	assert_ok(content_writer_write(w, "c", 1));
	assert_ok(content_writer_seal(w, &digest, 3));
	assert_ok(content_writer_commit(w));
	content_writer_destroy(w);
	assert_int_equal(count_blobs(store), 1);
	assert_int_equal(count_files(store, "ingest"), 0);
}

static void sha512_is_kept_when_it_was_promised(void **state)
{
	struct store *store = *state;
	autohasher *hasher = NULL;
	struct digest digest = {"sha512:"};
	uint64_t size;

	hasher = hasher_create(&digest);
	hasher_update(hasher, "abc", 3);
	hasher_finish(hasher, &digest);
	assert_ok(write_promised(store, digest.text, 3));
	assert_ok(content_stat(store->content, &digest, &size));
}

static void damage_is_found(void **state)
{
	struct store *store = *state;
	autobuffer bytes = {0};
	struct digest digest;
	int fd;

	assert_ok(content_put(store->content, "abc", 3, &digest));
	autofree char *path = format("blobs/sha256/%s", digest_hex(&digest));
	assert_ok(file_write_atomic(store->place->fd, path, "xyz", 3, 0644, NOT_DURABLE));
	assert_error(content_read_verified(store->content, &digest, 3, &bytes), ERROR_CORRUPT,
		     "is damaged");
	assert_error(content_open_blob(store->content, &digest, 4, &fd), ERROR_CORRUPT,
		     "has 3 bytes where its descriptor says 4");
	assert_ok(content_put(store->content, "abc", 3, &digest));
	buffer_finish(&bytes);
	assert_ok(content_read_verified(store->content, &digest, 3, &bytes));
}

static void a_link_is_no_blob(void **state)
{
	struct store *store = *state;
	struct digest digest;
	int fd;

	assert_ok(digest_parse(ABC, &digest));
	autofree char *path = format("blobs/sha256/%s", digest_hex(&digest));
	assert_int_equal(symlinkat("/etc/passwd", store->place->fd, path), 0);
	assert_error(content_open_blob(store->content, &digest, -1, &fd), ERROR_SYSTEM,
		     "cannot open the blob");
}

static void missing_blobs_are_not_found(void **state)
{
	struct store *store = *state;
	struct digest digest;
	int fd;

	assert_ok(digest_parse(ABC, &digest));
	assert_error(content_open_blob(store->content, &digest, -1, &fd), ERROR_NOT_FOUND, ABC);
	assert_error(content_stat(store->content, &digest, NULL), ERROR_NOT_FOUND, ABC);
	assert_ok(content_remove(store->content, &digest));
}

static void large_documents_are_refused(void **state)
{
	struct store *store = *state;
	autobuffer bytes = {0};
	autofree char *large = allocate(CONTENT_DOCUMENT_LIMIT + 1);
	struct digest digest;

	assert_ok(content_put(store->content, large, CONTENT_DOCUMENT_LIMIT + 1, &digest));
	assert_error(content_read_verified(store->content, &digest, -1, &bytes), ERROR_TOO_LARGE,
		     "is larger than");
}

static void what_a_crash_left_is_cleaned(void **state)
{
	struct store *store = *state;

	assert_ok(file_write_atomic(store->place->fd, "ingest/half", "x", 1, 0644, NOT_DURABLE));
	assert_int_equal(count_files(store, "ingest"), 1);
	assert_ok(content_clean(store->content));
	assert_int_equal(count_files(store, "ingest"), 0);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(a_blob_is_found_by_its_digest),
		with_store(what_is_not_as_promised_leaves_nothing),
		with_store(a_write_that_failed_half_way_leaves_no_half),
		with_store(a_writer_is_left_and_taken_up_again),
		with_store(sha512_is_kept_when_it_was_promised),
		with_store(damage_is_found),
		with_store(a_link_is_no_blob),
		with_store(missing_blobs_are_not_found),
		with_store(large_documents_are_refused),
		with_store(what_a_crash_left_is_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
