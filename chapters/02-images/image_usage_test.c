#include "image_usage.h"

#include "image_store_test.h"

static struct image_usage usage_of(struct image_store *store)
{
	struct image_usage usage;

	assert_ok(image_usage(store, &usage));
	return usage;
}

static void what_images_share_is_counted_once(void **state)
{
	struct images *images = *state;

	image_free(import(images->store, "one", "the same"));
	struct image_usage first = usage_of(images->store);
	image_free(import(images->store, "two", "the same"));
	struct image_usage usage = usage_of(images->store);
	assert_int_equal(usage.images.count, 2);
	assert_int_equal(usage.images.used, 2);
	assert_int_equal(usage.layers.count, 1);
	assert_int_equal(usage.layers.bytes, strlen("the same"));
	assert_int_equal(usage.layers.free, 0);
	/* The layer's blob, and of each image a config and a manifest. */
	assert_int_equal(usage.blobs.count, 5);
	assert_int_equal(usage.blobs.used, 5);
	assert_true(usage.blobs.bytes > first.blobs.bytes);
}

static void an_image_without_a_name_is_unused_and_what_nothing_names_is_free(void **state)
{
	struct images *images = *state;
	struct digest digest;

	image_free(import(images->store, NULL, "dangling"));
	assert_ok(content_put(image_store_content(images->store), "litter", 6, &digest));
	struct image_usage usage = usage_of(images->store);
	assert_int_equal(usage.images.count, 1);
	assert_int_equal(usage.images.used, 0);
	assert_int_equal(usage.images.free, strlen("dangling"));
	assert_int_equal(usage.layers.free, 0); /* the image has it */
	assert_int_equal(usage.blobs.count - usage.blobs.used, 1);
	assert_int_equal(usage.blobs.free, 6);
}

/* Removes; how many rows the report has. */
static size_t prune(struct image_store *store, const struct image_prune_options *options,
		    uint64_t *bytes)
{
	autojson *report = NULL;

	assert_ok(image_prune(store, options, &report, bytes));
	return json_array_size(report);
}

static void prune_takes_what_has_no_name_and_tells_what_became_free(void **state)
{
	struct images *images = *state;
	struct image_prune_options options = {0};
	uint64_t bytes;

	image_free(import(images->store, "kept", "kept"));
	image_free(import(images->store, NULL, "dangling"));
	uint64_t before = usage_of(images->store).blobs.bytes;
	/* The image and its layer. */
	assert_int_equal(prune(images->store, &options, &bytes), 2);
	struct image_usage usage = usage_of(images->store);
	assert_int_equal(usage.images.count, 1);
	assert_int_equal(usage.layers.count, 1);
	assert_int_equal(bytes, before - usage.blobs.bytes + strlen("dangling"));
	assert_int_equal(prune(images->store, &options, &bytes), 0);
	assert_int_equal(bytes, 0);
}

static char *user_of_one(void *context, const struct digest *id, bool *running)
{
	*running = false;
	return digest_equal(id, context) ? duplicate("a container") : NULL;
}

static void prune_of_all_leaves_what_is_in_use(void **state)
{
	struct images *images = *state;
	autoimage *used = import(images->store, "used", "used");
	uint64_t bytes;

	image_free(import(images->store, "unused", "unused"));
	assert_ok(image_tag(images->store, "unused", "another"));
	struct image_prune_options options = {
		.all = true, .remove = {.user = user_of_one, .context = &used->id}};
	/* Two names, the image and its layer. */
	assert_int_equal(prune(images->store, &options, &bytes), 4);
	struct image_usage usage = usage_of(images->store);
	assert_int_equal(usage.images.count, 1);
	assert_int_equal(usage.images.bytes, strlen("used"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(what_images_share_is_counted_once),
		in_images(an_image_without_a_name_is_unused_and_what_nothing_names_is_free),
		in_images(prune_takes_what_has_no_name_and_tells_what_became_free),
		in_images(prune_of_all_leaves_what_is_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
