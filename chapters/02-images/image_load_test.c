#include "image_load.h"

#include "images_test.h"
#include "json.h"

struct images {
	struct place *place;
	struct image_store *store;
	struct buffer layer, top; /* the tars of two layers, plain */
	struct digest layer_id, top_id;
};

static void make_layer(struct buffer *bytes, struct digest *id, const char *name)
{
	struct tar tar;

	tar_begin(&tar);
	tar_file(&tar, name, "content");
	tar_end(&tar);
	*bytes = tar.bytes;
	digest_of(bytes->data, bytes->length, id);
}

static int open_images(void **state)
{
	struct images *images = allocate(sizeof(*images));

	make_place((void **)&images->place);
	assert_ok(image_store_open(images->place->fd, NOT_DURABLE, &images->store));
	make_layer(&images->layer, &images->layer_id, "lower");
	make_layer(&images->top, &images->top_id, "top");
	*state = images;
	return 0;
}

static int close_images(void **state)
{
	struct images *images = *state;

	image_store_close(images->store);
	buffer_finish(&images->layer);
	buffer_finish(&images->top);
	drop_place((void **)&images->place);
	free(images);
	return 0;
}

static char *config_of(struct images *images, const char *author)
{
	return format(
		"{\"author\":\"%s\",\"architecture\":\"amd64\",\"os\":\"linux\","
		"\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\",\"%s\"]}}",
		author, images->layer_id.text, images->top_id.text);
}

static fallible count_one(void *context, const struct digest *digest)
{
	(void)digest;
	++*(int *)context;
	return NULL;
}

static void assert_counts(struct images *images, int blobs, int layers)
{
	int found_blobs = 0, found_layers = 0;
	autofree char *busy = format("test -z \"$(ls -A %s/ingest)\"", images->place->path);

	assert_ok(content_each(image_store_content(images->store), count_one, &found_blobs));
	assert_ok(layer_each(image_store_layers(images->store), count_one, &found_layers));
	assert_int_equal(found_blobs, blobs);
	assert_int_equal(found_layers, layers);
	assert_int_equal(system(busy), 0);
}

/* Loads; *names is "name" or "<none>" of each, joined by spaces. */
static struct error *load(struct images *images, struct tar *tar, char **names)
{
	struct image_loaded *loaded;
	struct buffer text = {0};
	size_t count;

	if (tar->archive)
		tar_end(tar);
	struct source source = tar_source(tar);
	struct error *e = image_load(images->store, &source, NULL, &loaded, &count);
	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, "%s%s", i ? " " : "",
			      loaded[i].name ? loaded[i].name : "<none>");
	image_loaded_free(loaded, count);
	*names = buffer_take(&text);
	return e;
}

static void assert_loads(struct images *images, struct tar *tar, const char *expected)
{
	autofree char *names = NULL;

	assert_ok(load(images, tar, &names));
	assert_string_equal(names, expected);
}

static void assert_refuses(struct images *images, struct tar *tar, enum error_class class,
			   const char *message)
{
	autofree char *names = NULL;

	assert_error(load(images, tar, &names), class, message);
	assert_string_equal(names, "");
	assert_counts(images, 0, 0);
}

/* As `docker save` wrote it before 25: folders of layers, the manifest at the end. */
static void put_old_form(struct images *images, struct tar *tar, const char *tags)
{
	autofree char *config = config_of(images, "old");
	autofree char *manifest = format("[{\"Config\":\"config.json\",\"RepoTags\":%s,"
					 "\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]",
					 tags);

	tar_folder(tar, "1/", 0755);
	tar_file(tar, "1/VERSION", "1.0");
	tar_bytes(tar, "1/layer.tar", &images->layer);
	tar_bytes(tar, "2/layer.tar", &images->top);
	tar_file(tar, "config.json", config);
	tar_file(tar, "manifest.json", manifest);
	tar_file(tar, "repositories", "{}");
}

