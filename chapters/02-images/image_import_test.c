#include "image_store_test.h"

static struct error *try_import(struct image_store *store,
				const struct image_import_options *options, struct image **image)
{
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "file", "text");
	tar_end(&tar);
	struct source source = tar_source(&tar);
	return image_import(store, &source, options, image);
}

static void the_config_says_what_was_asked_for(void **state)
{
	struct images *images = *state;
	const char *const changes[] = {"CMD [\"sh\"]", "ENV A=b", NULL};
	const struct image_import_options options = {.name = "x/y",
						     .message = "by hand",
						     .changes = changes,
						     .platform = "linux/arm/v7",
						     .created = {.tv_sec = 1}};
	autoimage *image = NULL;

	assert_ok(try_import(images->store, &options, &image));
	assert_string_equal(image->tags[0], "x/y:latest");
	assert_string_equal(image->architecture, "arm");
	assert_string_equal(image->variant, "v7");
	assert_int_equal(image->created.tv_sec, 1);
	json_t *config = json_object_get(image->config, "config");
	autofree char *text = json_text(config);
	assert_string_equal(text, "{\"Cmd\":[\"sh\"],\"Env\":[\"A=b\"]}");
	json_t *history = json_array_get(json_object_get(image->config, "history"), 0);
	assert_string_equal(json_string_value(json_object_get(history, "comment")), "by hand");
	assert_string_equal(json_string_value(json_object_get(history, "created")),
			    "1970-01-01T00:00:01Z");
}

static void the_same_content_at_the_same_time_is_the_same_image(void **state)
{
	struct images *images = *state;
	const struct image_import_options options = {.created = {.tv_sec = 5}};
	autoimage *one = NULL, *two = NULL;

	assert_ok(try_import(images->store, &options, &one));
	assert_ok(try_import(images->store, &options, &two));
	assert_string_equal(one->id.text, two->id.text);
	assert_string_equal(one->manifest.text, two->manifest.text);
}

static void assert_refuses(struct images *images, const struct image_import_options *options,
			   const char *why)
{
	struct image *image = NULL;

	assert_error(try_import(images->store, options, &image), ERROR_INVALID, why);
	assert_null(image);
}

static fallible count_one(void *context, const struct digest *digest)
{
	(void)digest;
	++*(int *)context;
	return NULL;
}

static void what_is_refused_leaves_nothing(void **state)
{
	struct images *images = *state;
	const char *const changes[] = {"RUN true", NULL};
	const char garbage[] = "this is no tar, however long one reads on in it";
	struct memory_source memory = {garbage, sizeof(garbage), 0};
	const struct source source = {read_memory, &memory};
	struct image *image;
	int blobs = 0;

	assert_refuses(images, &(struct image_import_options){.name = "Upper"},
		       "invalid reference");
	assert_refuses(
		images,
		&(struct image_import_options){
			.name = "x@sha256:"
				"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		"cannot import digest reference");
	assert_refuses(images, &(struct image_import_options){.platform = "windows/amd64"},
		       "operating system is not supported");
	assert_refuses(images, &(struct image_import_options){.changes = changes}, "RUN");
	assert_error(image_import(images->store, &source, &(struct image_import_options){0},
				  &image),
		     ERROR_INVALID, "cannot read the tar");
	assert_ok(content_each(image_store_content(images->store), count_one, &blobs));
	assert_ok(layer_each(image_store_layers(images->store), count_one, &blobs));
	assert_int_equal(blobs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(the_config_says_what_was_asked_for),
		in_images(the_same_content_at_the_same_time_is_the_same_image),
		in_images(what_is_refused_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
