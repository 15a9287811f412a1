#include "descriptor.h"

#include "images_test.h"
#include "json.h"

#define DIGEST "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static struct error *parse(const char *text, struct descriptor *out)
{
	static json_t *document; /* what `out` borrows from */

	json_decref(document);
	document = NULL;
	assert_ok(json_parse(text, strlen(text), "text", &document));
	struct error *e = descriptor_parse(document, "it", out);
	if (e) {
		json_decref(document);
		document = NULL;
	}
	return e;
}

static void it_is_read_and_written(void **state)
{
	struct descriptor descriptor;

	(void)state;
	autojson *json =
		json_pack("{s:s, s:s, s:i}", "mediaType", "x/y", "digest", DIGEST, "size", 7);
	assert_ok(descriptor_parse(json, "it", &descriptor));
	assert_string_equal(descriptor.media_type, "x/y");
	assert_string_equal(descriptor.digest.text, DIGEST);
	assert_int_equal(descriptor.size, 7);
	autojson *again = descriptor_json(&descriptor);
	assert_true(json_equal(json, again));
}

static void what_is_none_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"[]", "it is not an object"},
		{"{}", "it"},
		{"{\"digest\":\"" DIGEST "\"}", "no valid size"},
		{"{\"digest\":\"" DIGEST "\",\"size\":-1}", "no valid size"},
		{"{\"digest\":\"" DIGEST "\",\"size\":\"1\"}", "size"},
		{"{\"digest\":\"sha256:../..\",\"size\":1}", "digest"},
		{"{\"digest\":1,\"size\":1}", "digest"},
		{"{\"digest\":\"" DIGEST "\",\"size\":1,\"mediaType\":[]}", "mediaType"},
	};
	struct descriptor descriptor;

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_error(parse(cases[i].text, &descriptor), ERROR_INVALID, cases[i].says);
}

static void kinds_are_told_in_ocis_and_dockers_words(void **state)
{
	static const struct {
		const char *type;
		enum descriptor_kind kind;
	} cases[] = {
		{MEDIA_INDEX, DESCRIPTOR_INDEX},
		{MEDIA_DOCKER_LIST, DESCRIPTOR_INDEX},
		{MEDIA_MANIFEST, DESCRIPTOR_MANIFEST},
		{MEDIA_DOCKER_MANIFEST, DESCRIPTOR_MANIFEST},
		{"", DESCRIPTOR_MANIFEST},
		{MEDIA_CONFIG, DESCRIPTOR_OTHER},
		{"application/vnd.oci.image.manifest.v2+json", DESCRIPTOR_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *type = duplicate(cases[i].type);
		struct descriptor descriptor = {.media_type = type};
		const char *known = descriptor_known_type(&descriptor);

		assert_int_equal(descriptor_kind(&descriptor), cases[i].kind);
		assert_string_equal(known, cases[i].kind == DESCRIPTOR_OTHER ? "" : type);
		assert_ptr_not_equal(known, type); /* it outlives what it was read from */
	}
}

static void a_layers_type_is_ocis_in_a_manifest_of_ocis(void **state)
{
	static const char *const types[][2] = {
		{MEDIA_DOCKER_LAYER, MEDIA_LAYER},
		{MEDIA_DOCKER_LAYER_GZIP, MEDIA_LAYER_GZIP},
		{MEDIA_DOCKER_LAYER_ZSTD, MEDIA_LAYER_ZSTD},
		{MEDIA_LAYER_GZIP, MEDIA_LAYER_GZIP},
		{"x/y", "x/y"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < countof(types); i++)
		assert_string_equal(descriptor_oci_layer_type(types[i][0]), types[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_read_and_written),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(kinds_are_told_in_ocis_and_dockers_words),
		cmocka_unit_test(a_layers_type_is_ocis_in_a_manifest_of_ocis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
