#include "packer.h"
#include "packer_digest.h"

#include <sys/xattr.h>

#include "images_test.h"
#include "text.h"
#include "unpack.h"

static void make(const struct place *place, const char *script)
{
	autofree char *command = format("set -e; cd %s; umask 022; %s", place->path, script);

	assert_int_equal(system(command), 0);
}

static struct digest digest_tree(const struct place *place, const char *name)
{
	autoclose int tree = -1;
	struct digest digest;

	assert_ok(directory_open(place->fd, name, &tree));
	assert_ok(packer_digest(tree, &digest));
	return digest;
}

static fallible append(void *context, const void *bytes, size_t length)
{
	buffer_append(context, bytes, length);
	return NULL;
}

static fallible refuse(void *context, const void *bytes, size_t length)
{
	(void)context, (void)bytes, (void)length;
	return error_new(ERROR_SYSTEM, "the disk is full");
}

#define TREE                                                                                       \
	"mkdir -p t/d/e; echo content >t/d/f; ln t/d/f t/hard; ln -s ../nowhere t/d/link; "        \
	"mkfifo t/fifo; chmod 4751 t/d/f; truncate -s 1M t/holes; echo end >>t/holes; "            \
	"touch -d '2001-02-03 04:05:06.789' t/d/f t/d; "

static void what_is_unpacked_again_is_the_same_tree(void **state)
{
	struct place *place = *state;
	autobuffer tar = {0};
	autoclose int tree = -1, again = -1;
	struct unpack_result result;
	struct unpack_tree unpacked;
	struct digest diff_id;
	struct stat st;

	needs_root();
	make(place, TREE "mkdir again");
	assert_ok(directory_open(place->fd, "t", &tree));
	assert_ok(directory_open(place->fd, "again", &again));
	struct sink out = {append, &tar};
	assert_ok(packer_tree(tree, &out));
	digest_of(tar.data, tar.length, &diff_id);
	struct memory_source memory = {tar.data, tar.length, 0};
	struct source source = {read_memory, &memory};
	struct unpack_order order = {again, true, NULL};
	assert_ok(unpack_layer(&order, &source, &result, &unpacked));
	assert_ok(unpack_tree_settle(&unpacked, NULL, 0));
	unpack_tree_finish(&unpacked);
	assert_true(digest_equal(&result.diff_id, &diff_id));
	/* Holes are zeros in the tar, in no form that not everybody can read, and holes again. */
	assert_true(tar.length > 1 << 20);
	assert_null(memmem(tar.data, tar.length, "GNU.sparse", strlen("GNU.sparse")));
	assert_int_equal(fstatat(again, "holes", &st, 0), 0);
	assert_true(st.st_blocks < 1024);
	struct digest a = digest_tree(place, "t"), b = digest_tree(place, "again");
	assert_true(digest_equal(&a, &b));
}

/* Each of these is another tree. */
static void a_digest_sees_what_was_changed(void **state)
{
	static const char *const changes[] = {
		"echo other >t/d/f", "chmod 755 t/d/f",
		"touch t/d/f",       "rm t/hard",
		"cp t/d/f t/d/g",    "ln -sfn elsewhere t/d/link",
		"mv t/fifo t/pipe",  "rmdir t/d/e",
		"touch t/.wh.x",     "touch t/d/.wh..wh..opq",
	};
	struct place *place = *state;

	make(place, TREE);
	struct digest before = digest_tree(place, "t");
	for (size_t i = 0; i < countof(changes); i++) {
		make(place, changes[i]);
		struct digest after = digest_tree(place, "t");
		if (digest_equal(&before, &after))
			fail_msg("not seen: %s", changes[i]);
		before = after;
	}
}

static void what_a_layer_hides_is_part_of_it(void **state)
{
	struct place *place = *state;
	autoclose int folder = -1;

	needs_root();
	make(place, "mkdir -p t/d; mknod t/x c 0 0; touch -d @1000 t t/d");
	struct digest plain = digest_tree(place, "t");
	assert_ok(directory_open(place->fd, "t/d", &folder));
	assert_int_equal(fsetxattr(folder, "trusted.overlay.opaque", "y", 1, 0), 0);
	struct digest opaque = digest_tree(place, "t");
	assert_false(digest_equal(&opaque, &plain));
	make(place, "rm t/x; touch -d @1000 t");
	struct digest without = digest_tree(place, "t");
	assert_false(digest_equal(&opaque, &without));
}

static void when_a_whiteout_was_made_does_not_matter(void **state)
{
	struct place *place = *state;

	needs_root();
	make(place, "mkdir t; mknod t/x c 0 0; touch -d @1000 t");
	struct digest before = digest_tree(place, "t");
	make(place, "touch -d @99 t/x");
	struct digest after = digest_tree(place, "t");
	assert_true(digest_equal(&before, &after));
}

static void an_error_behind_it_is_handed_on(void **state)
{
	const struct sink out = {refuse, NULL};
	struct place *place = *state;
	autoclose int tree = -1;

	make(place, TREE);
	assert_ok(directory_open(place->fd, "t", &tree));
	assert_error(packer_tree(tree, &out), ERROR_SYSTEM, "the disk is full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_unpacked_again_is_the_same_tree),
		in_place(a_digest_sees_what_was_changed),
		in_place(what_a_layer_hides_is_part_of_it),
		in_place(when_a_whiteout_was_made_does_not_matter),
		in_place(an_error_behind_it_is_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
