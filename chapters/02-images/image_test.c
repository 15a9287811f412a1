#include "image.h"

#include <pthread.h>
#include <sys/wait.h>

#include "image_store_test.h"

/* Names of all images as "busybox:latest", "<none>" for none, joined by spaces. */
static char *names_of(struct images *images)
{
	struct image **list;
	struct buffer text = {0};
	size_t count;

	assert_ok(image_list(images->store, &list, &count));
	for (size_t i = 0; i < count; i++) {
		for (size_t t = 0; t < list[i]->tag_count; t++)
			buffer_printf(&text, "%s%s", text.length ? " " : "", list[i]->tags[t]);
		if (!list[i]->tag_count)
			buffer_printf(&text, "%s<none>", text.length ? " " : "");
	}
	image_list_free(list, count);
	return buffer_take(&text);
}

static void assert_names(struct images *images, const char *expected)
{
	autofree char *names = names_of(images);

	assert_string_equal(names, expected);
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

	assert_ok(content_each(image_store_content(images->store), count_one, &found_blobs));
	assert_ok(layer_each(image_store_layers(images->store), count_one, &found_layers));
	assert_int_equal(found_blobs, blobs);
	assert_int_equal(found_layers, layers);
}

static struct error *resolve(struct images *images, const char *name)
{
	autoimage *image = NULL;

	return image_resolve(images->store, name, &image);
}

static struct error *remove_image(struct images *images, const char *name,
				  const struct image_remove_options *options, char **text)
{
	autojson *report = NULL;

	TRY(image_remove(images->store, name, options, &report));
	*text = json_text(report);
	return NULL;
}

static void assert_removed(struct images *images, const char *name, const char *expected)
{
	autofree char *text = NULL;

	assert_ok(remove_image(images, name, NULL, &text));
	assert_string_equal(text, expected);
}

static void an_image_has_all_its_facts(void **state)
{
	struct images *images = *state;

	needs_root();
	autoimage *image = import(images->store, "a", "text");
	assert_string_equal(image->os, "linux");
	assert_true(*image->architecture);
	assert_true(image->created.tv_sec > 1000000000);
	assert_int_equal(image->size, 4);
	assert_int_equal(image->layer_count, 1);
	assert_string_equal(image->layers[0].media_type, "application/vnd.oci.image.layer.v1.tar");
	assert_string_equal(json_string_at(image->config, "rootfs", "type", NULL), "layers");
	assert_int_equal(image->tag_count, 1);
	assert_int_equal(image->digest_count, 0);
	assert_counts(images, 3, 1);
}

static void names_and_ids_find_images(void **state)
{
	struct images *images = *state;

	needs_root();
	autoimage *image = import(images->store, "busybox", "text");
	image_free(import(images->store, "x.y:5000/z:1", "other"));
	autofree char *digest = format("busybox@%s", image->manifest.text);
	autofree char *wrong = format("other@%s", image->manifest.text);
	char small[DIGEST_SHORT_LENGTH + 1];
	digest_short(&image->id, small);
	autofree char *prefixed = format("sha256:%s", small);
	const char *const found[] = {"busybox",
				     "busybox:latest",
				     "docker.io/library/busybox",
				     "library/busybox",
				     image->id.text,
				     digest_hex(&image->id),
				     small,
				     prefixed,
				     digest};

	for (size_t i = 0; i < countof(found); i++) {
		autoimage *same = NULL;

		assert_ok(image_resolve(images->store, found[i], &same));
		assert_string_equal(same->id.text, image->id.text);
		assert_string_equal(same->tags[0], "busybox:latest");
	}
	assert_ok(resolve(images, "x.y:5000/z:1"));
	assert_error(resolve(images, "nothing"), ERROR_NOT_FOUND, "No such image: nothing:latest");
	assert_error(resolve(images, "busybox:2"), ERROR_NOT_FOUND, "No such image: busybox:2");
	assert_error(resolve(images, wrong), ERROR_NOT_FOUND, "No such image: other@sha256:");
	assert_error(resolve(images, "sha256:0123"), ERROR_NOT_FOUND, "No such image: sha256:0123");
	assert_error(resolve(images, "A b"), ERROR_INVALID, "invalid reference format");
	assert_error(resolve(images, ""), ERROR_INVALID, "invalid reference format");
}

