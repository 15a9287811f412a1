#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event_filter.h"
#include "memory.h"

static bool matches(const char *text, const json_t *event)
{
	autofilters filters = {0};
	autoerror e = filters_parse(text, NULL, &filters);

	if (e)
		fail_msg("%s: %s", text, e->message);
	return event_filter_matches(&filters, event);
}

static void test_container_events(void **state)
{
	(void)state;
	autojson *event = json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s, s:s, s:s}}}", "Type",
				    "container", "Action", "exec_start: ls -l", "scope", "local",
				    "Actor", "ID", "0123456789abcdef", "Attributes", "name", "web",
				    "image", "example.com:5000/a/busybox:1", "color", "red");
	static const struct {
		const char *text;
		bool wanted;
	} rows[] = {
		{"", true},
		{"{\"container\":[\"web\"]}", true},
		{"{\"container\":[\"0123\"]}", true},
		{"{\"container\":[\"db\"]}", false},
		{"{\"volume\":[\"web\"]}", false},
		{"{\"event\":[\"exec_start\"]}", true},
		{"{\"event\":[\"exec_start: ls -l\"]}", true},
		{"{\"event\":[\"die\",\"exec\"]}", false},
		{"{\"type\":{\"container\":true}}", true},
		{"{\"type\":{\"image\":true}}", false},
		{"{\"image\":[\"example.com:5000/a/busybox\"]}", true},
		{"{\"image\":[\"example.com\"]}", false},
		{"{\"label\":[\"color=red\"]}", true},
		{"{\"label\":[\"color=red\",\"size\"]}", false},
		{"{\"scope\":[\"swarm\"]}", false},
		{"{\"unheard-of\":[\"x\"]}", true},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (matches(rows[i].text, event) != rows[i].wanted)
			fail_msg("%s: not %d", rows[i].text, rows[i].wanted);
}

static void test_image_events(void **state)
{
	(void)state;
	autojson *event = json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s}}}", "Type", "image", "Action",
				    "tag", "scope", "local", "Actor", "ID", "sha256:01",
				    "Attributes", "name", "busybox:1");

	assert_true(matches("{\"image\":[\"busybox\"]}", event));
	assert_true(matches("{\"image\":[\"sha256:01\"]}", event));
	assert_false(matches("{\"image\":[\"alpine\"]}", event));
	assert_false(matches("{\"container\":[\"busybox\"]}", event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container_events),
		cmocka_unit_test(test_image_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