static void the_old_form_is_read(void **state)
{
	struct images *images = *state;
	autoimage *image = NULL;
	struct digest id;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	put_old_form(images, &tar, "[\"a:1\",\"x.y/b:2\"]");
	assert_loads(images, &tar, "a:1 x.y/b:2");
	assert_ok(image_resolve(images->store, "x.y/b:2", &image));
	autofree char *config = config_of(images, "old");
	digest_of(config, strlen(config), &id);
	assert_string_equal(image->id.text, id.text); /* the id of the other side */
	assert_int_equal(image->layer_count, 2);
	assert_string_equal(image->layers[1].diff_id.text, images->top_id.text);
	assert_int_equal(image->size, 14);
	assert_counts(images, 4, 2);
}

static void archives_may_be_packed(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_XZ};
	struct images *images = *state;

	needs_root();
	for (size_t i = 0; i < countof(filters); i++) {
		autotar tar;

		tar_begin_packed(&tar, filters[i]);
		put_old_form(images, &tar, "[\"a:1\"]");
		assert_loads(images, &tar, "a:1");
		assert_counts(images, 4, 2);
	}
}

static void layers_may_be_links_to_each_other(void **state)
{
	struct images *images = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	autofree char *config = config_of(images, "links");
	tar_symlink(&tar, "1/layer.tar", "../lower.tar");
	tar_symlink(&tar, "2/layer.tar", "../3/layer.tar");
	tar_bytes(&tar, "lower.tar", &images->layer);
	tar_bytes(&tar, "top.tar", &images->top);
	tar_hard_link(&tar, "3/layer.tar", "top.tar");
	tar_file(&tar, "c.json", config);
	tar_file(&tar, "manifest.json",
		 "[{\"Config\":\"c.json\",\"RepoTags\":null,"
		 "\"Layers\":[\"1/layer.tar\",\"2/layer.tar\"]}]");
	assert_loads(images, &tar, "<none>");
	assert_counts(images, 4, 2);
}

/* -- OCI layouts -- */

struct oci {
	struct digest config, manifest;
	size_t config_size, manifest_size;
};

static char *blob_path(const struct digest *digest)
{
	return format("blobs/sha256/%s", digest_hex(digest));
}

static void put_blob(struct tar *tar, const char *text, struct digest *digest)
{
	digest_of(text, strlen(text), digest);
	autofree char *path = blob_path(digest);
	tar_file(tar, path, text);
}

static void put_oci_blobs(struct images *images, struct tar *tar, struct oci *oci)
{
	autofree char *config = config_of(images, "oci");
	autofree char *lower = blob_path(&images->layer_id), *top = blob_path(&images->top_id);

	tar_bytes(tar, lower, &images->layer);
	tar_bytes(tar, top, &images->top);
	put_blob(tar, config, &oci->config);
	oci->config_size = strlen(config);
	autofree char *manifest = format(
		"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/"
		"vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":%zu},\"layers\":["
		"{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"%s\","
		"\"size\":%zu},{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\","
		"\"digest\":\"%s\",\"size\":%zu}]}",
		oci->config.text, oci->config_size, images->layer_id.text, images->layer.length,
		images->top_id.text, images->top.length);
	put_blob(tar, manifest, &oci->manifest);
	oci->manifest_size = strlen(manifest);
}

static char *entry_of(const struct oci *oci, const char *more)
{
	return format("{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		      "\"digest\":\"%s\",\"size\":%zu%s}",
		      oci->manifest.text, oci->manifest_size, more);
}

