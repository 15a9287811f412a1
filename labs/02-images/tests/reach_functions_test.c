/*
 * reach_functions_test - functions of the lab, called alone: reach_functions_test NAME
 *
 * Of what an image leads to, and what of a store is needed.
 * What a program of the store does not lead to, or what only a caller sees. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), as root in a sandbox; each test in a tmpfs of its own.
 */
#include "image_reach.h"
#include "image_store_test.h"

#define DIGEST                                                                                     \
	"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* of "abc" */

struct bringing {
	struct image_store *store;
	int root;
	enum { BRING, REFUSE, BREAK } how;
	size_t asked, visited;
};

/* In place of the folder of blobs lies a file: nobody can say what is there. */
static void break_blobs(int root)
{
	assert_int_equal(renameat(root, "blobs/sha256", root, "blobs/away"), 0);
	put_file(root, "blobs/sha256", "");
}

static void mend_blobs(int root)
{
	assert_int_equal(unlinkat(root, "blobs/sha256", 0), 0);
	assert_int_equal(renameat(root, "blobs/away", root, "blobs/sha256"), 0);
}

static fallible bring(void *context, const struct descriptor *blob)
{
	struct bringing *b = context;
	struct digest digest;

	b->asked++;
	if (b->how == REFUSE)
		return error_new(ERROR_UNAVAILABLE, "it is not to be had");
	if (b->how == BREAK) {
		break_blobs(b->root);
		return NULL;
	}
	TRY(content_put(b->store->content, "abc", 3, &digest));
	assert_true(digest_equal(&digest, &blob->digest));
	return NULL;
}

static fallible note_visit(void *context, const struct descriptor *blob)
{
	(void)blob;
	((struct bringing *)context)->visited++;
	return NULL;
}

/* From a descriptor of "abc", which is not there. */
static struct error *reach_abc(struct bringing *b, bool ask)
{
	autoimage_reach reach = {.store = b->store, .visit = note_visit, .context = b};
	struct descriptor descriptor = {.media_type = "x/y", .size = 3};

	b->asked = b->visited = 0;
	reach.missing = ask ? bring : NULL;
	assert_ok(digest_parse(DIGEST, &descriptor.digest));
	autojson *json = descriptor_json(&descriptor);
	TRY(image_reach(&reach, json));
	return image_reach(&reach, json); /* once is enough */
}

static void what_is_missing_is_asked_for(void **state)
{
	struct bringing b = {.root = ((struct place *)*state)->fd};

	assert_ok(image_store_open(b.root, NOT_DURABLE, &b.store));
	assert_ok(reach_abc(&b, false));
	assert_int_equal(b.visited, 0);
	b.how = REFUSE;
	assert_error(reach_abc(&b, true), ERROR_UNAVAILABLE, "it is not to be had");
	b.how = BREAK;
	assert_error(reach_abc(&b, true), ERROR_SYSTEM, "");
	assert_int_equal(b.asked, 1);
	assert_error(reach_abc(&b, true), ERROR_SYSTEM, ""); /* and nobody is asked */
	assert_int_equal(b.asked, 0);
	mend_blobs(b.root);
	b.how = BRING;
	assert_ok(reach_abc(&b, true));
	assert_int_equal(b.asked, 1);
	assert_int_equal(b.visited, 1);
	assert_ok(reach_abc(&b, true));
	assert_int_equal(b.asked, 0);
	autoimage_reach reach = {.store = b.store};
	autojson *nothing = json_pack("{s:s, s:i}", "mediaType", "x/y", "size", 3);
	assert_error(image_reach(&reach, nothing), ERROR_INVALID, "");
	image_store_close(b.store);
}

/* Takes the document's descriptor. */
static struct error *reach_from(struct bringing *b, json_t *descriptor)
{
	autoimage_reach reach = {.store = b->store, .visit = note_visit, .context = b};
	autojson *from = descriptor;

	b->visited = 0;
	return image_reach(&reach, from);
}

static json_t *put_with_subject(struct image_store *store, json_t *config, json_t *subject)
{
	return put_document(store, MEDIA_MANIFEST,
			    json_pack("{s:i, s:O, s:[], s:O}", "schemaVersion", 2, "config", config,
				      "layers", "subject", subject));
}

