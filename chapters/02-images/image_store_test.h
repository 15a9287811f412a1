/*
 * image_store_test.h - a store of images for a test, in a place of its own
 */
#ifndef MINI_IMAGE_STORE_TEST_H
#define MINI_IMAGE_STORE_TEST_H

#include "image_import.h"
#include "image_store.h"
#include "images_test.h"
#include "json.h"

struct images {
	struct place *place;
	struct image_store *store;
};

shared int open_images(void **state)
{
	struct images *images = allocate(sizeof(*images));

	make_place((void **)&images->place);
	assert_ok(image_store_open(images->place->fd, NOT_DURABLE, &images->store));
	*state = images;
	return 0;
}

shared int close_images(void **state)
{
	struct images *images = *state;

	image_store_close(images->store);
	drop_place((void **)&images->place);
	free(images);
	return 0;
}

#define in_images(test) cmocka_unit_test_setup_teardown(test, open_images, close_images)

/* An image of one file; the same text makes the same layer. The caller frees. */
shared struct image *import(struct image_store *store, const char *name, const char *text)
{
	struct image_import_options options = {.name = name};
	struct image *image;
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "file", text);
	tar_end(&tar);
	struct source source = tar_source(&tar);
	assert_ok(image_import(store, &source, &options, &image));
	return image;
}

/* A document, as a blob; its descriptor. Takes the document. */
shared json_t *put_document(struct image_store *store, const char *type, json_t *document)
{
	struct descriptor descriptor = {.media_type = type};
	autofree char *text = json_text(document);

	json_decref(document);
	assert_ok(content_put(store->content, text, strlen(text), &descriptor.digest));
	descriptor.size = strlen(text);
	return descriptor_json(&descriptor);
}

#endif
