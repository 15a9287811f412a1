#include "image_check.h"

#include "image_store_test.h"

/* All that was told, a line each. */
static void note(void *context, const char *text)
{
	buffer_printf(context, "%s\n", text);
}

static struct image_check check(struct images *images, bool repair, bool trees, struct buffer *told)
{
	struct image_check_options options = {
		.repair = repair, .trees = trees, .problem = note, .context = told};
	struct image_check result;

	told->length = 0;
	assert_ok(image_check(images->store, &options, &result));
	buffer_append(told, "", 1);
	return result;
}

#define assert_told(buffer, part)                                                                  \
	do {                                                                                       \
		if (!strstr((buffer).data, part))                                                  \
			fail_msg("'%s' was not told, but: %s", part, (buffer).data);               \
	} while (0)

static char *blob_path(const struct digest *digest)
{
	return format("blobs/sha256/%s", digest_hex(digest));
}

static void damage(struct images *images, const struct digest *digest)
{
	autofree char *path = blob_path(digest);
	autoclose int fd = openat(images->place->fd, path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && fchmod(fd, 0644) == 0);
	assert_int_equal(pwrite(fd, "X", 1, 0), 1);
}

static void a_whole_store_has_no_problems(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	image_free(import(images->store, "one", "1"));
	image_free(import(images->store, "two", "2"));
	struct image_check result = check(images, false, true, &told);

	assert_int_equal(result.blobs, 6);
	assert_int_equal(result.layers, 2);
	assert_int_equal(result.images, 2);
	assert_int_equal(result.problems, 0);
	assert_string_equal(told.data, "");
}

static void a_bad_blob_is_named_and_only_repair_takes_it(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	autoimage *image = import(images->store, "one", "1");
	const struct digest *blob = &image->layers[0].blob;

	damage(images, blob);
	struct image_check result = check(images, false, false, &told);
	assert_int_equal(result.problems, 2); /* the blob, and the image that needs it */
	assert_int_equal(result.repaired, 0);
	assert_told(told, blob->text);
	assert_told(told, "image docker.io/library/one:latest: its layer");
	assert_ok(content_stat(images->store->content, blob, NULL));
	result = check(images, true, false, &told);
	assert_int_equal(result.repaired, 1);
	assert_error(content_stat(images->store->content, blob, NULL), ERROR_NOT_FOUND, "");
	result = check(images, false, false, &told);
	assert_told(told, "is missing; load or pull the image again");
	image_free(import(images->store, "one", "1")); /* brings it back */
	result = check(images, false, false, &told);
	assert_int_equal(result.problems, 0);
}

static void a_bad_manifest_is_told_and_the_name_stays(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	autoimage *image = import(images->store, "one", "1");
	autojson *index = NULL;

	damage(images, &image->manifest);
	struct image_check result = check(images, true, false, &told);
	assert_told(told, "is damaged: its content has the digest");
	assert_true(result.problems >= 1);
	assert_ok(image_index_read(images->place->fd, &index));
	assert_non_null(image_index_find(index, "docker.io/library/one:latest"));
}

static void a_bad_entry_of_the_index_goes(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	autojson *index = NULL;
	image_free(import(images->store, "one", "1"));

	assert_ok(image_index_read(images->place->fd, &index));
	json_array_append_new(image_index_entries(index), json_pack("{s:s}", "digest", "x"));
	assert_ok(image_index_write(images->place->fd, index, NOT_DURABLE));
	struct image_check result = check(images, true, false, &told);
	assert_told(told, "index.json: ");
	assert_int_equal(result.repaired, 1);
	result = check(images, false, false, &told);
	assert_int_equal(result.problems, 0);
	assert_int_equal(result.images, 1);
}

static void a_changed_tree_is_found_by_its_blob(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	autoimage *image = import(images->store, "one", "1");
	const struct digest *chain = &image->layers[0].chain_id;
	autofree char *path = format("layers/%s/diff/file", digest_hex(chain));

	assert_int_equal(fchmodat(images->place->fd, path, 0600, 0), 0);
	assert_int_equal(check(images, false, false, &told).problems, 0);
	assert_int_equal(check(images, false, true, &told).problems, 1);
	assert_told(told, "its tree is not what its blob");
	assert_int_equal(check(images, true, true, &told).repaired, 1);
	assert_false(layer_exists(images->store->layers, chain));
}

static void a_layer_whose_name_does_not_fit_is_told(void **state)
{
	struct images *images = *state;
	autobuffer told = {0};
	autoimage *image = import(images->store, "one", "1");
	struct digest other;

	digest_of("x", 1, &other);
	autofree char *from = format("layers/%s", digest_hex(&image->layers[0].chain_id));
	autofree char *to = format("layers/%s", digest_hex(&other));
	assert_int_equal(renameat(images->place->fd, from, images->place->fd, to), 0);
	assert_int_equal(check(images, true, false, &told).repaired, 1);
	assert_told(told, "its description is that of");
	assert_false(layer_exists(images->store->layers, &other));
}

static void while_an_image_is_added_nothing_is_repaired(void **state)
{
	struct image_check_options options = {.repair = true, .problem = note};
	struct images *images = *state;
	struct image_check result;
	autoclose int lease = -1;

	assert_ok(image_lease(images->store, &lease));
	assert_error(image_check(images->store, &options, &result), ERROR_CONFLICT,
		     "an image is being added");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(a_whole_store_has_no_problems),
		in_images(a_bad_blob_is_named_and_only_repair_takes_it),
		in_images(a_bad_manifest_is_told_and_the_name_stays),
		in_images(a_bad_entry_of_the_index_goes),
		in_images(a_changed_tree_is_found_by_its_blob),
		in_images(a_layer_whose_name_does_not_fit_is_told),
		in_images(while_an_image_is_added_nothing_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
