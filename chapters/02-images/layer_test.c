#include "layer.h"

#include "images_test.h"
#include "unpack.h"

struct layers {
	struct place *place;
	struct layer_store *store;
};

static int open_layers(void **state)
{
	struct layers *layers = allocate(sizeof(*layers));

	make_place((void **)&layers->place);
	assert_ok(layer_store_open(layers->place->fd, NOT_DURABLE, &layers->store));
	*state = layers;
	return 0;
}

static int close_layers(void **state)
{
	struct layers *layers = *state;

	layer_store_close(layers->store);
	drop_place((void **)&layers->place);
	free(layers);
	return 0;
}

static fallible count_one(void *context, const struct digest *chain_id)
{
	(void)chain_id;
	++*(int *)context;
	return NULL;
}

static int count_layers(struct layers *layers)
{
	int count = 0;

	assert_ok(layer_each(layers->store, count_one, &count));
	return count;
}

static bool is_empty(struct layers *layers)
{
	autofree char *command = format("test -z \"$(ls -A %s/layers)\"", layers->place->path);

	return system(command) == 0;
}

static struct error *create(struct layers *layers, struct tar *tar, const struct digest *below,
			    size_t count, const struct digest *diff_id, struct layer *out)
{
	if (tar->archive)
		tar_end(tar);
	struct source source = tar_source(tar);
	return layer_create(layers->store, below, count, diff_id, &source, NULL, out);
}

static void chain_ids_are_those_of_the_standard(void **state)
{
	struct digest a, b, both;

	(void)state;
	digest_of("a", 1, &a);
	digest_of("b", 1, &b);
	layer_chain_id(NULL, &a, &both);
	assert_true(digest_equal(&a, &both));
	layer_chain_id(&a, &b, &both);
	/* printf 'sha256:ca97... sha256:3e23...' | sha256sum */
	autofree char *text = format("%s %s", a.text, b.text);
	struct digest expected;
	digest_of(text, strlen(text), &expected);
	assert_true(digest_equal(&both, &expected));
	assert_false(digest_equal(&both, &a));
}

static void a_layer_is_made_once(void **state)
{
	struct layers *layers = *state;
	struct layer first, again, read;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "a", "content");
	assert_ok(create(layers, &tar, NULL, 0, NULL, &first));
	assert_int_equal(first.size, 7);
	assert_true(layer_exists(layers->store, &first.chain_id));
	assert_ok(create(layers, &tar, NULL, 0, &first.diff_id, &again));
	assert_int_equal(tar.memory.left, tar.bytes.length); /* it was not even read */
	assert_ok(create(layers, &tar, NULL, 0, NULL, &again));
	assert_string_equal(again.chain_id.text, first.chain_id.text);
	assert_ok(layer_read(layers->store, &first.chain_id, &read));
	assert_string_equal(read.diff_id.text, first.diff_id.text);
	assert_int_equal(read.size, 7);
	assert_int_equal(count_layers(layers), 1);
	assert_ok(layer_remove(layers->store, &first.chain_id));
	assert_false(layer_exists(layers->store, &first.chain_id));
	assert_true(is_empty(layers));
}

static void layers_lie_on_each_other(void **state)
{
	struct layers *layers = *state;
	struct layer lower, upper;
	struct stat st;
	autotar one, two;
	int tree;

	needs_root();
	tar_begin(&one);
	tar_folder(&one, "dir", 0750);
	assert_ok(create(layers, &one, NULL, 0, NULL, &lower));
	tar_begin(&two);
	tar_file(&two, "dir/.wh.x", "");
	assert_ok(create(layers, &two, &lower.chain_id, 1, NULL, &upper));
	assert_string_not_equal(upper.chain_id.text, upper.diff_id.text);
	assert_ok(layer_open(layers->store, &upper.chain_id, &tree));
	assert_int_equal(fstatat(tree, "dir", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0750);
	assert_int_equal(fstatat(tree, "dir/x", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode));
	close(tree);
}

static void what_fails_leaves_nothing(void **state)
{
	struct layers *layers = *state;
	struct unpack_limits limits = {.entries = 1, .bytes = 1 << 20};
	struct layer layer;
	struct digest wrong;
	autotar tar, hostile;

	needs_root();
	digest_of("x", 1, &wrong);
	tar_begin(&tar);
	tar_file(&tar, "a", "content");
	tar_file(&tar, "b", "content");
	assert_error(create(layers, &tar, NULL, 0, &wrong, &layer), ERROR_CORRUPT,
		     "the layer is damaged");
	assert_true(is_empty(layers));
	struct source source = tar_source(&tar);
	assert_error(layer_create(layers->store, NULL, 0, NULL, &source, &limits, &layer),
		     ERROR_TOO_LARGE, "entries");
	assert_true(is_empty(layers));
	tar_begin(&hostile);
	tar_file(&hostile, "a", "content");
	tar_file(&hostile, "../b", "content");
	assert_error(create(layers, &hostile, NULL, 0, NULL, &layer), ERROR_INVALID, "leads out");
	assert_true(is_empty(layers));
	assert_error(create(layers, &tar, &wrong, 1, NULL, &layer), ERROR_NOT_FOUND, "the layer");
	assert_true(is_empty(layers));
}

static void leftovers_are_removed(void **state)
{
	struct layers *layers = *state;
	int fd;

	assert_ok(directory_create(layers->place->fd, "layers/new-half/diff/deep", 0755, &fd));
	close(fd);
	assert_int_equal(count_layers(layers), 0);
	assert_ok(layer_clean(layers->store));
	assert_true(is_empty(layers));
}

#define with_layers(test) cmocka_unit_test_setup_teardown(test, open_layers, close_layers)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_ids_are_those_of_the_standard),
		with_layers(a_layer_is_made_once),
		with_layers(layers_lie_on_each_other),
		with_layers(what_fails_leaves_nothing),
		with_layers(leftovers_are_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
