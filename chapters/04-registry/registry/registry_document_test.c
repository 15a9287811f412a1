#include "registry_document.h"

#include "descriptor.h"
#include "registry_test.h"

#define A                "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DESCRIPTOR(more) "{\"mediaType\":\"c/d\",\"digest\":\"" A "\",\"size\":1" more "}"

static struct error *read_text(const char *text, const char *type, struct registry_manifest *out)
{
	return registry_document_read(text, strlen(text), type, out);
}

static void it_needs_what_it_names(void **state)
{
	auto_registry_manifest m = {0};

	(void)state;
	assert_ok(read_text(
		"{\"mediaType\":\"" MEDIA_MANIFEST
		"\",\"config\":" DESCRIPTOR("") ",\"layers\":[" DESCRIPTOR("") "," DESCRIPTOR(
			",\"urls\":[\"x\"]") "],\"annotations\":{\"k\":\"v\"}}",
		MEDIA_MANIFEST "; charset=utf-8", &m));
	assert_string_equal(m.media_type, MEDIA_MANIFEST);
	assert_int_equal(m.edge_count, 3);
	assert_false(m.edges[1].optional);
	assert_true(m.edges[2].optional);
	assert_string_equal(m.artifact_type, "c/d");
	assert_string_equal(m.annotations, "{\"k\":\"v\"}");
	assert_null(m.subject);
}

static void a_known_type_must_be_well_formed(void **state)
{
	static const char *const wrong[] = {
		"{",
		"[]",
		"{\"layers\":{}}",
		"{\"layers\":[1]}",
		"{\"config\":{\"digest\":\"sha256:x\"}}",
		"{\"subject\":1}",
		"{\"mediaType\":\"other/type\"}",
	};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		auto_registry_manifest m = {0};

		assert_code(read_text(wrong[i], MEDIA_MANIFEST, &m), distribution_manifest_invalid);
	}
	auto_registry_manifest m = {0};
	assert_code(read_text("{}", NULL, &m), distribution_manifest_invalid);
}

static void of_another_type_what_can_be_read_is_taken(void **state)
{
	auto_registry_manifest m = {0};

	(void)state;
	assert_ok(read_text("{\"layers\":[1," DESCRIPTOR("") "],\"subject\":" DESCRIPTOR(
				    "") ",\"artifactType\":\"t\"}",
			    "x/y", &m));
	assert_int_equal(m.edge_count, 1);
	assert_true(m.edges[0].optional);
	assert_string_equal(m.subject, A);
	assert_string_equal(m.artifact_type, "t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_needs_what_it_names),
		cmocka_unit_test(a_known_type_must_be_well_formed),
		cmocka_unit_test(of_another_type_what_can_be_read_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
