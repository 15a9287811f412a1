/*
 * store_functions_test - functions of the lab, called alone: store_functions_test NAME
 *
 * Of what the store keeps: blobs and layers.
 * What a program of the store does not lead to, or what only a caller sees. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), as root in a sandbox; each test in a tmpfs of its own.
 */
#include "content.h"
#include "digest.h"
#include "images_test.h"
#include "layer.h"
#include "tree_walk.h"
#include "whiteout.h"

#define ABC    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST "sha256:" ABC /* of "abc" */
#define ABC512                                                                                     \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

/* -- section 2.2: blobs -- */

static void digests_have_one_form(void **state)
{
	static const char *const wrong[] = {
		"",
		ABC,
		"sha256:",
		"sha256:" ABC "0",
		"sha256:../../etc",
		"sha1:" ABC,
		"sha512:" ABC,
		"SHA256:" ABC,
		"sha256:" ABC512,
		" " DIGEST,
		"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/"};
	struct digest digest;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		strcpy(digest.text, "left over");
		assert_error(digest_parse(wrong[i], &digest), ERROR_INVALID, "");
		assert_true(digest_is_none(&digest));
	}
	assert_ok(digest_parse(DIGEST, &digest));
	assert_text("the digest", digest.text, DIGEST);
	assert_ok(digest_parse("sha512:" ABC512, &digest));
	assert_text("the digest", digest.text, "sha512:" ABC512);
}

static void open_content(void **state, enum durability durability, struct content **content)
{
	assert_ok(content_open(((struct place *)*state)->fd, durability, content));
}

/* What a blob of "abc" comes to, when this is promised. */
static struct error *promise(struct content *content, const char *digest, int64_t size)
{
	autowriter *w = NULL;
	struct digest expected;

	if (digest)
		assert_ok(digest_parse(digest, &expected));
	assert_ok(content_writer_open(content, &w));
	assert_ok(content_writer_write(w, "abc", 3));
	TRY(content_writer_seal(w, digest ? &expected : NULL, size));
	assert_text("the digest of what was written", content_writer_digest(w)->text,
		    digest ? digest : DIGEST);
	return content_writer_commit(w);
}

