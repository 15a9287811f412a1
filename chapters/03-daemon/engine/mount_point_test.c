#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "mount_point.h"

/* The points of a HostConfig, as the JSON of `inspect` and their OCI options. */
static char *described(const char *text)
{
	autojson *host_config = json_loads(text, 0, NULL);
	autojson *list = json_array();
	auto_mount_points points;

	assert_non_null(host_config);
	assert_null(mount_points_read(host_config, NULL, &points));
	for (size_t i = 0; i < points.count; i++)
		json_array_append_new(
			list,
			json_pack("[s, s, o, b]",
				  points.items[i].source ? points.items[i].source : "",
				  points.items[i].target, mount_point_options(&points.items[i]),
				  points.items[i].make_source));
	return json_text(list);
}

static void assert_described(const char *text, const char *expected)
{
	autofree char *actual = described(text);

	assert_string_equal(actual, expected);
}

static void binds_are_read(void **state)
{
	(void)state;
	assert_described("{\"Binds\":[\"/a:/b\"]}",
			 "[[\"/a\",\"/b\",[\"rbind\",\"rprivate\"],true]]");
	assert_described("{\"Binds\":[\"/a/../c/:/b//d/.:ro,rslave,Z\"]}",
			 "[[\"/c\",\"/b/d\",[\"rbind\",\"rslave\",\"rro\"],true]]");
	assert_described("{\"Binds\":[\"/a:/../../etc\"]}",
			 "[[\"/a\",\"/etc\",[\"rbind\",\"rprivate\"],true]]");
}

static void mounts_are_read(void **state)
{
	(void)state;
	assert_described("{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\","
			 "\"ReadOnly\":true,\"BindOptions\":{\"NonRecursive\":true}}]}",
			 "[[\"/a\",\"/b\",[\"bind\",\"rprivate\",\"rro\"],false]]");
	assert_described("{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\","
			 "\"ReadOnly\":true,\"BindOptions\":{\"ReadOnlyNonRecursive\":true}}]}",
			 "[[\"/a\",\"/b\",[\"rbind\",\"rprivate\",\"ro\"],false]]");
	assert_described("{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":"
			 "{\"SizeBytes\":1024,\"Mode\":511}}]}",
			 "[[\"\",\"/t\",[\"noexec\",\"nosuid\",\"nodev\",\"rprivate\","
			 "\"size=1024\",\"mode=777\"],false]]");
	assert_described("{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/t\",\"TmpfsOptions\":"
			 "{\"Options\":[[\"exec\"],[\"uid\",\"7\"],[]]}}]}",
			 "[[\"\",\"/t\",[\"noexec\",\"nosuid\",\"nodev\",\"rprivate\","
			 "\"exec\",\"uid=7\"],false]]");
	assert_described("{\"Tmpfs\":{\"/run\":\"size=1m,exec\"}}",
			 "[[\"\",\"/run\",[\"noexec\",\"nosuid\",\"nodev\",\"rprivate\","
			 "\"size=1m\",\"exec\"],false]]");
}

/* With and without a name, and from an image, where nothing else is. */
static void volumes_are_read(void **state)
{
	static const struct {
		const char *name, *target;
		bool read_only, no_copy;
	} expected[] = {{"data", "/d", false, true},
			{NULL, "/a", false, false},
			{"mine", "/m", true, true},
			{NULL, "/n", false, false},
			{NULL, "/image", false, false}};
	autojson *host_config = json_loads(
		"{\"Binds\":[\"data:/d:nocopy\",\"/"
		"a\"],\"Mounts\":[{\"Type\":\"volume\",\"Source\":"
		"\"mine\",\"Target\":\"/m\",\"ReadOnly\":true,\"VolumeOptions\":{\"NoCopy\":true}},"
		"{\"Type\":\"volume\",\"Target\":\"/n\"}]}",
		0, NULL);
	autojson *config = json_loads("{\"Volumes\":{\"/image/\":{},\"/m\":{}}}", 0, NULL);
	auto_mount_points points;

	(void)state;
	assert_null(mount_points_read(host_config, config, &points));
	assert_int_equal(points.count, countof(expected));
	for (size_t i = 0; i < points.count; i++) {
		const struct mount_point *point = &points.items[i];

		assert_int_equal(point->type, MOUNT_POINT_VOLUME);
		assert_int_equal(point->source != NULL, expected[i].name != NULL);
		if (point->source)
			assert_string_equal(point->source, expected[i].name);
		assert_string_equal(point->target, expected[i].target);
		assert_int_equal(point->read_only, expected[i].read_only);
		assert_int_equal(point->no_copy, expected[i].no_copy);
	}
}

