#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "csv.h"
#include "memory.h"

/* Fields with a | behind each. */
static char *split(const char *text, char **message)
{
	autofree char *copy = duplicate(text);
	autowords fields = {0};
	autoerror e = csv_split(copy, &fields);
	char *joined = duplicate("");

	*message = e ? duplicate(e->message) : NULL;
	for (size_t i = 0; i < fields.count; i++) {
		autofree char *before = joined;

		joined = format("%s%s|", before, fields.items[i]);
	}
	return joined;
}

static void test_fields(void **state)
{
	static const struct {
		const char *text, *fields;
	} rows[] = {
		{"", ""},
		{"a", "a|"},
		{"a,b=c", "a|b=c|"},
		{",a,", "|a||"},
		{"\"a,b\"", "a,b|"},
		{"\"a\"\"b\",c", "a\"b|c|"},
		{"\"\"", "|"},
		{"x,\"\",y", "x||y|"},
		{"\"\"\"\"", "\"|"},
		{"type=volume,\"volume-opt=o=a,b\",dst=/x", "type=volume|volume-opt=o=a,b|dst=/x|"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *message = NULL;
		autofree char *fields = split(rows[i].text, &message);

		assert_null(message);
		assert_string_equal(fields, rows[i].fields);
	}
}

static void test_quotes_out_of_place(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"a\"b", "parse error on line 1, column 2: bare \" in non-quoted-field"},
		{"x,a\"", "parse error on line 1, column 4: bare \" in non-quoted-field"},
		{"\"a",
		 "parse error on line 1, column 3: extraneous or missing \" in quoted-field"},
		{"\"", "parse error on line 1, column 2: extraneous or missing \" in quoted-field"},
		{"\"a\"\"",
		 "parse error on line 1, column 5: extraneous or missing \" in quoted-field"},
		{"\"a\"b",
		 "parse error on line 1, column 4: extraneous or missing \" in quoted-field"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *message = NULL;
		autofree char *fields = split(rows[i].text, &message);

		assert_non_null(message);
		assert_string_equal(message, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_quotes_out_of_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
