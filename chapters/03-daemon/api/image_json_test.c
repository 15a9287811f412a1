#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_json.h"
#include "json.h"

static const char config[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2023-11-14T22:13:20.5Z\","
	"\"author\":\"me\",\"config\":{\"Cmd\":[\"sh\"],\"Labels\":{\"a\":\"b\"}},"
	"\"history\":[{\"created\":\"2023-11-14T22:13:19Z\",\"created_by\":\"ADD x /\"},"
	"{\"created\":\"2023-11-14T22:13:20Z\",\"created_by\":\"CMD sh\",\"empty_layer\":true,"
	"\"comment\":\"made by hand\"}]}";

static struct image_layer layer = {.diff_id = {"sha256:d1ff"}, .size = 1000};
static char first_tag[] = "busybox:1", second_tag[] = "busybox:latest";
static char *tags[] = {first_tag, second_tag};

static struct image image = {
	.id = {"sha256:1d"},
	.layers = &layer,
	.layer_count = 1,
	.size = 1000,
	.created = {.tv_sec = 1700000000, .tv_nsec = 500000000},
	.architecture = "amd64",
	.variant = "",
	.os = "linux",
	.tags = tags,
	.tag_count = 2,
	.parent = "sha256:ba5e",
	.tagged = {.tv_sec = 1700000001},
};

static int read_config(void **state)
{
	(void)state;
	struct error *e = json_parse(config, strlen(config), "config", &image.config);

	return e != NULL;
}

static int drop_config(void **state)
{
	(void)state;
	json_decref(image.config);
	return 0;
}

static void test_a_row_by_version(void **state)
{
	(void)state;
	autojson *none = json_array();
	autojson *old = image_summary_json(&image, none, 42);
	autojson *new = image_summary_json(&image, none, 50);

	assert_string_equal(json_string_value(json_array_get(json_object_get(old, "RepoTags"), 0)),
			    "<none>:<none>");
	assert_int_equal(json_integer_value(json_object_get(old, "VirtualSize")), 1000);
	assert_int_equal(json_array_size(json_object_get(new, "RepoTags")), 0);
	assert_null(json_object_get(new, "VirtualSize"));
	assert_string_equal(json_string_at(new, "Labels", "a", NULL), "b");
	assert_int_equal(json_integer_value(json_object_get(new, "Created")), 1700000000);
}

static void test_inspect(void **state)
{
	(void)state;
	autojson *body = image_inspect_json(&image, 50);

	assert_non_null(body);
	assert_string_equal(json_string_at(body, "Created", NULL), "2023-11-14T22:13:20.5Z");
	assert_string_equal(json_string_at(body, "Comment", NULL), "made by hand");
	assert_string_equal(json_string_at(body, "Author", NULL), "me");
	assert_null(json_object_get(body, "Variant"));
	assert_string_equal(json_string_at(body, "Parent", NULL), "sha256:ba5e");
	assert_string_equal(json_string_at(body, "Metadata", "LastTagTime", NULL),
			    "2023-11-14T22:13:21Z");
	assert_int_equal(json_array_size(json_object_get(body, "RepoTags")), 2);
	assert_string_equal(
		json_string_value(json_array_get(json_at(body, "RootFS", "Layers", NULL), 0)),
		"sha256:d1ff");
}

static void test_inspect_of_old_versions(void **state)
{
	(void)state;
	autojson *old = image_inspect_json(&image, 44), *newer = image_inspect_json(&image, 49),
		 *newest = image_inspect_json(&image, 50);

	assert_non_null(json_at(old, "ContainerConfig", "Volumes", NULL));
	assert_null(json_at(newer, "ContainerConfig", NULL));
	assert_non_null(json_at(newer, "Config", "Hostname", NULL));
	assert_string_equal(
		json_string_value(json_array_get(json_at(newer, "Config", "Cmd", NULL), 0)), "sh");
	assert_null(json_at(newest, "Config", "Hostname", NULL));
}

static void test_history_has_sizes_at_the_right_steps(void **state)
{
	(void)state;
	autojson *rows = image_history_json(&image);
	json_t *newest = json_array_get(rows, 0), *oldest = json_array_get(rows, 1);

	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(json_string_at(newest, "Id", NULL), "sha256:1d");
	assert_string_equal(json_string_at(newest, "CreatedBy", NULL), "CMD sh");
	assert_int_equal(json_integer_value(json_object_get(newest, "Size")), 0);
	assert_int_equal(json_array_size(json_object_get(newest, "Tags")), 2);
	assert_string_equal(json_string_at(oldest, "Id", NULL), "<missing>");
	assert_int_equal(json_integer_value(json_object_get(oldest, "Size")), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row_by_version),
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_inspect_of_old_versions),
		cmocka_unit_test(test_history_has_sizes_at_the_right_steps),
	};

	return cmocka_run_group_tests(tests, read_config, drop_config);
}