static void put_index(struct tar *tar, const char *entries)
{
	autofree char *index = format("{\"schemaVersion\":2,\"manifests\":[%s]}", entries);

	tar_file(tar, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	tar_file(tar, "index.json", index);
}

static void a_layout_is_read(void **state)
{
	struct images *images = *state;
	autoimage *image = NULL;
	struct oci oci;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	put_oci_blobs(images, &tar, &oci);
	autofree char *first =
		entry_of(&oci,
			 ",\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/a:1\","
			 "\"org.opencontainers.image.ref.name\":\"1\"}");
	autofree char *second =
		entry_of(&oci, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"b:2\"}");
	autofree char *both = format("%s,%s", first, second);
	put_index(&tar, both);
	assert_loads(images, &tar, "a:1 b:2");
	assert_ok(image_resolve(images->store, "a:1", &image));
	assert_string_equal(image->id.text, oci.config.text);
	assert_string_equal(image->manifest.text, oci.manifest.text);
	assert_int_equal(image->tag_count, 2);
	assert_counts(images, 4, 2);
}

static void an_index_leads_to_the_image_of_this_machine(void **state)
{
	struct images *images = *state;
	struct digest index;
	struct oci oci;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	put_oci_blobs(images, &tar, &oci);
	autoimage *image = NULL;
	autofree char *other =
		entry_of(&oci, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"pdp11\"}");
	autofree char *ours = entry_of(&oci, "");
	autofree char *foreign = format("{\"schemaVersion\":2,\"manifests\":[%s]}", other);
	autofree char *usable = format("{\"schemaVersion\":2,\"manifests\":[%s]}", ours);
	put_blob(&tar, usable, &index);
	autofree char *entry = format("{\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
				      "\"digest\":\"%s\",\"size\":%zu}",
				      index.text, strlen(usable));
	put_index(&tar, entry);
	assert_loads(images, &tar, "<none>");
	assert_ok(image_resolve(images->store, oci.config.text, &image));

	autotar wrong;
	tar_begin(&wrong);
	put_oci_blobs(images, &wrong, &oci);
	put_blob(&wrong, foreign, &index);
	autofree char *bad = format("{\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
				    "\"digest\":\"%s\",\"size\":%zu}",
				    index.text, strlen(foreign));
	put_index(&wrong, bad);
	autofree char *names = NULL;
	assert_error(load(images, &wrong, &names), ERROR_NOT_FOUND, "only for linux/pdp11");
}

/* -- what must not work -- */

static void blobs_are_what_they_say(void **state)
{
	struct images *images = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	autofree char *path = blob_path(&images->layer_id);
	tar_bytes(&tar, path, &images->top);
	assert_refuses(images, &tar, ERROR_CORRUPT, "is damaged");
}

static void missing_parts_are_told(void **state)
{
	struct images *images = *state;
	struct oci oci = {.manifest_size = 10};
	autotar docker, layout;

	tar_begin(&docker);
	tar_file(&docker, "manifest.json",
		 "[{\"Config\":\"c.json\",\"RepoTags\":[\"a\"],\"Layers\":[]}]");
	assert_refuses(images, &docker, ERROR_INVALID, "it lacks 'c.json'");
	tar_begin(&layout);
	digest_of("x", 1, &oci.manifest);
	autofree char *entry = entry_of(&oci, "");
	put_index(&layout, entry);
	assert_refuses(images, &layout, ERROR_INVALID, "it lacks 'blobs/sha256/");
}

static void wrong_layers_leave_nothing(void **state)
{
	struct images *images = *state;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	autofree char *config = config_of(images, "wrong");
	tar_bytes(&tar, "1.tar", &images->layer);
	tar_file(&tar, "c.json", config);
	tar_file(&tar, "manifest.json",
		 "[{\"Config\":\"c.json\",\"RepoTags\":[\"a\"],\"Layers\":[\"1.tar\",\"1.tar\"]}]");
	assert_refuses(images, &tar, ERROR_CORRUPT, "the layer is damaged");
	autotar few;
	tar_begin(&few);
	tar_bytes(&few, "1.tar", &images->layer);
	tar_file(&few, "c.json", config);
	tar_file(&few, "manifest.json",
		 "[{\"Config\":\"c.json\",\"RepoTags\":[\"a\"],\"Layers\":[\"1.tar\"]}]");
	assert_refuses(images, &few, ERROR_INVALID, "has 1 layers, its config has 2 diff ids");
}

static void hostile_manifests_are_refused(void **state)
{
	static const struct {
		const char *manifest, *message;
	} rows[] = {
		{"", "is not valid JSON"},
		{"{}", "lists no images"},
		{"[]", "lists no images"},
		{"[1]", "no object"},
		{"[{\"Config\":7}]", "the member 'Config' must be a string"},
		{"[{\"Config\":\"c.json\",\"Layers\":[7]}]", "must be an array of strings"},
		{"[{\"Config\":\"../../etc/passwd\",\"Layers\":[]}]", "it lacks"},
		{"[{\"Config\":\"/etc/passwd\",\"Layers\":[]}]", "it lacks"},
		{"[{\"Config\":\"loop\",\"Layers\":[]}]", "it lacks 'loop'"},
		{"[{\"Config\":\"c.json\",\"RepoTags\":[\"../x\"],\"Layers\":[]}]",
		 "invalid reference format"},
		{"[{\"Config\":\"text\",\"Layers\":[]}]", "is not valid JSON"},
		{"[{\"Config\":\"list\",\"Layers\":[]}]", "is not a JSON object"},
	};
	struct images *images = *state;

	for (size_t i = 0; i < countof(rows); i++) {
		autotar tar;

		tar_begin(&tar);
		tar_file(&tar, "c.json", "{\"rootfs\":{\"diff_ids\":[]}}");
		tar_file(&tar, "text", "text");
		tar_file(&tar, "list", "[]");
		tar_symlink(&tar, "loop", "loop");
		tar_file(&tar, "manifest.json", rows[i].manifest);
		assert_refuses(images, &tar, ERROR_INVALID, rows[i].message);
	}
}

static void archives_that_are_none(void **state)
{
	struct images *images = *state;
	autotar rootfs, empty, cut, outside, text = {0};

	tar_begin(&rootfs);
	tar_file(&rootfs, "etc/passwd", "root");
	assert_refuses(images, &rootfs, ERROR_INVALID, "taken by import");
	tar_begin(&empty);
	assert_refuses(images, &empty, ERROR_INVALID, "taken by import");
	tar_begin(&outside);
	tar_file(&outside, "../manifest.json", "[]");
	assert_refuses(images, &outside, ERROR_INVALID, "leads out of its root");
	buffer_printf(&text.bytes, "this is no tar at all%2000s", "");
	assert_refuses(images, &text, ERROR_INVALID, "cannot read the image archive");
	needs_root();
	tar_begin(&cut);
	put_old_form(images, &cut, "[\"a\"]");
	tar_end(&cut);
	cut.bytes.length = 2000;
	assert_refuses(images, &cut, ERROR_INVALID, "");
}

static void the_images_before_a_bad_one_stay(void **state)
{
	struct images *images = *state;
	autofree char *names = NULL;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "c.json", "{\"rootfs\":{\"diff_ids\":[]}}");
	tar_file(&tar, "manifest.json",
		 "[{\"Config\":\"c.json\",\"RepoTags\":[\"good\"],\"Layers\":[]},"
		 "{\"Config\":\"missing\",\"RepoTags\":[\"bad\"],\"Layers\":[]}]");
	assert_error(load(images, &tar, &names), ERROR_INVALID, "image 2 of the archive");
	assert_string_equal(names, "good:latest");
	assert_counts(images, 2, 0);
}

static void the_source_is_read_to_its_end(void **state)
{
	struct images *images = *state;
	autofree char *names = NULL;
	autotar tar;

	tar_begin(&tar);
	tar_file(&tar, "x", "x");
	tar_end(&tar);
	autofree char *zeros = allocate(1 << 20);
	buffer_append(&tar.bytes, zeros, 1 << 20);
	assert_error(load(images, &tar, &names), ERROR_INVALID, "taken by import");
	assert_int_equal(tar.memory.left, 0);
}

#define with_images(test) cmocka_unit_test_setup_teardown(test, open_images, close_images)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_images(the_old_form_is_read),
		with_images(archives_may_be_packed),
		with_images(layers_may_be_links_to_each_other),
		with_images(a_layout_is_read),
		with_images(an_index_leads_to_the_image_of_this_machine),
		with_images(blobs_are_what_they_say),
		with_images(missing_parts_are_told),
		with_images(wrong_layers_leave_nothing),
		with_images(hostile_manifests_are_refused),
		with_images(archives_that_are_none),
		with_images(the_images_before_a_bad_one_stay),
		with_images(the_source_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