static void inspect_shows_where_and_how(void **state)
{
	autojson *host_config = json_loads("{\"Binds\":[\"/a:/b:ro\"]}", 0, NULL);
	auto_mount_points points;

	(void)state;
	assert_null(mount_points_read(host_config, NULL, &points));
	autojson *shown = mount_point_json(&points.items[0]);
	autofree char *text = json_text(shown);
	assert_string_equal(text, "{\"Type\":\"bind\",\"Source\":\"/a\",\"Destination\":\"/b\","
				  "\"Mode\":\"ro\",\"RW\":false,\"Propagation\":\"rprivate\"}");
}

static const struct {
	const char *text;
	enum error_class class;
	const char *message;
} refused[] = {
	{"{\"Binds\":[\"data:b\"]}", ERROR_INVALID,
	 "invalid volume specification: 'data:b': invalid mount config for type \"volume\": "
	 "invalid mount path: 'b' mount path must be absolute"},
	{"{\"Binds\":[\":/b\"]}", ERROR_INVALID, "invalid volume specification: ':/b'"},
	{"{\"Binds\":[\"data:/b:rslave\"]}", ERROR_INVALID,
	 "invalid volume specification: 'data:/b:rslave': invalid mount config for type "
	 "\"volume\": field BindOptions must not be specified"},
	{"{\"Binds\":[\"/a:/b:nocopy\"]}", ERROR_INVALID,
	 "invalid volume specification: '/a:/b:nocopy': invalid mount config for type \"bind\": "
	 "field VolumeOptions must not be specified"},
	{"{\"Binds\":[\"/a:ro\"]}", ERROR_INVALID, "invalid volume specification: '/a:ro'"},
	{"{\"Binds\":[\"\"]}", ERROR_INVALID,
	 "invalid volume specification: '': invalid mount config for type \"volume\": field Target "
	 "must not be empty"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"ReadOnly\":true}]}", ERROR_INVALID,
	 "invalid mount config for type \"volume\": must not set ReadOnly mode when using "
	 "anonymous "
	 "volumes"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/"
	 "b\",\"VolumeOptions\":{\"Subpath\":\"a\"}}]}",
	 ERROR_INVALID,
	 "invalid mount config for type \"volume\": must not set Subpath when using anonymous "
	 "volumes"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"BindOptions\":{}}]}", ERROR_INVALID,
	 "invalid mount config for type \"volume\": field BindOptions must not be specified"},
	{"{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/"
	 "b\",\"VolumeOptions\":{}}]}",
	 ERROR_INVALID,
	 "invalid mount config for type \"bind\": field VolumeOptions must not be specified"},
	{"{\"Mounts\":[{\"Type\":\"image\",\"Target\":\"/b\"}]}", ERROR_INVALID,
	 "invalid mount config for type \"image\": field Source must not be empty"},
	{"{\"Binds\":[\"/a:\"]}", ERROR_INVALID,
	 "invalid volume specification: '/a:': invalid mount config for type \"bind\": field "
	 "Target must not be empty"},
	{"{\"Binds\":[\"/a:b\"]}", ERROR_INVALID,
	 "invalid volume specification: '/a:b': invalid mount config for type \"bind\": invalid "
	 "mount path: 'b' mount path must be absolute"},
	{"{\"Binds\":[\"/a:/../\"]}", ERROR_INVALID,
	 "invalid volume specification: '/a:/../': invalid mount config for type \"bind\": invalid "
	 "specification: destination can't be '/'"},
	{"{\"Binds\":[\"/a:/b:nope\"]}", ERROR_INVALID, "invalid mode: nope"},
	{"{\"Binds\":[\"/a:/b:ro:x\"]}", ERROR_INVALID,
	 "invalid volume specification: '/a:/b:ro:x'"},
	{"{\"Binds\":[\"/a:/b\",\"/c:/x/../b\"]}", ERROR_INVALID, "Duplicate mount point: /b"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"b\"}]}", ERROR_INVALID,
	 "invalid mount config for type \"volume\": invalid mount path: 'b' mount path must be "
	 "absolute"},
	{"{\"Mounts\":[{\"Type\":\"odd\",\"Target\":\"/b\"}]}", ERROR_INVALID,
	 "invalid mount config for type \"odd\": mount type unknown"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\"},{\"Type\":\"tmpfs\","
	 "\"Target\":\"/b\"}]}",
	 ERROR_INVALID, "Duplicate mount point: /b"},
	{"{\"Tmpfs\":{\"b\":\"\"}}", ERROR_INVALID,
	 "invalid mount path: 'b' mount path must be absolute"},
	{"{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\",\"BindOptions\":"
	 "{\"ReadOnlyNonRecursive\":true,\"ReadOnlyForceRecursive\":true}}]}",
	 ERROR_INVALID,
	 "invalid mount config for type \"bind\": mount options conflict: ReadOnlyNonRecursive && "
	 "ReadOnlyForceRecursive"},
	/* What inspect would show must be what its readers expect. */
	{"{\"Mounts\":[7]}", ERROR_INVALID, "Mounts must be an object"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"ReadOnly\":\"yes\"}]}",
	 ERROR_INVALID, "invalid JSON: Mounts.ReadOnly must be true or false"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"VolumeOptions\":[]}]}",
	 ERROR_INVALID, "invalid JSON: Mounts.VolumeOptions must be an object"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"VolumeOptions\":{\"Labels\":"
	 "{\"a\":5}}}]}",
	 ERROR_INVALID, "invalid JSON: VolumeOptions.Labels must be an object of strings"},
	{"{\"Mounts\":[{\"Type\":\"volume\",\"Target\":\"/b\",\"VolumeOptions\":{\"DriverConfig\":"
	 "{\"Options\":{\"type\":5}}}}]}",
	 ERROR_INVALID, "invalid JSON: DriverConfig.Options must be an object of strings"},
	{"{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/b\",\"TmpfsOptions\":{\"SizeBytes\":"
	 "\"1m\"}}]}",
	 ERROR_INVALID, "invalid JSON: TmpfsOptions.SizeBytes must be an integer"},
	{"{\"Mounts\":[{\"Type\":\"tmpfs\",\"Target\":\"/b\",\"TmpfsOptions\":{\"Options\":"
	 "[[\"uid\",5]]}}]}",
	 ERROR_INVALID, "invalid JSON: TmpfsOptions.Options must be an array of strings"},
	{"{\"Mounts\":[{\"Type\":\"bind\",\"Target\":\"/b\"}]}", ERROR_INVALID,
	 "invalid mount config for type \"bind\": field Source must not be empty"},
	{"{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\",\"BindOptions\":"
	 "{\"Propagation\":\"x\"}}]}",
	 ERROR_INVALID, "invalid mount config for type \"bind\": invalid propagation mode: x"},
};