static void promises_are_checked(void **state)
{
	struct place *place = *state;
	struct content *content;
	struct digest digest;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(digest_parse(DIGEST, &digest));
	assert_error(promise(content, DIGEST, 4), ERROR_CORRUPT, "");
	assert_error(promise(content, DIGEST, 0), ERROR_CORRUPT, "");
	assert_error(promise(content,
			     "sha256:"
			     "aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			     3),
		     ERROR_CORRUPT, "");
	assert_error(content_stat(content, &digest, NULL), ERROR_NOT_FOUND, "");
	assert_ok(promise(content, DIGEST, 3));
	assert_ok(content_stat(content, &digest, NULL));
	assert_ok(promise(content, NULL, -1));
	autoclose int ingest = put_folder(place->fd, "ingest");
	uint64_t left;
	assert_ok(tree_usage(place->fd, "ingest", &left));
	assert_int_equal(left, 0);
	content_close(content);
}

static void the_longer_hash_works_too(void **state)
{
	struct content *content;
	struct buffer bytes = {0};
	struct digest digest;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(digest_parse("sha512:" ABC512, &digest));
	assert_ok(promise(content, digest.text, 3));
	assert_ok(content_read_verified(content, &digest, 3, &bytes));
	assert_int_equal(bytes.length, 3);
	digest.text[8] = digest.text[8] == '0' ? '1' : '0';
	assert_error(promise(content, digest.text, 3), ERROR_CORRUPT, "");
	buffer_finish(&bytes);
	content_close(content);
}

static void large_blobs_are_hashed_whole(void **state)
{
	static char large[200001];
	struct content *content;
	struct digest expected;
	autowriter *w = NULL;

	open_content(state, NOT_DURABLE, &content);
	memset(large, 'x', sizeof(large));
	assert_ok(digest_parse("sha512:" ABC512, &expected));
	autohasher *hasher = hasher_create(&expected);
	hasher_update(hasher, large, sizeof(large));
	hasher_finish(hasher, &expected);
	assert_ok(content_writer_open(content, &w));
	assert_ok(content_writer_write(w, large, sizeof(large)));
	assert_ok(content_writer_seal(w, &expected, sizeof(large)));
	assert_ok(content_writer_commit(w));
	content_writer_destroy(w);
	w = NULL;
	content_close(content);
}

static void what_lies_there_is_checked(void **state)
{
	struct place *place = *state;
	struct content *content;
	struct buffer bytes = {0};
	struct digest digest;
	int fd = -1;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(digest_parse(DIGEST, &digest));
	assert_error(content_open_blob(content, &digest, -1, &fd), ERROR_NOT_FOUND, DIGEST);
	autoclose int blobs = put_folder(place->fd, "blobs/sha256");
	put_file(blobs, ABC, "abc");
	buffer_append_string(&bytes, "before:");
	assert_ok(content_read_verified(content, &digest, 3, &bytes));
	assert_int_equal(bytes.length, 10);
	assert_memory_equal(bytes.data, "before:abc", 10);
	assert_ok(content_read_verified(content, &digest, -1, &bytes));
	assert_error(content_open_blob(content, &digest, 4, &fd), ERROR_CORRUPT, "");
	assert_error(content_read_verified(content, &digest, 2, &bytes), ERROR_CORRUPT, "");
	assert_int_equal(unlinkat(blobs, ABC, 0), 0);
	put_file(blobs, ABC, "abd");
	assert_error(content_read_verified(content, &digest, 3, &bytes), ERROR_CORRUPT, "");
	assert_ok(content_open_blob(content, &digest, 3, &fd));
	close(fd);
	assert_int_equal(unlinkat(blobs, ABC, 0), 0);
	put_file(place->fd, "elsewhere", "abc");
	assert_int_equal(symlinkat("../../elsewhere", blobs, ABC), 0);
	assert_error(content_open_blob(content, &digest, 3, &fd), ERROR_SYSTEM, DIGEST);
	assert_int_equal(unlinkat(blobs, ABC, 0), 0);
	assert_int_equal(mkdirat(blobs, ABC, 0755), 0);
	assert_error(content_open_blob(content, &digest, -1, &fd), ERROR_CORRUPT, "");
	buffer_finish(&bytes);
	content_close(content);
}

static void written(void **state, enum durability durability)
{
	struct content *content;
	struct digest digest;

	/* The layout's own file is there already: what is synced below is the blob. */
	open_content(state, NOT_DURABLE, &content);
	content_close(content);
	open_content(state, durability, &content);
	assert_ok(content_put(content, "abc", 3, &digest));
	assert_ok(content_stat(content, &digest, NULL));
	content_close(content);
}

/* The bytes of the blob that is being written, as others see it. */
static int open_ingest(int root, int flags)
{
	autoclose int ingest = openat(root, "ingest", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char **names;
	size_t count;

	assert_ok(tree_names(ingest, "ingest", &names, &count));
	assert_int_equal(count, 1);
	int fd = openat(ingest, names[0], flags | O_CLOEXEC);
	tree_names_free(names, count);
	assert_true(fd >= 0);
	return fd;
}

static void a_file_that_is_not_what_was_hashed_is_told(void **state)
{
	struct place *place = *state;
	struct content *content;
	autowriter *w = NULL;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(content_writer_open(content, &w));
	assert_ok(content_writer_write(w, "abc", 3));
	autoclose int fd = open_ingest(place->fd, O_WRONLY);
	assert_int_equal(ftruncate(fd, 2), 0);
	assert_error(content_writer_seal(w, NULL, -1), ERROR_CORRUPT, "");
	content_writer_destroy(w);
	w = NULL;
	content_close(content);
}

static void a_blob_is_in_its_place_once(void **state)
{
	struct content *content;
	struct digest digest;
	autowriter *w = NULL;
	int fd = -1;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(content_writer_open(content, &w));
	assert_ok(content_writer_write(w, "abc", 3));
	assert_ok(content_writer_seal(w, NULL, -1));
	assert_ok(content_writer_commit(w));
	assert_ok(content_writer_commit(w));
	assert_ok(content_writer_reopen(w, &fd));
	close(fd);
	assert_ok(digest_parse(DIGEST, &digest));
	assert_ok(content_stat(content, &digest, NULL));
	content_writer_destroy(w);
	w = NULL;
	content_close(content);
}

static void durable_blob_is_written(void **state)
{
	written(state, DURABLE);
}

static void quick_blob_is_written(void **state)
{
	written(state, NOT_DURABLE);
}

static void sha512_blob_is_written(void **state)
{
	struct content *content;

	open_content(state, NOT_DURABLE, &content);
	assert_ok(promise(content, "sha512:" ABC512, 3));
	content_close(content);
}

/* -- section 2.4: layers -- */

static void chain_ids_are_a_chain(void **state)
{
	struct digest a, b, c, chain;

	(void)state;
	digest_of("a", 1, &a);
	digest_of("b", 1, &b);
	layer_chain_id(NULL, &a, &chain);
	assert_text("the chain id of the lowest layer", chain.text, a.text);
	layer_chain_id(&a, &b, &chain);
	autofree char *both = format("%s %s", a.text, b.text);
	digest_of(both, strlen(both), &c);
	assert_text("the chain id of the second layer", chain.text, c.text);
}

static fallible refuse(void *context, void *bytes, size_t size, size_t *length)
{
	(void)context, (void)bytes, (void)size, (void)length;
	return error_new(ERROR_UNAVAILABLE, "it was read");
}

/* A layer of one file. */
static void one_file(struct tar *tar, const char *name)
{
	tar_begin(tar);
	tar_file(tar, name, "x");
	tar_end(tar);
}

static void layers_are_made_once(void **state)
{
	int root = ((struct place *)*state)->fd;
	struct layer_store *store;
	struct layer low, high, again;
	autotar tar = {0};
	const struct source unread = {refuse, NULL};

	assert_ok(layer_store_open(root, NOT_DURABLE, &store));
	one_file(&tar, "a");
	struct source source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &low));
	assert_text("the chain id of the lowest", low.chain_id.text, low.diff_id.text);
	assert_int_equal(low.size, 1);
	assert_false(low.plain);
	assert_ok(layer_create(store, NULL, 0, &low.diff_id, &unread, NULL, &again));
	assert_true(digest_equal(&again.chain_id, &low.chain_id));
	/* The same on top of another is another. */
	assert_error(layer_create(store, &low.chain_id, 1, &low.diff_id, &unread, NULL, &high),
		     ERROR_UNAVAILABLE, "it was read");
	source = tar_source(&tar);
	assert_ok(layer_create(store, &low.chain_id, 1, &low.diff_id, &source, NULL, &high));
	assert_false(digest_equal(&high.chain_id, &low.chain_id));
	assert_true(layer_exists(store, &high.chain_id));
	assert_ok(layer_create(store, &low.chain_id, 1, &low.diff_id, &unread, NULL, &again));
	assert_true(digest_equal(&again.chain_id, &high.chain_id));
	struct digest parent;
	assert_ok(layer_parent(store, &high.chain_id, &parent));
	assert_text("the layer below", parent.text, low.chain_id.text);
	/* Without a diff id it is read, and found to be there. */
	source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &again));
	assert_true(digest_equal(&again.chain_id, &low.chain_id));
	layer_store_close(store);
}

