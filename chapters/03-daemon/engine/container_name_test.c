#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "container_name.h"
#include "memory.h"
#include "signal_name.h"

static void generated_names_are_an_adjective_and_a_surname(void **state)
{
	char previous[64] = "";
	int different = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		autofree char *name = container_name_generate(0);
		char *underscore = strchr(name, '_');

		assert_non_null(underscore);
		assert_true(underscore > name && underscore[1]);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_null(container_name_check(name));
		different += strcmp(name, previous) != 0;
		snprintf(previous, sizeof(previous), "%s", name);
	}
	assert_true(different > 90);
}

static void a_further_attempt_has_a_digit(void **state)
{
	autofree char *name = container_name_generate(1);

	(void)state;
	assert_in_range(name[strlen(name) - 1], '0', '9');
	assert_null(container_name_check(name));
}

static void names_have_dockers_grammar(void **state)
{
	static const char *const good[] = {"ab", "/web", "a.b-c_d", "0x", "A1"};
	static const char *const bad[] = {"",    "/",   "a",    "-a",        ".a",
					  "a b", "a/b", "//ab", "\xc3\xa4x", "a\n"};

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_null(container_name_check(good[i]));
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = container_name_check(bad[i]);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
	autoerror e = container_name_check("a b");
	assert_string_equal(e->message, "Invalid container name (a b), only "
					"[a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

static void signals_have_many_spellings(void **state)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = {{"KILL", SIGKILL}, {"SIGKILL", SIGKILL}, {"sigterm", SIGTERM}, {"9", 9},
		    {"usr1", SIGUSR1}, {"RTMIN+3", 37},      {"SIGRTMAX-1", 63},   {"64", 64}};
	static const char *const bad[] = {"", "0", "65", "-9", "KILLL", "SIG", "RTMIN+99", "9x"};
	int number;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		assert_null(signal_parse(rows[i].text, &number));
		assert_int_equal(number, rows[i].number);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = signal_parse(bad[i], &number);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
	autoerror e = signal_parse("KILLL", &number);
	assert_string_equal(e->message, "invalid signal: KILLL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_names_are_an_adjective_and_a_surname),
		cmocka_unit_test(a_further_attempt_has_a_digit),
		cmocka_unit_test(names_have_dockers_grammar),
		cmocka_unit_test(signals_have_many_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
