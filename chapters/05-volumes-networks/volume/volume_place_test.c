#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "volume_place.h"

static const struct {
	const char *options;
	const char *problem; /* NULL: none */
} cases[] = {
	{"null", NULL},
	{"{}", NULL},
	{"{\"type\":\"tmpfs\",\"device\":\"tmpfs\"}", NULL},
	{"{\"type\":\"none\",\"device\":\"/x\",\"o\":\"bind,ro\"}", NULL},
	{"{\"type\":\"tmpfs\"}", "create data: missing required option: \"device\""},
	{"{\"device\":\"x\",\"o\":\"ro\"}", "create data: missing required option: \"type\""},
	{"{\"type\":\"\",\"device\":\"x\"}", NULL},
	{"{\"type\":\"\",\"device\":\"\",\"o\":\"\"}", NULL},
	{"{\"type\":\"\"}", "create data: missing required option: \"device\""},
	{"{\"o\":\"ro\"}", "create data: missing required option: \""},
	{"{\"size\":\"1m\"}", "create data: quota size requested but no quota support"},
	{"{\"size\":\"0\"}", NULL},
	{"{\"size\":\"much\"}", "create data: invalid size: 'much'"},
	{"{\"size\":\"1m\",\"type\":\"tmpfs\",\"device\":\"tmpfs\"}",
	 "create data: the option size limits a folder"},
	{"{\"type\":\"tmpfs\",\"device\":\"tmpfs\",\"wrong\":\"x\"}",
	 "create data: invalid option: \"wrong\""},
};

static void options_are_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autojson *options = json_loads(cases[i].options, JSON_DECODE_ANY, NULL);
		autoerror e = volume_place_check(-1, "data", options);

		if (!cases[i].problem) {
			if (e)
				fail_msg("%s: %s", cases[i].options, e->message);
			continue;
		}
		if (!e || strncmp(e->message, cases[i].problem, strlen(cases[i].problem)) != 0)
			fail_msg("%s: %s", cases[i].options, e ? e->message : "accepted");
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(options_are_whole_or_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