static void tags_come_and_move(void **state)
{
	struct images *images = *state;

	needs_root();
	autoimage *first = import(images->store, "a", "one");
	assert_ok(image_tag(images->store, "a", "b:2"));
	assert_ok(image_tag(images->store, "a", "b:2"));
	assert_names(images, "a:latest b:2");
	autoimage *second = import(images->store, "b:2", "two");
	assert_names(images, "b:2 a:latest");
	assert_ok(image_tag(images->store, "b:2", "a"));
	assert_names(images, "a:latest b:2 <none>");
	assert_ok(resolve(images, first->id.text));
	assert_error(image_tag(images->store, "nothing", "x"), ERROR_NOT_FOUND, "No such image");
	assert_error(image_tag(images->store, "a", "X"), ERROR_INVALID, "must be lowercase");
	autofree char *digest = format("a@%s", second->manifest.text);
	assert_error(image_tag(images->store, "a", digest), ERROR_INVALID,
		     "refusing to create a tag with a digest reference");
}

static void removing_names_and_images(void **state)
{
	struct images *images = *state;

	needs_root();
	autoimage *image = import(images->store, "a", "one");
	assert_ok(image_tag(images->store, "a", "a:2"));
	assert_removed(images, "a", "[{\"Untagged\":\"a:latest\"}]");
	assert_names(images, "a:2");
	autofree char *all =
		format("[{\"Untagged\":\"a:2\"},{\"Deleted\":\"%s\"},{\"Deleted\":\"%s\"}]",
		       image->id.text, image->layers[0].chain_id.text);
	assert_removed(images, "a:2", all);
	assert_names(images, "");
	assert_counts(images, 0, 0);
	assert_error(remove_image(images, "a", NULL, &all), ERROR_NOT_FOUND,
		     "No such image: a:latest");
}

static void removing_by_id(void **state)
{
	struct images *images = *state;
	struct image_remove_options force = {.force = true};
	char small[DIGEST_SHORT_LENGTH + 1];
	char *unused = NULL;

	needs_root();
	autoimage *image = import(images->store, "a:1", "one");
	digest_short(&image->id, small);
	assert_ok(image_tag(images->store, "a:1", "a:2"));
	assert_error(remove_image(images, small, NULL, &unused), ERROR_CONFLICT,
		     "(must be forced) - image is referenced in multiple repositories");
	assert_ok(image_tag(images->store, "a:1", "b"));
	assert_ok(remove_image(images, small, &force, &unused));
	assert_non_null(strstr(unused, "{\"Untagged\":\"a:1\"},{\"Untagged\":\"a:2\"},"
				       "{\"Untagged\":\"b:latest\"},{\"Deleted\":"));
	free(unused);
	assert_counts(images, 0, 0);
}

static void what_others_need_stays(void **state)
{
	struct images *images = *state;

	needs_root();
	autoimage *one = import(images->store, "one", "same");
	struct image_import_options options = {.name = "two", .message = "another config"};
	autoimage *two = NULL;
	autotar tar;
	tar_begin(&tar);
	tar_file(&tar, "file", "same");
	tar_end(&tar);
	struct source source = tar_source(&tar);
	assert_ok(image_import(images->store, &source, &options, &two));
	assert_string_equal(one->layers[0].chain_id.text, two->layers[0].chain_id.text);
	assert_counts(images, 5, 1);
	autofree char *expected =
		format("[{\"Untagged\":\"one:latest\"},{\"Deleted\":\"%s\"}]", one->id.text);
	assert_removed(images, "one", expected);
	assert_counts(images, 3, 1);
	assert_ok(resolve(images, "two"));
}

