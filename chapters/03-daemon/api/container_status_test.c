#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "container_status.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define NEVER "0001-01-01T00:00:00Z"

static void test_status_texts(void **state)
{
	(void)state;
	static const struct {
		const char *status, *health, *started, *finished;
		int code;
		const char *text;
	} rows[] = {
		{"created", "", NEVER, NEVER, 0, "Created"},
		{"running", "", "2026-01-01T11:59:55Z", NEVER, 0, "Up 5 seconds"},
		{"running", "healthy", "2026-01-01T11:00:00Z", NEVER, 0,
		 "Up About an hour (healthy)"},
		{"running", "starting", "2026-01-01T11:59:59Z", NEVER, 0,
		 "Up 1 second (health: starting)"},
		{"running", "none", "2026-01-01T11:59:59.5Z", NEVER, 0, "Up Less than a second"},
		{"paused", "", "2026-01-01T11:58:00Z", NEVER, 0, "Up 2 minutes (Paused)"},
		{"exited", "", "2026-01-01T10:00:00Z", "2026-01-01T11:57:30.9Z", 137,
		 "Exited (137) 2 minutes ago"},
		{"restarting", "", "2026-01-01T10:00:00Z", "2026-01-01T11:59:58Z", 1,
		 "Restarting (1) 2 seconds ago"},
		{"removing", "", NEVER, NEVER, 0, "Removal In Progress"},
		{"dead", "", NEVER, NEVER, 0, "Dead"},
	};
	struct timespec now;

	assert_null(time_parse("2026-01-01T12:00:00Z", &now));
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *value =
			json_pack("{s:s, s:s, s:s, s:i, s:{s:s}}", "Status", rows[i].status,
				  "StartedAt", rows[i].started, "FinishedAt", rows[i].finished,
				  "ExitCode", rows[i].code, "Health", "Status", rows[i].health);
		autofree char *text = container_status_text(value, now);

		assert_string_equal(text, rows[i].text);
	}
}

static void test_command_texts(void **state)
{
	(void)state;
	autojson *plain = json_pack("{s:s, s:[]}", "Path", "true", "Args");
	autojson *words = json_pack("{s:s, s:[s,s]}", "Path", "sh", "Args", "-c", "echo a b");
	autofree char *one = container_command_text(plain), *two = container_command_text(words);

	assert_string_equal(one, "true");
	assert_string_equal(two, "sh -c 'echo a b'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_texts),
		cmocka_unit_test(test_command_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
