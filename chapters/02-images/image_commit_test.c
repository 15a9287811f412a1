#include "image_commit.h"

#include "image_store_test.h"

/* Gives the image a manifest by another tool: Docker's types, annotations, and more. */
static struct image *adorn(struct images *images, const struct image *plain)
{
	struct descriptor layer = {MEDIA_DOCKER_LAYER, plain->layers[0].blob,
				   plain->layers[0].blob_size};
	struct descriptor config = {MEDIA_DOCKER_CONFIG, plain->id, 0};
	uint64_t size;
	struct digest digest;
	struct image *adorned;

	assert_ok(content_stat(images->store->content, &plain->id, &size));
	config.size = size;
	json_t *entry = descriptor_json(&layer);
	json_object_set_new(entry, "annotations", json_pack("{s:s}", "layer.note", "kept"));
	json_object_set_new(entry, "urls", json_pack("[s]", "http://layer.example"));
	autojson *put = put_document(images->store, MEDIA_DOCKER_MANIFEST,
				     json_pack("{s:i, s:s, s:o, s:[o], s:{s:s}}", "schemaVersion",
					       2, "mediaType", MEDIA_DOCKER_MANIFEST, "config",
					       descriptor_json(&config), "layers", entry,
					       "annotations", "image.note", "kept"));
	assert_ok(digest_parse(json_string_at(put, "digest", NULL), &digest));
	assert_ok(image_adopt(images->store, &digest, "adorned", &adorned));
	return adorned;
}

/* What a container left: an upper folder with one file, or with none. */
static struct image *commit(struct images *images, const struct image *base, const char *file,
			    const struct image_commit_options *options)
{
	autoclose int upper = -1;
	struct image *made;

	assert_ok(directory_create(images->place->fd, "upper", 0755, &upper));
	if (file)
		assert_ok(file_write_atomic(upper, file, "new", 3, 0644, NOT_DURABLE));
	assert_ok(image_commit(images->store, base, upper, TREE_UPPER, options, &made));
	return made;
}

static void what_the_manifest_says_is_kept(void **state)
{
	struct image_commit_options options = {.name = "made", .created = {1700000000, 0}};
	struct images *images = *state;
	autoimage *plain = import(images->store, "plain", "text");
	autoimage *base = adorn(images, plain);
	autoimage *made = commit(images, base, "added", &options);
	autojson *expected = json_deep_copy(base->layers[0].descriptor);

	assert_int_equal(made->layer_count, 2);
	assert_string_equal(made->parent, base->id.text);
	assert_string_equal(json_string_at(made->target, "mediaType", NULL), made->manifest_type);
	assert_int_equal(made->tagged.tv_sec, 1700000000);
	assert_string_equal(base->parent, "");
	assert_string_equal(made->manifest_type, MEDIA_MANIFEST);
	assert_string_equal(json_string_at(made->annotations, "image.note", NULL), "kept");
	json_object_set_new(expected, "mediaType", json_string(MEDIA_LAYER));
	assert_true(json_equal(made->layers[0].descriptor, expected));
	assert_null(json_at(made->layers[1].descriptor, "annotations", NULL));
	autoimage *again = commit(images, made, "more", &options);
	assert_string_equal(json_string_at(again->annotations, "image.note", NULL), "kept");
	assert_true(json_equal(again->layers[0].descriptor, expected));
}

static void nothing_new_is_no_layer_but_a_line_of_history(void **state)
{
	struct image_commit_options options = {.message = "nothing", .created = {.tv_sec = 1}};
	struct images *images = *state;
	autoimage *base = import(images->store, "base", "text");
	autoimage *made = commit(images, base, NULL, &options);
	const json_t *history = json_at(made->config, "history", NULL);
	const json_t *last = json_array_get(history, json_array_size(history) - 1);

	assert_int_equal(made->layer_count, 1);
	assert_int_equal(json_array_size(history), 2);
	assert_true(json_is_true(json_at(last, "empty_layer", NULL)));
	assert_string_equal(json_string_at(last, "comment", NULL), "nothing");
	assert_string_equal(json_string_at(last, "created", NULL), "1970-01-01T00:00:01Z");
	assert_int_equal(made->tag_count, 0);
}

static void changes_are_of_the_config_alone(void **state)
{
	static const char *const lines[] = {"ENV A=1", "CMD [\"x\"]", NULL};
	struct image_commit_options options = {.changes = lines, .author = "me"};
	struct images *images = *state;
	autoimage *base = import(images->store, "base", "text");
	autoimage *made = commit(images, base, "file", &options);

	assert_string_equal(json_string_at(made->config, "author", NULL), "me");
	assert_int_equal(json_array_size(json_at(made->config, "config", "Env", NULL)), 1);
	assert_int_equal(json_array_size(json_at(made->config, "rootfs", "diff_ids", NULL)), 2);
	assert_null(json_at(base->config, "author", NULL));
}

static void an_empty_tree_is_a_base_too(void **state)
{
	struct image_commit_options options = {.name = "first:1"};
	struct images *images = *state;
	autoimage *made = commit(images, NULL, "file", &options);

	assert_int_equal(made->layer_count, 1);
	assert_string_equal(made->tags[0], "first:1");
	assert_string_equal(made->os, "linux");
}

static void a_failed_commit_leaves_nothing(void **state)
{
	static const char *const lines[] = {"RUN x", NULL};
	struct image_commit_options options = {.changes = lines};
	struct images *images = *state;
	autoimage *made = NULL;
	autoclose int upper = -1;
	struct image **list;
	size_t count;

	assert_ok(directory_create(images->place->fd, "upper", 0755, &upper));
	assert_ok(file_write_atomic(upper, "file", "new", 3, 0644, NOT_DURABLE));
	assert_error(image_commit(images->store, NULL, upper, TREE_UPPER, &options, &made),
		     ERROR_INVALID, "RUN is not a valid change command");
	options = (struct image_commit_options){
		.name = "x@sha256:"
			"0123456789012345678901234567890123456789012345678901234567890123"};
	assert_error(image_commit(images->store, NULL, upper, TREE_UPPER, &options, &made),
		     ERROR_INVALID, "cannot commit to digest reference");
	assert_ok(image_list(images->store, &list, &count));
	image_list_free(list, count);
	assert_int_equal(count, 0);
	assert_int_equal(unlinkat(images->place->fd, "blobs/sha256", AT_REMOVEDIR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(what_the_manifest_says_is_kept),
		in_images(nothing_new_is_no_layer_but_a_line_of_history),
		in_images(changes_are_of_the_config_alone),
		in_images(an_empty_tree_is_a_base_too),
		in_images(a_failed_commit_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
