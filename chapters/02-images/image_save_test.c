#include "image_save.h"

#include "image_load.h"
#include "image_store_test.h"

struct stores {
	struct place *place;
	struct image_store *store, *other;
	struct buffer out;
};

static int open_stores(void **state)
{
	struct stores *images = allocate(sizeof(*images));
	int fd;

	make_place((void **)&images->place);
	assert_ok(directory_create(images->place->fd, "one", 0755, &fd));
	assert_ok(image_store_open(fd, NOT_DURABLE, &images->store));
	close(fd);
	assert_ok(directory_create(images->place->fd, "two", 0755, &fd));
	assert_ok(image_store_open(fd, NOT_DURABLE, &images->other));
	close(fd);
	*state = images;
	return 0;
}

static int close_stores(void **state)
{
	struct stores *images = *state;

	image_store_close(images->store);
	image_store_close(images->other);
	buffer_finish(&images->out);
	drop_place((void **)&images->place);
	free(images);
	return 0;
}

static fallible append(void *context, const void *bytes, size_t length)
{
	buffer_append(context, bytes, length);
	return NULL;
}

static struct error *save(struct stores *images, const char *first, const char *second)
{
	const char *const names[] = {first, second};
	struct sink sink = {append, &images->out};

	return image_save(images->store, names, second ? 2 : 1, NULL, &sink);
}

/* What the other store has after it loaded what was saved, names joined by spaces. */
static void assert_arrives(struct stores *images, const char *expected)
{
	struct memory_source memory = {images->out.data, images->out.length, 0};
	struct source source = {read_memory, &memory};
	struct image_loaded *loaded;
	autobuffer text = {0};
	size_t count;

	assert_ok(image_load(images->other, &source, NULL, &loaded, &count));
	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, "%s%s", i ? " " : "",
			      loaded[i].name ? loaded[i].name : loaded[i].id.text);
	image_loaded_free(loaded, count);
	assert_string_equal(text.data, expected);
}

static void what_is_saved_can_be_loaded(void **state)
{
	struct stores *images = *state;
	autoimage *same = NULL;

	needs_root();
	autoimage *image = import(images->store, "a:1", "text");
	image_free(import(images->store, "b", "other"));
	assert_ok(save(images, "a:1", "b:latest"));
	assert_arrives(images, "a:1 b:latest");
	assert_ok(image_resolve(images->other, "a:1", &same));
	assert_string_equal(same->id.text, image->id.text);
	assert_string_equal(same->manifest.text, image->manifest.text);
}

static void a_name_alone_is_all_its_tags(void **state)
{
	struct stores *images = *state;

	needs_root();
	image_free(import(images->store, "a:1", "text"));
	image_free(import(images->store, "ab:1", "text"));
	assert_ok(image_tag(images->store, "a:1", "a:2"));
	assert_ok(save(images, "a", "a:2"));
	assert_arrives(images, "a:1 a:2");
}

static void an_id_is_saved_without_names(void **state)
{
	struct stores *images = *state;

	needs_root();
	autoimage *image = import(images->store, "a:1", "text");
	assert_ok(save(images, image->id.text, NULL));
	assert_arrives(images, image->id.text);
}

static void what_is_missing_is_told_before_anything_is_written(void **state)
{
	struct stores *images = *state;

	needs_root();
	image_free(import(images->store, "a:1", "text"));
	assert_error(save(images, "a:1", "nothing"), ERROR_NOT_FOUND,
		     "No such image: nothing:latest");
	assert_error(save(images, "a:2", NULL), ERROR_NOT_FOUND, "No such image: a:2");
	assert_int_equal(images->out.length, 0);
}

static fallible refuse(void *context, const void *bytes, size_t length)
{
	(void)context, (void)bytes, (void)length;
	return error_new(ERROR_UNAVAILABLE, "the reader has gone");
}

static void the_error_of_the_sink_arrives(void **state)
{
	struct stores *images = *state;
	const char *const name = "a:1";
	struct sink sink = {refuse, NULL};

	needs_root();
	image_free(import(images->store, "a:1", "text"));
	assert_error(image_save(images->store, &name, 1, NULL, &sink), ERROR_UNAVAILABLE,
		     "the reader has gone");
}

#define with_images(test) cmocka_unit_test_setup_teardown(test, open_stores, close_stores)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_images(what_is_saved_can_be_loaded),
		with_images(a_name_alone_is_all_its_tags),
		with_images(an_id_is_saved_without_names),
		with_images(what_is_missing_is_told_before_anything_is_written),
		with_images(the_error_of_the_sink_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