/* A layer on top of one that has a folder and a file, both of which it touches. */
static void make_high(struct layer_store *store, struct layer *high)
{
	struct layer low;
	autotar below = {0}, above = {0};

	tar_begin(&below);
	tar_folder(&below, "folder", 0700);
	tar_file(&below, "gone", "x");
	tar_end(&below);
	struct source source = tar_source(&below);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &low));
	assert_false(low.plain);
	tar_begin(&above);
	tar_file(&above, ".wh.gone", "");
	tar_file(&above, "folder/new", "x");
	tar_end(&above);
	source = tar_source(&above);
	assert_ok(layer_create(store, &low.chain_id, 1, NULL, &source, NULL, high));
}

static void layers_say_what_is_below(void **state)
{
	int root = ((struct place *)*state)->fd, tree;
	struct layer_store *store;
	struct layer high, alone;
	struct stat st;
	autotar tar = {0};

	assert_ok(layer_store_open(root, NOT_DURABLE, &store));
	make_high(store, &high);
	assert_ok(layer_open(store, &high.chain_id, &tree));
	assert_true(whiteout_hides(tree, "gone"));
	/* Its archive does not say what the folder is like. */
	assert_int_equal(fstatat(tree, "folder", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	close(tree);
	tar_begin(&tar);
	tar_file(&tar, ".wh.gone", "");
	tar_end(&tar);
	struct source source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &alone));
	assert_ok(layer_open(store, &alone.chain_id, &tree));
	assert_false(whiteout_hides(tree, "gone")); /* there is nothing to hide */
	close(tree);
	layer_store_close(store);
}

