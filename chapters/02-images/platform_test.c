#include "platform.h"

#include "images_test.h"
#include "json.h"

static void assert_platform(const char *text, const char *expected)
{
	struct platform platform;

	assert_ok(platform_parse(text, &platform));
	autofree char *normal = platform_text(&platform);
	assert_string_equal(normal, expected);
}

static void spellings_have_one_form(void **state)
{
	(void)state;
	assert_platform("linux/amd64", "linux/amd64");
	assert_platform("Linux/x86_64", "linux/amd64");
	assert_platform("linux/aarch64", "linux/arm64");
	assert_platform("linux/arm64/v8", "linux/arm64");
	assert_platform("linux/arm64/8", "linux/arm64");
	assert_platform("linux/arm", "linux/arm/v7");
	assert_platform("linux/armhf", "linux/arm/v7");
	assert_platform("linux/armel", "linux/arm/v6");
	assert_platform("linux/amd64/v1", "linux/amd64");
	assert_platform("linux/amd64/v3", "linux/amd64/v3");
	assert_platform("arm64", "linux/arm64");
	assert_platform("windows/amd64", "windows/amd64");
}

static void what_is_no_platform_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"linux/",
		"linux//v7",
		"linux/arm/v7/x",
		"linux/am d64",
		"a\nb",
		"linux/abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};
	struct platform platform;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_error(platform_parse(bad[i], &platform), ERROR_INVALID, "unknown operating");
}

static unsigned int rank(const char *wanted, const char *offered)
{
	struct platform a, b;

	assert_ok(platform_parse(wanted, &a));
	assert_ok(platform_parse(offered, &b));
	return platform_rank(&a, &b);
}

static void a_processor_runs_what_its_elders_ran(void **state)
{
	(void)state;
	assert_true(rank("linux/amd64", "linux/amd64") > rank("linux/amd64", "linux/386"));
	assert_true(rank("linux/amd64", "linux/386") > 0);
	assert_true(rank("linux/386", "linux/amd64") == 0);
	assert_true(rank("linux/arm/v7", "linux/arm/v7") > rank("linux/arm/v7", "linux/arm/v6"));
	assert_true(rank("linux/arm/v7", "linux/arm/v6") > rank("linux/arm/v7", "linux/arm/v5"));
	assert_true(rank("linux/arm/v6", "linux/arm/v7") == 0);
	assert_true(rank("linux/amd64", "linux/amd64/v2") == 0);
	assert_true(rank("linux/amd64/v3", "linux/amd64/v2") >
		    rank("linux/amd64/v3", "linux/amd64"));
	assert_true(rank("linux/arm64", "linux/arm/v7") > 0);
	assert_true(rank("linux/amd64", "windows/amd64") == 0);
	assert_true(rank("linux/amd64", "linux/s390x") == 0);
}

static void an_object_and_back(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{"linux/arm64", "{\"architecture\":\"arm64\",\"os\":\"linux\"}"},
		{"linux/arm/v7", "{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct platform platform, again;

		assert_ok(platform_parse(rows[i].text, &platform));
		autojson *json = platform_json(&platform);
		autofree char *text = json_text(json);
		assert_text(rows[i].text, text, rows[i].json);
		platform_read(json, &again);
		autofree char *back = platform_text(&again);
		assert_string_equal(back, rows[i].text);
	}
	struct platform none;
	autojson *empty = json_pack("{s:i}", "os", 1);
	platform_read(empty, &none);
	assert_string_equal(none.os, "");
}

static void this_machine_runs_its_own(void **state)
{
	struct platform host;

	(void)state;
	platform_host(&host);
	assert_string_equal(host.os, "linux");
	assert_true(*host.architecture);
	assert_true(platform_rank(&host, &host) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_have_one_form),
		cmocka_unit_test(what_is_no_platform_is_refused),
		cmocka_unit_test(a_processor_runs_what_its_elders_ran),
		cmocka_unit_test(an_object_and_back),
		cmocka_unit_test(this_machine_runs_its_own),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