static void each_member_is_followed(void **state)
{
	struct bringing b = {0};

	assert_ok(image_store_open(((struct place *)*state)->fd, NOT_DURABLE, &b.store));
	autojson *good = put_document(b.store, "x/y", json_object());
	autojson *other = put_document(b.store, "x/y", json_array());
	autojson *bad = json_pack("{s:i}", "size", 1);
	assert_ok(reach_from(&b, put_with_subject(b.store, good, other)));
	assert_int_equal(b.visited, 3);
	json_t *wrong[] = {
		put_document(b.store, MEDIA_INDEX, json_array()),
		put_document(b.store, MEDIA_INDEX,
			     json_pack("{s:i, s:[O]}", "schemaVersion", 2, "manifests", bad)),
		put_document(b.store, MEDIA_MANIFEST,
			     json_pack("{s:i, s:O, s:[O]}", "schemaVersion", 2, "config", good,
				       "layers", bad)),
		put_with_subject(b.store, bad, good),
		put_with_subject(b.store, good, bad),
	};
	for (size_t i = 0; i < countof(wrong); i++)
		assert_error(reach_from(&b, wrong[i]), ERROR_INVALID, "");
	image_store_close(b.store);
}

/* Marks what an index of these entries needs; takes the entry. */
static struct error *mark(struct image_store *store, json_t *entry, struct image_marks *marks)
{
	autojson *index = json_pack("{s:[o]}", "manifests", entry);

	image_marks_finish(marks);
	*marks = (struct image_marks){0};
	return image_mark(store, index, marks);
}

/* A manifest with a config of this type and one layer; neither says anything. */
static json_t *put_manifest(struct image_store *store, const char *config_type)
{
	json_t *config = put_document(store, config_type, json_object());
	json_t *layer = put_document(store, "x/y", json_pack("[i]", 1));

	return put_document(store, MEDIA_MANIFEST,
			    json_pack("{s:i, s:o, s:[o]}", "schemaVersion", 2, "config", config,
				      "layers", layer));
}

static void all_that_an_image_needs_is_marked(void **state)
{
	struct image_store *store;
	autoimage_marks marks = {0};
	struct descriptor away = {.media_type = MEDIA_MANIFEST, .size = 3};

	assert_ok(image_store_open(((struct place *)*state)->fd, NOT_DURABLE, &store));
	autoimage *image = import(store, "one", "1");
	assert_ok(mark(store, json_incref(image->target), &marks));
	assert_true(digest_set_has(&marks.blobs, &image->manifest));
	assert_true(digest_set_has(&marks.blobs, &image->id));
	assert_true(digest_set_has(&marks.blobs, &image->layers[0].blob));
	assert_true(digest_set_has(&marks.layers, &image->layers[0].chain_id));
	/* What is no image of layers needs its blobs all the same. */
	static const char *const types[] = {"x/y", MEDIA_CONFIG};
	for (size_t i = 0; i < countof(types); i++) {
		struct descriptor descriptor;
		json_t *entry = put_manifest(store, types[i]);

		assert_ok(descriptor_parse(entry, "entry", &descriptor));
		struct digest digest = descriptor.digest;
		assert_ok(mark(store, entry, &marks));
		assert_true(digest_set_has(&marks.blobs, &digest));
	}
	assert_ok(digest_parse(DIGEST, &away.digest));
	assert_error(mark(store, descriptor_json(&away), &marks), ERROR_NOT_FOUND, "");
	assert_error(mark(store, json_pack("{s:i}", "size", 1), &marks), ERROR_INVALID, "");
	assert_ok(content_remove(store->content, &image->id));
	assert_error(mark(store, json_incref(image->target), &marks), ERROR_NOT_FOUND, "");
	assert_true(digest_set_has(&marks.blobs, &image->manifest));
	image_store_close(store);
}

static fallible count(void *context, const struct descriptor *blob)
{
	(void)blob;
	++*(size_t *)context;
	return NULL;
}

/* An index of so many others, each of which is another one. */
static json_t *wide_index(struct image_store *store, int width)
{
	json_t *members = json_array();

	for (int i = 0; i < width; i++)
		json_array_append_new(members,
				      put_document(store, MEDIA_INDEX,
						   json_pack("{s:i, s:[], s:i}", "schemaVersion", 2,
							     "manifests", "n", i)));
	return put_document(store, MEDIA_INDEX,
			    json_pack("{s:i, s:o}", "schemaVersion", 2, "manifests", members));
}

static void an_image_leads_to_so_many_documents(void **state)
{
	struct image_store *store;
	size_t seen = 0;

	assert_ok(image_store_open(((struct place *)*state)->fd, NOT_DURABLE, &store));
	autojson *most = wide_index(store, IMAGE_REACH_DOCUMENTS - 1);
	autojson *more = wide_index(store, IMAGE_REACH_DOCUMENTS);
	autoimage_reach reach = {.store = store, .visit = count, .context = &seen};
	autoimage_reach over = {.store = store};
	assert_ok(image_reach(&reach, most));
	assert_int_equal(seen, IMAGE_REACH_DOCUMENTS);
	assert_error(image_reach(&over, more), ERROR_TOO_LARGE, "");
	image_store_close(store);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_missing_is_asked_for),
		in_place(each_member_is_followed),
		in_place(all_that_an_image_needs_is_marked),
		in_place(an_image_leads_to_so_many_documents),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