/* Run with mknodat(2) refused. */
static void a_plain_layer_is_known_as_one(void **state)
{
	struct layer_store *store;
	struct layer high = {0}, again = {0};

	assert_ok(layer_store_open(((struct place *)*state)->fd, NOT_DURABLE, &store));
	make_high(store, &high);
	assert_true(high.plain);
	assert_ok(layer_read(store, &high.chain_id, &again));
	assert_true(again.plain);
	layer_store_close(store);
}

static void layers_go(void **state)
{
	int root = ((struct place *)*state)->fd;
	struct layer_store *store;
	struct layer layer;
	autotar tar = {0};
	uint64_t left;

	assert_ok(layer_store_open(root, NOT_DURABLE, &store));
	one_file(&tar, "a");
	struct source source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &layer));
	assert_ok(layer_remove(store, &layer.chain_id));
	assert_false(layer_exists(store, &layer.chain_id));
	assert_ok(tree_usage(root, "layers", &left));
	assert_int_equal(left, 0);
	assert_ok(layer_remove(store, &layer.chain_id));
	layer_store_close(store);
}

static void made(void **state, enum durability durability)
{
	int root = ((struct place *)*state)->fd;
	struct layer_store *store;
	struct layer layer;
	autotar tar = {0};

	assert_ok(layer_store_open(root, durability, &store));
	one_file(&tar, "a");
	struct source source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &layer));
	assert_true(layer_exists(store, &layer.chain_id));
	layer_store_close(store);
}

static void durable_layer_is_made(void **state)
{
	made(state, DURABLE);
}

static void quick_layer_is_made(void **state)
{
	made(state, NOT_DURABLE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_have_one_form),
		in_place(promises_are_checked),
		in_place(the_longer_hash_works_too),
		in_place(large_blobs_are_hashed_whole),
		in_place(what_lies_there_is_checked),
		in_place(a_file_that_is_not_what_was_hashed_is_told),
		in_place(a_blob_is_in_its_place_once),
		in_place(durable_blob_is_written),
		in_place(quick_blob_is_written),
		in_place(sha512_blob_is_written),
		cmocka_unit_test(chain_ids_are_a_chain),
		in_place(layers_are_made_once),
		in_place(layers_say_what_is_below),
		in_place(a_plain_layer_is_known_as_one),
		in_place(layers_go),
		in_place(durable_layer_is_made),
		in_place(quick_layer_is_made),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
