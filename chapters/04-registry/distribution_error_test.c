#include "distribution_error.h"

#include "images_test.h"
#include "json.h"

static void an_error_is_a_document(void **state)
{
	autoerror e = error_coded(&distribution_blob_unknown, "no blob \"%s\"", "x");
	autojson *document = distribution_error_json(e);
	autofree char *text = json_text(document);

	(void)state;
	assert_string_equal(
		text,
		"{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"no blob \\\"x\\\"\"}]}");
	assert_int_equal(error_http_status(e), 404);
	assert_int_equal(e->class, ERROR_NOT_FOUND);
}

static void what_has_no_code_gets_one(void **state)
{
	autoerror e = error_new(ERROR_FORBIDDEN, "no");
	autojson *document = distribution_error_json(e);

	(void)state;
	assert_string_equal(json_string_at(json_array_get(json_object_get(document, "errors"), 0),
					   "code", NULL),
			    "DENIED");
}

static void a_document_is_an_error(void **state)
{
	static const char body[] =
		"{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"gone\"}]}";
	autoerror e = distribution_error_parse(404, body, strlen(body), "pull a/b:1");

	(void)state;
	assert_string_equal(e->message,
			    "pull a/b:1: the registry answered 404: MANIFEST_UNKNOWN: gone");
	assert_ptr_equal(e->code, &distribution_manifest_unknown);
}

static void what_is_no_document_is_its_status(void **state)
{
	static const char *const bodies[] = {"", "<html>", "[]", "{\"errors\":{}}",
					     "{\"errors\":[1]}"};
	static const struct {
		int status;
		enum error_class class;
	} rows[] = {{401, ERROR_UNAUTHORIZED}, {403, ERROR_FORBIDDEN},   {404, ERROR_NOT_FOUND},
		    {429, ERROR_UNAVAILABLE},  {502, ERROR_UNAVAILABLE}, {418, ERROR_INVALID}};

	(void)state;
	for (size_t i = 0; i < countof(bodies); i++)
		for (size_t j = 0; j < countof(rows); j++) {
			autoerror e = distribution_error_parse(rows[j].status, bodies[i],
							       strlen(bodies[i]), "x");

			assert_int_equal(e->class, rows[j].class);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_is_a_document),
		cmocka_unit_test(what_has_no_code_gets_one),
		cmocka_unit_test(a_document_is_an_error),
		cmocka_unit_test(what_is_no_document_is_its_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
