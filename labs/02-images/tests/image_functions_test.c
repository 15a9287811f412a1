/*
 * image_functions_test - functions of the lab, called alone: image_functions_test NAME
 *
 * What a program of the store does not lead to, or what only a caller sees. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), as root in a sandbox; each test in a tmpfs of its own.
 */
#include <errno.h>
#include <sys/sysmacros.h>

#include "content.h"
#include "images_test.h"
#include "layer.h"
#include "overlay.h"
#include "packer.h"
#include "platform.h"
#include "reference.h"
#include "unpack_tree.h"
#include "whiteout.h"

#define ABC    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST "sha256:" ABC /* of "abc" */
#define ABC512                                                                                     \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

static void assert_text(const char *what, const char *got, const char *expected)
{
	if (strcmp(got, expected) != 0)
		fail_msg("%s\nexpected: %s\n     got: %s", what, expected, got);
}

static void make_file(int folder, const char *name, const char *text)
{
	autoclose int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static int make_folder(int folder, const char *name)
{
	int fd;

	assert_ok(directory_create(folder, name, 0755, &fd));
	return fd;
}

static bool is_there(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* -- section 2.3: references -- */

struct name {
	const char *text, *normalized, *familiar;
};

static void assert_names(const struct name *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autoreference ref = {0};

		assert_ok(reference_parse(rows[i].text, &ref));
		reference_default_tag(&ref);
		autofree char *normalized = reference_normalized(&ref);
		autofree char *familiar = reference_familiar(&ref);
		assert_text("what is meant", normalized, rows[i].normalized);
		assert_text("what people see", familiar, rows[i].familiar);
	}
}

static void short_names_are_of_the_hub(void **state)
{
	static const struct name rows[] = {
		{"alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"alpine:3.19", "docker.io/library/alpine:3.19", "alpine:3.19"},
		{"library/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"me/tool", "docker.io/me/tool:latest", "me/tool:latest"},
		{"docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"index.docker.io/me/tool", "docker.io/me/tool:latest", "me/tool:latest"},
		{"docker.io/quay.io/tool", "docker.io/quay.io/tool:latest",
		 "docker.io/quay.io/tool:latest"},
		{"docker.io/library/x/y", "docker.io/library/x/y:latest", "library/x/y:latest"},
		{"a/library/b", "docker.io/a/library/b:latest", "a/library/b:latest"},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void hosts_are_told_from_folders(void **state)
{
	static const struct name rows[] = {
		{"example.org/a", "example.org/a:latest", "example.org/a:latest"},
		{"box:5000/a:1", "box:5000/a:1", "box:5000/a:1"},
		{"localhost/a", "localhost/a:latest", "localhost/a:latest"},
		{"Box/a", "Box/a:latest", "Box/a:latest"},
		{"[fe80::1]:80/a/b", "[fe80::1]:80/a/b:latest", "[fe80::1]:80/a/b:latest"},
		{"box/a", "docker.io/box/a:latest", "box/a:latest"},
		{"example.org/library/a", "example.org/library/a:latest",
		 "example.org/library/a:latest"},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void digests_are_kept(void **state)
{
	static const struct name rows[] = {
		{"alpine@" DIGEST, "docker.io/library/alpine@" DIGEST, "alpine@" DIGEST},
		{"h:1/a:t@" DIGEST, "h:1/a:t@" DIGEST, "h:1/a:t@" DIGEST},
		{"me/tool@sha512:" ABC512, "docker.io/me/tool@sha512:" ABC512,
		 "me/tool@sha512:" ABC512},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void paths_have_a_grammar(void **state)
{
	static const struct name rows[] = {
		{"a.b/c.d", "a.b/c.d:latest", "a.b/c.d:latest"},
		{"a_b", "docker.io/library/a_b:latest", "a_b:latest"},
		{"a__b-c--d", "docker.io/library/a__b-c--d:latest", "a__b-c--d:latest"},
		{"0/1/2", "docker.io/0/1/2:latest", "0/1/2:latest"},
	};
	static const char *const wrong[] = {"",      "/a",       "a/",  "a//b", "a...b",
					    "a___b", "_a",       "a-",  "-a",   "a b",
					    "a\tb",  "a/../b",   ".",   "a.",   "a/-b",
					    "a/b_",  "\xc3\xa9", "a+b", "a,b",  "a/b.-c"};

	(void)state;
	assert_names(rows, countof(rows));
	for (size_t i = 0; i < countof(wrong); i++) {
		struct reference ref;

		assert_error(reference_parse(wrong[i], &ref), ERROR_INVALID,
			     "invalid reference format");
		assert_null(ref.domain);
		assert_null(ref.path);
	}
}

static void what_is_cut_off_is_checked(void **state)
{
	static const char *const wrong[] = {
		"a:",          "a:.t",           "a:t:u",           "a@",
		"a@sha256:12", "a@" DIGEST ":t", "a:t@" DIGEST "0", "h:port/a",
		"h:/a",        "-h.x/a",         "h..x/a",          "[::1/a",
		"[]:1/a"};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		struct reference ref;

		assert_error(reference_parse(wrong[i], &ref), ERROR_INVALID,
			     "invalid reference format");
		assert_null(ref.domain);
		assert_null(ref.tag);
	}
}

static void names_have_limits(void **state)
{
	char name[300];
	struct reference ref;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[1] = '/'; /* nothing is put before it */
	name[256] = '\0';
	assert_error(reference_parse(name, &ref), ERROR_INVALID, "must not be longer than");
	name[255] = '\0';
	assert_ok(reference_parse(name, &ref));
	reference_finish(&ref);
	assert_error(reference_parse(ABC, &ref), ERROR_INVALID, "");
	assert_error(reference_parse("me/Tool:T", &ref), ERROR_INVALID,
		     "repository name (me/Tool) must be lowercase");
	assert_ok(reference_parse("a" ABC, &ref));
	reference_finish(&ref);
	memset(name, 'g', 64);
	name[64] = '\0';
	assert_ok(reference_parse(name, &ref));
	reference_finish(&ref);
}

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
	autoclose int ingest = make_folder(place->fd, "ingest");
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
	autoclose int blobs = make_folder(place->fd, "blobs/sha256");
	make_file(blobs, ABC, "abc");
	buffer_append_string(&bytes, "before:");
	assert_ok(content_read_verified(content, &digest, 3, &bytes));
	assert_int_equal(bytes.length, 10);
	assert_memory_equal(bytes.data, "before:abc", 10);
	assert_ok(content_read_verified(content, &digest, -1, &bytes));
	assert_error(content_open_blob(content, &digest, 4, &fd), ERROR_CORRUPT, "");
	assert_error(content_read_verified(content, &digest, 2, &bytes), ERROR_CORRUPT, "");
	assert_int_equal(unlinkat(blobs, ABC, 0), 0);
	make_file(blobs, ABC, "abd");
	assert_error(content_read_verified(content, &digest, 3, &bytes), ERROR_CORRUPT, "");
	assert_ok(content_open_blob(content, &digest, 3, &fd));
	close(fd);
	assert_int_equal(unlinkat(blobs, ABC, 0), 0);
	make_file(place->fd, "elsewhere", "abc");
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

/* -- section 2.4: paths of archives -- */

static void paths_are_cleaned(void **state)
{
	static const struct {
		const char *path, *clean; /* NULL: it leads out */
	} rows[] = {
		{"a/b", "a/b"},
		{"/a", "a"},
		{"./a/./b/.", "a/b"},
		{"a//b///", "a/b"},
		{"a/../b", "b"},
		{"a/b/../../c", "c"},
		{"a/..", ""},
		{".", ""},
		{"", ""},
		{"/", ""},
		{"..a/b..", "..a/b.."},
		{"a/...", "a/..."},
		{"abc/de/..", "abc"},
		{".a/.b", ".a/.b"},
		{"..", NULL},
		{"/..", NULL},
		{"a/../..", NULL},
		{"a/../../a/b", NULL},
		{"./../x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *clean = NULL;
		struct error *e = unpack_tree_clean_path(rows[i].path, &clean);

		if (!rows[i].clean) {
			assert_error(e, ERROR_INVALID, rows[i].path);
			continue;
		}
		assert_ok(e);
		assert_text(rows[i].path, clean, rows[i].clean);
	}
}

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
	make_file(root, "file", "mine");
	assert_ok(whiteout_make(root, "file", "file", &plain));
	assert_int_equal(fstatat(root, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 4);
	assert_false(whiteout_hides(root, "file"));
	autoclose int folder = make_folder(root, "folder");
	make_file(folder, "inside", "mine");
	assert_false(whiteout_hides_all(folder));
	assert_ok(whiteout_make(root, "folder", "folder", &plain));
	assert_true(whiteout_hides_all(folder));
	assert_true(is_there(folder, "inside"));
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
	assert_true(is_there(root, ".wh.gone"));
	assert_false(is_there(root, "gone"));
	assert_true(whiteout_hides(root, "gone"));
	plain = false;
	autoclose int folder = make_folder(root, "folder");
	assert_ok(whiteout_make_opaque(folder, "folder", &plain));
	assert_true(plain);
	assert_true(is_there(folder, ".wh..wh..opq"));
	assert_true(whiteout_hides_all(folder));
}

/* Run with fsetxattr(2) told to succeed. */
static void marks_of_the_kernel_are_used(void **state)
{
	int root = ((struct place *)*state)->fd;
	bool plain = false;
	autoclose int folder = make_folder(root, "folder");

	assert_ok(whiteout_make_opaque(folder, "folder", &plain));
	assert_false(plain);
	assert_false(is_there(folder, ".wh..wh..opq"));
}

static void all_of_a_lower_root_is_hidden(void **state)
{
	int root = ((struct place *)*state)->fd;
	autoclose int above = make_folder(root, "above"), below = make_folder(root, "below");
	autoclose int other = make_folder(below, "folder");
	bool plain = false;

	make_file(below, "file", "old");
	make_file(below, ".hidden", "old");
	make_file(below, ".wh.what", "");
	make_file(above, "kept", "new");
	assert_ok(whiteout_hide_all(above, below, &plain));
	assert_true(whiteout_hides(above, "file"));
	assert_true(whiteout_hides(above, ".hidden"));
	assert_true(whiteout_hides(above, "folder"));
	assert_false(whiteout_hides(above, "kept"));
	assert_false(is_there(above, ".wh.what"));
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
	assert_ok(packer_finish(packer, NULL));
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
	struct digest parent;
	assert_ok(layer_parent(store, &high.chain_id, &parent));
	assert_text("the layer below", parent.text, low.chain_id.text);
	/* Without a diff id it is read, and found to be there. */
	source = tar_source(&tar);
	assert_ok(layer_create(store, NULL, 0, NULL, &source, NULL, &again));
	assert_true(digest_equal(&again.chain_id, &low.chain_id));
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

/* -- section 2.1: platforms -- */

static unsigned int rank(const char *wanted, const char *offered)
{
	struct platform a, b;

	assert_ok(platform_parse(wanted, &a));
	assert_ok(platform_parse(offered, &b));
	return platform_rank(&a, &b);
}

static void machines_run_what_their_elders_ran(void **state)
{
	static const struct {
		const char *wanted, *better, *worse; /* worse NULL: `better` does not run at all */
	} rows[] = {
		{"linux/amd64", "linux/amd64", "linux/386"},
		{"linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2"},
		{"linux/amd64/v3", "linux/amd64/v2", "linux/amd64"},
		{"linux/amd64/v3", "linux/amd64", "linux/386"},
		{"linux/arm/v7", "linux/arm/v7", "linux/arm/v6"},
		{"linux/arm64", "linux/arm64", "linux/arm/v8"},
		{"linux/arm64", "linux/arm/v8", "linux/arm/v7"},
		{"linux/amd64", "linux/amd64/v2", NULL},
		{"linux/arm/v6", "linux/arm/v7", NULL},
		{"linux/386", "linux/amd64", NULL},
		{"linux/arm/v7", "linux/arm64", NULL},
		{"linux/arm64", "linux/386", NULL},
		{"linux/amd64", "linux/arm/v7", NULL},
		{"linux/amd64", "windows/amd64", NULL},
		{"linux/arm64", "linux/arm/v9", NULL},
		{"windows/amd64", "linux/386", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		unsigned int better = rank(rows[i].wanted, rows[i].better);
		unsigned int worse = rows[i].worse ? rank(rows[i].wanted, rows[i].worse) : 0;

		if (rows[i].worse ? !worse || better <= worse : better != 0)
			fail_msg("%s takes %s with rank %u, and %s with %u", rows[i].wanted,
				 rows[i].better, better, rows[i].worse ? rows[i].worse : "nothing",
				 worse);
	}
}

/* -- section 2.6: overlays -- */

/* Three layers in a folder, each with a file of its own and one that all have. */
static void make_layers(int root, int layers[3])
{
	for (int i = 0; i < 3; i++) {
		autofree char *name = format("layer%d", i), *text = format("%d", i);

		layers[i] = make_folder(root, name);
		make_file(layers[i], text, text);
		make_file(layers[i], "same", text);
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
	autoclose int folder = make_folder(place->fd, "folder"), at = make_folder(place->fd, "at");
	struct overlay overlay = {.layers = layers, .layer_count = 2, .folder = folder};
	int mount;

	make_layers(place->fd, layers);
	assert_ok(open_it(&overlay, &mount));
	assert_ok(overlay_attach(mount, place->fd, "at"));
	assert_false(is_there(folder, VOLATILE_MARK));
	make_file(mount, "new", "kept");
	assert_int_equal(unlinkat(mount, "same", 0), 0);
	close(mount);
	assert_reads(folder, "upper/new", "kept");
	assert_true(whiteout_hides(layers[0], "same") == false);
	autofree char *path = format("%s/at", place->path);
	assert_int_equal(umount2(path, 0), 0);
	/* What an earlier mount has left goes, and what was changed stays. */
	autoclose int work = make_folder(folder, "work");
	make_file(work, "left", "over");
	assert_ok(open_it(&overlay, &mount));
	assert_reads(mount, "new", "kept");
	assert_false(is_there(mount, "same"));
	assert_false(is_there(folder, "work/left"));
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
	autoclose int folder = make_folder(place->fd, "folder"), at = make_folder(place->fd, "at");
	struct overlay overlay = {
		.layers = layers, .layer_count = 3, .folder = folder, .flags = OVERLAY_VOLATILE};
	autoclose int mount = -1;

	make_layers(place->fd, layers);
	assert_ok(open_it(&overlay, &mount));
	assert_ok(overlay_attach(mount, place->fd, "at"));
	assert_true(is_there(folder, VOLATILE_MARK));
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
	autoclose int folder = make_folder(place->fd, "folder"), single = -1, empty = -1;
	struct overlay one = {.layers = layers, .layer_count = 1, .folder = -1};
	struct overlay none = {.folder = folder};

	make_layers(place->fd, layers);
	assert_ok(overlay_open(&one, &single));
	assert_reads(single, "same", "0");
	assert_int_equal(openat(single, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
	assert_int_equal(errno, EROFS);
	make_file(layers[0], "still", "writable");
	assert_ok(overlay_open(&none, &empty));
	make_file(empty, "new", "x");
	assert_reads(folder, "upper/new", "x");
	for (int i = 0; i < 3; i++)
		close(layers[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_are_of_the_hub),
		cmocka_unit_test(hosts_are_told_from_folders),
		cmocka_unit_test(digests_are_kept),
		cmocka_unit_test(paths_have_a_grammar),
		cmocka_unit_test(what_is_cut_off_is_checked),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(digests_have_one_form),
		in_place(promises_are_checked),
		in_place(the_longer_hash_works_too),
		in_place(large_blobs_are_hashed_whole),
		in_place(what_lies_there_is_checked),
		in_place(durable_blob_is_written),
		in_place(quick_blob_is_written),
		in_place(sha512_blob_is_written),
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(whiteouts_are_found),
		in_place(whiteouts_are_made),
		in_place(plain_whiteouts_are_made),
		in_place(marks_of_the_kernel_are_used),
		in_place(all_of_a_lower_root_is_hidden),
		cmocka_unit_test(whiteouts_are_packed),
		cmocka_unit_test(chain_ids_are_a_chain),
		in_place(layers_are_made_once),
		in_place(layers_go),
		in_place(durable_layer_is_made),
		in_place(quick_layer_is_made),
		cmocka_unit_test(machines_run_what_their_elders_ran),
		in_place(overlay_shows_layers),
		in_place(old_overlay_shows_layers),
		in_place(overlay_keeps_changes),
		in_place(old_overlay_keeps_changes),
		in_place(overlay_can_be_volatile),
		in_place(old_overlay_can_be_volatile),
		in_place(overlay_of_few_layers),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
