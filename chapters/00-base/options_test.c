#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "options.h"

struct values {
	bool detach, tty;
	const char *name, *pull;
	int64_t count, memory;
	struct words env;
};

static const struct option_row rows[] = {
	{'d', "detach", OPTION_FLAG, offsetof(struct values, detach), NULL, "Run in background"},
	{'t', "tty", OPTION_FLAG, offsetof(struct values, tty), NULL, "Allocate a pseudo-TTY"},
	{0, "name", OPTION_TEXT, offsetof(struct values, name), "string", "Assign a name"},
	{0, "pull", OPTION_OPTIONAL, offsetof(struct values, pull), NULL, "Pull"},
	{'n', "last", OPTION_INTEGER, offsetof(struct values, count), "int", "Last n"},
	{'m', "memory", OPTION_SIZE, offsetof(struct values, memory), "bytes", "Memory limit"},
	{'e', "env", OPTION_LIST, offsetof(struct values, env), "list", "Environment"},
	{0},
};

/* argv is split at blanks; what is left after the options is joined by blanks. */
static fallible parse(const char *line, enum options_order order, struct values *values, bool *help,
		      char rest[256])
{
	static char words[256];
	char *argv[32] = {(char *)"run"};
	int argc = 1, first = 0;

	*values = (struct values){0};
	strcpy(words, line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	TRY(options_parse(rows, values, order, argc, argv, &first, help));
	rest[0] = '\0';
	for (; first < argc; first++) {
		strcat(rest, argv[first]);
		strcat(rest, first + 1 < argc ? " " : "");
	}
	return NULL;
}

static void every_spelling_is_understood(void **state)
{
	(void)state;
	struct values values;
	char rest[256];
	bool help;

	assert_null(parse("-dt --name web -e A=1 --env=B=2 -eC=3 -n=4 -m 5m --pull image -t cmd",
			  OPTIONS_FIRST, &values, &help, rest));
	assert_true(values.detach && values.tty);
	assert_string_equal(values.name, "web");
	assert_int_equal(values.env.count, 3);
	assert_string_equal(values.env.items[1], "B=2");
	assert_string_equal(values.env.items[2], "C=3");
	assert_int_equal(values.count, 4);
	assert_int_equal(values.memory, 5 << 20);
	assert_string_equal(values.pull, "");
	assert_string_equal(rest, "image -t cmd");
	words_finish(&values.env);
}

static void options_may_follow_arguments_where_the_command_says_so(void **state)
{
	(void)state;
	struct values values;
	char rest[256];
	bool help;

	assert_null(parse("one -d two --name x -- -t", OPTIONS_ANYWHERE, &values, &help, rest));
	assert_true(values.detach);
	assert_false(values.tty);
	assert_string_equal(values.name, "x");
	assert_string_equal(rest, "one two -t");
}

static void flags_can_be_denied_and_help_asked_for(void **state)
{
	(void)state;
	struct values values;
	char rest[256];
	bool help;

	assert_null(parse("-d --detach=false --tty=1", OPTIONS_FIRST, &values, &help, rest));
	assert_false(values.detach);
	assert_true(values.tty);
	assert_null(parse("-d -h", OPTIONS_FIRST, &values, &help, rest));
	assert_true(help);
	assert_null(parse("--help", OPTIONS_FIRST, &values, &help, rest));
	assert_true(help);
}

static void wrong_lines_are_told_in_the_words_users_know(void **state)
{
	(void)state;
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"--nope", "unknown flag: --nope"},
		{"--detac", "unknown flag: --detac"},
		{"-dx", "unknown shorthand flag: 'x' in -dx"},
		{"--name", "flag needs an argument: --name"},
		{"-e", "flag needs an argument: 'e' in -e"},
		{"-d=maybe", "invalid argument \"maybe\" for \"-d, --detach\" flag: "
			     "strconv.ParseBool: parsing \"maybe\": invalid syntax"},
		{"-d=a\"\x1b", "invalid argument \"a\\\"\\x1b\" for \"-d, --detach\" flag: "
			       "strconv.ParseBool: parsing \"a\\\"\\x1b\": invalid syntax"},
		{"-m lots", "invalid argument \"lots\" for \"-m, --memory\" flag: "
			    "invalid size: 'lots'"},
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct values values;
		char rest[256];
		bool help;
		autoerror e = parse(cases[i].line, OPTIONS_FIRST, &values, &help, rest);

		assert_non_null(e);
		assert_string_equal(e->message, cases[i].message);
		words_finish(&values.env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_understood),
		cmocka_unit_test(options_may_follow_arguments_where_the_command_says_so),
		cmocka_unit_test(flags_can_be_denied_and_help_asked_for),
		cmocka_unit_test(wrong_lines_are_told_in_the_words_users_know),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