static char *a_container(void *context, const struct digest *id, bool *running)
{
	(void)id;
	*running = *(bool *)context;
	return duplicate("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
}

static void used_images_are_not_removed(void **state)
{
	struct images *images = *state;
	bool running = true;
	struct image_remove_options used = {.user = a_container, .context = &running};
	char *text = NULL;

	needs_root();
	autoimage *image = import(images->store, "a", "one");
	assert_error(remove_image(images, "a", &used, &text), ERROR_CONFLICT,
		     "conflict: unable to remove repository reference \"a\" (must force) - "
		     "container 0123456789ab is using its referenced image");
	assert_error(remove_image(images, image->id.text, &used, &text), ERROR_CONFLICT,
		     "(cannot be forced) - image is being used by running container 0123456789ab");
	used.force = true;
	assert_error(remove_image(images, image->id.text, &used, &text), ERROR_CONFLICT,
		     "(cannot be forced)");
	running = used.force = false;
	assert_error(remove_image(images, image->id.text, &used, &text), ERROR_CONFLICT,
		     "(must be forced) - image is being used by stopped container");
	used.force = true;
	assert_ok(remove_image(images, "a", &used, &text));
	autofree char *gone =
		format("[{\"Untagged\":\"a:latest\"},{\"Deleted\":\"%s\"}]", image->id.text);
	assert_string_equal(text, gone);
	free(text);
}

static void a_running_container_keeps_its_image_without_a_name(void **state)
{
	struct images *images = *state;
	bool running = true;
	struct image_remove_options used = {
		.force = true, .user = a_container, .context = &running};
	autofree char *text = NULL;

	needs_root();
	autoimage *image = import(images->store, "a", "one");
	assert_ok(remove_image(images, "a", &used, &text));
	assert_string_equal(text, "[{\"Untagged\":\"a:latest\"}]");
	assert_names(images, "<none>");
	assert_ok(resolve(images, image->id.text));
}

static char *no_container(void *context, const struct digest *id, bool *running)
{
	(void)context;
	(void)id;
	*running = false;
	return NULL;
}

static void a_stopped_container_keeps_what_its_image_was_made_of(void **state)
{
	struct images *images = *state;
	bool running = false;
	struct image_remove_options used = {
		.force = true, .user = a_container, .context = &running};
	const struct image_remove_options unused = {.user = no_container};
	autofree char *text = NULL, *again = NULL;
	int *fds;

	needs_root();
	autoimage *image = import(images->store, "a", "one");
	assert_ok(remove_image(images, "a", &used, &text));
	assert_names(images, "");
	assert_error(resolve(images, image->id.text), ERROR_NOT_FOUND, "No such image");
	assert_ok(image_sweep(images->store));
	assert_counts(images, 3, 1);
	autoimage *kept = NULL;
	assert_ok(image_resolve_kept(images->store, image->id.text, &kept));
	assert_ok(image_open_layers(images->store, kept, &fds));
	image_close_layers(fds, kept->layer_count);
	assert_ok(image_drop_kept(images->store, &used));
	assert_counts(images, 3, 1);

	/* Given a name, or only found again, it is an image as before. */
	assert_ok(image_adopt(images->store, &image->manifest, NULL, NULL));
	assert_names(images, "<none>");
	assert_ok(remove_image(images, image->id.text, &used, &again));
	assert_names(images, "");
	assert_ok(image_drop_kept(images->store, &unused));
	assert_counts(images, 0, 0);
	assert_error(image_resolve_kept(images->store, image->id.text, &kept), ERROR_NOT_FOUND,
		     "No such image");
}

/* As a pull leaves it: a tag and a digest of one repository are one name to remove. */
static void an_image_with_tag_and_digest_is_not_lost_to_its_container(void **state)
{
	struct images *images = *state;
	bool running = false;
	struct image_remove_options used = {.user = a_container, .context = &running};
	autofree char *text = NULL;

	needs_root();
	autoimage *image = import(images->store, "a", "one");
	autofree char *by_digest = format("a@%s", image->manifest.text);
	assert_ok(image_adopt(images->store, &image->manifest, by_digest, NULL));
	assert_error(remove_image(images, "a", &used, &text), ERROR_CONFLICT,
		     "(must force) - container 0123456789ab is using");
}

static void a_lease_keeps_what_has_no_name_yet(void **state)
{
	struct images *images = *state;
	struct digest digest;
	int lease;

	assert_ok(image_lease(images->store, &lease));
	assert_ok(content_put(image_store_content(images->store), "new", 3, &digest));
	assert_ok(image_sweep(images->store));
	assert_counts(images, 1, 0);
	close(lease);
	assert_ok(image_sweep(images->store));
	assert_counts(images, 0, 0);
}

static void opening_cleans_up_after_a_crash(void **state)
{
	struct images *images = *state;
	struct image_store *again;
	struct digest digest;

	needs_root();
	image_free(import(images->store, "a", "one"));
	assert_ok(content_put(image_store_content(images->store), "lost", 4, &digest));
	assert_counts(images, 4, 1);
	assert_ok(image_store_open(images->place->fd, NOT_DURABLE, &again));
	image_store_close(again);
	assert_counts(images, 3, 1);
	assert_ok(resolve(images, "a"));
}

static void damaged_images_do_not_hide_the_others(void **state)
{
	struct images *images = *state;

	needs_root();
	image_free(import(images->store, "good", "one"));
	autoimage *bad = import(images->store, "bad", "two");
	autofree char *path = format("blobs/sha256/%s", digest_hex(&bad->id));
	autofree char *noise = allocate(1000);
	uint64_t size;
	assert_ok(content_stat(image_store_content(images->store), &bad->id, &size));
	memset(noise, '{', 1000);
	assert_ok(file_write_atomic(images->place->fd, path, noise, size, 0644, NOT_DURABLE));
	assert_names(images, "good:latest");
	assert_error(resolve(images, "bad"), ERROR_CORRUPT, "is damaged");
	assert_ok(resolve(images, "good"));
	assert_removed(images, "bad", "[{\"Untagged\":\"bad:latest\"}]");
	assert_counts(images, 3, 1);
}

static void a_broken_import_leaves_nothing(void **state)
{
	struct images *images = *state;
	struct image_import_options options = {.name = "a"};
	autoimage *image = NULL;
	autotar tar;

	needs_root();
	tar_begin(&tar);
	tar_file(&tar, "a", "x");
	tar_file(&tar, "../b", "x");
	tar_end(&tar);
	struct source source = tar_source(&tar);
	assert_error(image_import(images->store, &source, &options, &image), ERROR_INVALID,
		     "leads out");
	tar.bytes.length = 100;
	source = tar_source(&tar);
	assert_error(image_import(images->store, &source, &options, &image), ERROR_INVALID, "");
	options.name = "A";
	assert_error(image_import(images->store, &source, &options, &image), ERROR_INVALID,
		     "must be lowercase");
	options = (struct image_import_options){.platform = "windows/amd64"};
	assert_error(image_import(images->store, &source, &options, &image), ERROR_INVALID,
		     "operating system is not supported");
	assert_counts(images, 0, 0);
}

static void layers_are_opened_lowest_first(void **state)
{
	struct images *images = *state;
	autobuffer bytes = {0};
	int *fds;

	needs_root();
	autoimage *image = import(images->store, "a", "text");
	assert_ok(image_open_layers(images->store, image, &fds));
	assert_ok(file_read(fds[0], "file", 100, &bytes));
	assert_string_equal(bytes.data, "text");
	image_close_layers(fds, image->layer_count);
	/* as when another tool had put the image into the layout */
	assert_ok(layer_remove(image_store_layers(images->store), &image->layers[0].chain_id));
	assert_ok(image_open_layers(images->store, image, &fds));
	image_close_layers(fds, image->layer_count);
	assert_counts(images, 3, 1);
}

static void *tag_many(void *argument)
{
	struct images *images = argument;
	struct error *e = NULL;

	for (int i = 0; !e && i < 20; i++) {
		autofree char *name = format("t%lx:%d", (long)pthread_self() & 0xffffff, i);

		e = image_tag(images->store, "a", name);
	}
	return e;
}

static void all_changes_of_many_writers_arrive(void **state)
{
	struct images *images = *state;
	pthread_t threads[4];
	void *problem;

	needs_root();
	image_free(import(images->store, "a", "text"));
	pid_t child = fork();
	if (child == 0) { /* another process with its own store on the same folder */
		struct image_store *own;

		if (image_store_open(images->place->fd, NOT_DURABLE, &own))
			_exit(1);
		images->store = own;
		_exit(tag_many(images) ? 1 : 0);
	}
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, tag_many, images), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		pthread_join(threads[i], &problem);
		assert_null(problem);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	autoimage *after = NULL;
	assert_ok(image_resolve(images->store, "a", &after));
	assert_in_range(after->tag_count, 1 + 4 * 20, 1 + 5 * 20);
}

