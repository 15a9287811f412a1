#include "image_reach.h"

#include "image_store_test.h"

struct visits {
	size_t blobs, manifests, missing;
};

static fallible count_blob(void *context, const struct descriptor *blob)
{
	(void)blob;
	((struct visits *)context)->blobs++;
	return NULL;
}

static fallible count_manifest(void *context, const struct descriptor *manifest)
{
	(void)manifest;
	((struct visits *)context)->manifests++;
	return NULL;
}

static fallible count_missing(void *context, const struct descriptor *blob)
{
	(void)blob;
	((struct visits *)context)->missing++;
	return NULL;
}

static struct error *reach(struct images *images, const json_t *from, struct visits *visits)
{
	autoimage_reach reach = {.store = images->store,
				 .visit = count_blob,
				 .manifest = count_manifest,
				 .missing = count_missing,
				 .context = visits};

	*visits = (struct visits){0};
	TRY(image_reach(&reach, from));
	return image_reach(&reach, from); /* nothing is visited twice */
}

static json_t *put_index(struct images *images, json_t *manifests)
{
	return put_document(images->store, MEDIA_INDEX,
			    json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType",
				      MEDIA_INDEX, "manifests", manifests));
}

static void an_image_is_manifest_config_and_layers(void **state)
{
	struct images *images = *state;
	autoimage *image = import(images->store, "one", "1");
	struct visits visits;

	assert_ok(reach(images, image->target, &visits));
	assert_int_equal(visits.blobs, 3);
	assert_int_equal(visits.manifests, 1);
	assert_int_equal(visits.missing, 0);
}

static void an_index_leads_to_all_platforms_also_in_an_index(void **state)
{
	struct images *images = *state;
	autoimage *one = import(images->store, "one", "1");
	autoimage *two = import(images->store, "two", "2");
	struct visits visits;
	autojson *inner = put_index(images, json_pack("[O]", two->target));
	autojson *outer =
		put_index(images, json_pack("[O, O, O]", one->target, inner, one->target));

	assert_ok(reach(images, outer, &visits));
	assert_int_equal(visits.blobs, 2 + 2 * 3);
	assert_int_equal(visits.manifests, 2);
}

static void what_is_not_here_is_passed_over(void **state)
{
	struct images *images = *state;
	autoimage *one = import(images->store, "one", "1");
	struct descriptor elsewhere = {MEDIA_MANIFEST, {""}, 7};
	struct visits visits;

	digest_of("elsewhere", 9, &elsewhere.digest);
	autojson *index =
		put_index(images, json_pack("[O, o]", one->target, descriptor_json(&elsewhere)));
	assert_ok(reach(images, index, &visits));
	assert_int_equal(visits.blobs, 1 + 3);
	assert_int_equal(visits.missing, 1);
}

static void an_unknown_document_is_a_blob_like_any_other(void **state)
{
	struct images *images = *state;
	struct visits visits;
	autojson *unknown = put_document(images->store, "x/y", json_pack("{s:[]}", "manifests"));

	assert_ok(reach(images, unknown, &visits));
	assert_int_equal(visits.blobs, 1);
	assert_int_equal(visits.manifests, 0);
}

static void depth_is_bounded(void **state)
{
	struct images *images = *state;
	json_t *index = put_index(images, json_array());
	struct visits visits;

	for (int i = 0; i < 100; i++)
		index = put_index(images, json_pack("[o]", index));
	assert_error(reach(images, index, &visits), ERROR_TOO_LARGE, "");
	json_decref(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(an_image_is_manifest_config_and_layers),
		in_images(an_index_leads_to_all_platforms_also_in_an_index),
		in_images(what_is_not_here_is_passed_over),
		in_images(an_unknown_document_is_a_blob_like_any_other),
		in_images(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
