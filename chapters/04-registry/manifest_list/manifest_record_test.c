#include "manifest_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

#define DOCKER_TYPE "application/vnd.docker.distribution.manifest.v2+json"
#define OCI_TYPE    "application/vnd.oci.image.manifest.v1+json"

static json_t *record_of(const char *type, const char *platform)
{
	static const char document[] = "{\"layers\":[]}";
	struct buffer bytes = {.data = (char *)document, .length = strlen(document)};
	autofree char *text =
		format("{\"mediaType\":\"%s\",\"digest\":\"sha256:1\",\"size\":13%s%s}", type,
		       *platform ? ",\"platform\":" : "", platform);
	autojson *descriptor = json_loads(text, 0, NULL);
	json_t *record;

	assert_non_null(descriptor);
	assert_null(manifest_record_create("h/x:1", descriptor, &bytes, &record));
	return record;
}

static void is_text(const json_t *value, const char *expected)
{
	autobuffer text = {0};

	json_append(&text, value);
	assert_string_equal(text.data, expected);
}

static void test_a_record_is_dockers_file(void **state)
{
	autojson *docker = record_of(DOCKER_TYPE, ""), *oci = record_of(OCI_TYPE, "{\"os\":\"a\"}");
	autobuffer document = {0};

	(void)state;
	is_text(docker, "{\"Ref\":\"h/x:1\",\"Descriptor\":{\"mediaType\":\"" DOCKER_TYPE
			"\",\"digest\":\"sha256:1\",\"size\":13},\"Raw\":\"eyJsYXllcnMiOltdfQ==\","
			"\"SchemaV2Manifest\":{\"layers\":[]}}");
	is_text(oci, "{\"Ref\":\"h/x:1\",\"Descriptor\":{\"mediaType\":\"" OCI_TYPE
		     "\",\"digest\":\"sha256:1\",\"size\":13,\"platform\":{\"os\":\"a\"}},\"Raw\":"
		     "\"eyJsYXllcnMiOltdfQ==\",\"OCIManifest\":{\"layers\":[]}}");
	assert_null(manifest_record_document(oci, &document));
	assert_int_equal(document.length, 13);
	assert_memory_equal(document.data, "{\"layers\":[]}", 13);
	json_object_set_new(oci, "Raw", json_string("?"));
	autoerror e = manifest_record_document(oci, &document);
	assert_non_null(e);
}

static void test_annotations(void **state)
{
	static const struct {
		const char *before;
		struct manifest_options options;
		const char *features, *platform; /* NULL: refused */
	} rows[] = {
		{"",
		 {.os = "linux", .arch = "arm", .variant = "v7"},
		 NULL,
		 "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}"},
		{"{\"os\":\"linux\",\"architecture\":\"amd64\",\"os.features\":[\"a\"]}",
		 {.os_version = "1.2"},
		 "a,b",
		 "{\"architecture\":\"amd64\",\"os\":\"linux\",\"os.version\":\"1.2\","
		 "\"os.features\":[\"a\",\"b\"]}"},
		{"null", {.os_version = "1"}, NULL, NULL},
		{"", {.os = "linux", .arch = ""}, NULL, NULL},
		{"", {.os = "linux", .arch = "386 amd64"}, NULL, NULL},
		{"", {.os = "plan9", .arch = "arm"}, NULL, NULL},
		{"",
		 {.os = "windows", .arch = "amd64"},
		 NULL,
		 "{\"architecture\":\"amd64\",\"os\":\"windows\"}"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *record = record_of(OCI_TYPE, rows[i].before);
		struct manifest_options options = rows[i].options;

		if (rows[i].features)
			words_append(&options.os_features, rows[i].features);
		autoerror e = manifest_record_annotate(record, &options);
		words_finish(&options.os_features);
		if (!e != !!rows[i].platform)
			fail_msg("row %zu: %s", i, e ? e->message : "taken");
		if (!e)
			is_text(json_at(record, "Descriptor", "platform", NULL), rows[i].platform);
	}
}

static void test_the_first_manifest_says_which_list_it_is(void **state)
{
	const char *platform = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"\"}";
	autojson *oci = json_array(), *docker = json_array(), *none = json_array(), *list = NULL;
	autojson *other = NULL;
	autobuffer text = {0};

	(void)state;
	json_array_append_new(oci, record_of(OCI_TYPE, platform));
	json_array_append_new(oci, record_of(DOCKER_TYPE, platform));
	json_array_append_new(docker, record_of(DOCKER_TYPE, platform));
	json_array_append_new(none, record_of(OCI_TYPE, ""));
	assert_null(manifest_list_of_records(oci, &list));
	assert_string_equal(json_string_at(list, "mediaType", NULL),
			    "application/vnd.oci.image.index.v1+json");
	assert_null(manifest_list_of_records(docker, &other));
	json_append_indented(&text, other, "   ");
	assert_string_equal(text.data,
			    "{\n   \"schemaVersion\": 2,\n   \"mediaType\": "
			    "\"application/vnd.docker.distribution.manifest.list.v2+json\",\n"
			    "   \"manifests\": [\n      {\n         \"mediaType\": \"" DOCKER_TYPE
			    "\",\n"
			    "         \"size\": 13,\n         \"digest\": \"sha256:1\",\n"
			    "         \"platform\": {\n            \"architecture\": \"amd64\",\n"
			    "            \"os\": \"linux\"\n         }\n      }\n   ]\n}");
	json_t *nothing = NULL;
	autoerror e = manifest_list_of_records(none, &nothing);
	assert_non_null(e);
	assert_string_equal(e->message,
			    "manifest h/x:1 must have an OS and Architecture to be pushed to a "
			    "registry");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_is_dockers_file),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_the_first_manifest_says_which_list_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