static void *import_and_remove(void *argument)
{
	struct images *images = argument;
	autofree char *name = format("i%lx", (long)pthread_self() & 0xffffff);

	for (int i = 0; i < 10; i++) {
		autofree char *text = format("shared %d", i % 2);
		autofree char *report = NULL;
		autoimage *image = import(images->store, name, text);
		int *fds;

		assert_ok(image_open_layers(images->store, image, &fds));
		image_close_layers(fds, image->layer_count);
		assert_ok(remove_image(images, name, NULL, &report));
	}
	return NULL;
}

static void adding_and_removing_at_once_loses_nothing(void **state)
{
	struct images *images = *state;
	pthread_t threads[4];

	needs_root();
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, import_and_remove, images), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	assert_names(images, "");
	assert_ok(image_sweep(images->store));
	assert_counts(images, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(an_image_has_all_its_facts),
		in_images(names_and_ids_find_images),
		in_images(tags_come_and_move),
		in_images(removing_names_and_images),
		in_images(removing_by_id),
		in_images(what_others_need_stays),
		in_images(used_images_are_not_removed),
		in_images(a_running_container_keeps_its_image_without_a_name),
		in_images(a_stopped_container_keeps_what_its_image_was_made_of),
		in_images(an_image_with_tag_and_digest_is_not_lost_to_its_container),
		in_images(a_lease_keeps_what_has_no_name_yet),
		in_images(opening_cleans_up_after_a_crash),
		in_images(damaged_images_do_not_hide_the_others),
		in_images(a_broken_import_leaves_nothing),
		in_images(layers_are_opened_lowest_first),
		in_images(all_changes_of_many_writers_arrive),
		in_images(adding_and_removing_at_once_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