static void a_part_of_a_volume_stays_in_it(void **state)
{
	static const struct {
		const char *path;
		bool inside;
	} cases[] = {{"a", true},     {"a/b/", true},  {"a/../b", true},     {"./a", true},
		     {"..", false},   {"../a", false}, {"a/../../b", false}, {"/a", false},
		     {"a/..b", true}, {"...", true},   {"a/./..", true},     {"a//../..", false}};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autojson *host_config = json_pack("{s:[{s:s, s:s, s:s, s:{s:s}}]}", "Mounts",
						  "Type", "volume", "Source", "data", "Target",
						  "/d", "VolumeOptions", "Subpath", cases[i].path);
		auto_mount_points points;
		autoerror e = mount_points_read(host_config, NULL, &points);

		if (!e != cases[i].inside)
			fail_msg("%s", cases[i].path);
		if (!e)
			assert_string_equal(points.items[0].subpath, cases[i].path);
		else
			assert_non_null(
				strstr(e->message, "subpath must be a relative path within"));
	}
}

/* The image's places are paths, as the client has found out that they are. */
static void a_place_without_a_name_may_have_colons(void **state)
{
	autojson *config = json_loads("{\"Volumes\":{\"a:/x\":{}}}", 0, NULL);
	autojson *root = json_loads("{\"Volumes\":{\"/a/..\":{}}}", 0, NULL);
	auto_mount_points points, none;

	(void)state;
	assert_null(mount_points_read(NULL, config, &points));
	assert_int_equal(points.count, 1);
	assert_null(points.items[0].source);
	assert_string_equal(points.items[0].target, "/a:/x");
	autoerror e = mount_points_read(NULL, root, &none);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "destination can't be '/'"));
}

static void what_is_wrong_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(refused); i++) {
		autojson *host_config = json_loads(refused[i].text, 0, NULL);
		auto_mount_points points;

		assert_non_null(host_config);
		autoerror e = mount_points_read(host_config, NULL, &points);
		if (!e)
			fail_msg("accepted: %s", refused[i].text);
		assert_int_equal(e->class, refused[i].class);
		if (strncmp(e->message, refused[i].message, strlen(refused[i].message)) != 0)
			fail_msg("%s: %s", refused[i].text, e->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_are_read),
		cmocka_unit_test(mounts_are_read),
		cmocka_unit_test(volumes_are_read),
		cmocka_unit_test(inspect_shows_where_and_how),
		cmocka_unit_test(a_part_of_a_volume_stays_in_it),
		cmocka_unit_test(a_place_without_a_name_may_have_colons),
		cmocka_unit_test(what_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
