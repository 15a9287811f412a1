#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "process.h"

static void numbers_that_do_not_fit_mean_unlimited(void **state)
{
	static const char text[] = "{\"a\": 18446744073709551615, \"b\": \"18446744073709551615\","
				   " \"c\": 9223372036854775807, \"d\": [18446744073709551615],"
				   " \"e\": \"\\\"18446744073709551615\", \"f\": 1e3}";
	char path[] = "/tmp/mini-bundle-test-XXXXXX";
	autoclose int fd = mkstemp(path);
	autojson *value = NULL;

	(void)state;
	assert_null(file_write_fd(fd, path, text, strlen(text)));
	assert_null(bundle_read_json(path, &value));
	unlink(path);
	assert_int_equal(json_integer_value(json_object_get(value, "a")), -1);
	assert_string_equal(json_string_at(value, "b", NULL), "18446744073709551615");
	assert_int_equal(json_integer_value(json_object_get(value, "c")), INT64_MAX);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(value, "d"), 0)), -1);
	assert_string_equal(json_string_at(value, "e", NULL), "\"18446744073709551615");
}

static void a_bundle_that_is_none_says_what_to_do(void **state)
{
	autojson *spec = NULL;
	autofree char *path = NULL;
	autoerror missing = bundle_load("/nowhere/x", NULL, &spec, &path);
	autoerror empty = bundle_load("/", NULL, &spec, &path);

	(void)state;
	assert_int_equal(missing->class, ERROR_NOT_FOUND);
	assert_non_null(strstr(empty->message, "mini-runc spec"));
}

/* The program is looked for as Go's exec.LookPath does, which Docker's messages come from. */
static void programs_that_cannot_run_say_why(void **state)
{
	static const struct {
		const char *name, *path, *message;
		enum error_class class;
	} rows[] = {
		{"nope", "PATH=/bin:/usr/bin", "exec: \"nope\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "PATH=/nowhere:", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "PATH=:/nowhere", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "NOPATH=/bin", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"", "PATH=/bin", "exec: \"\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"/nope", "PATH=/bin", "exec: \"/nope\": stat /nope: no such file or directory",
		 ERROR_COMMAND_NOT_FOUND},
		{"/etc", "PATH=/bin", "exec: \"/etc\": is a directory: permission denied",
		 ERROR_NOT_EXECUTABLE},
		{"/etc/passwd", "PATH=/bin", "exec: \"/etc/passwd\": permission denied",
		 ERROR_NOT_EXECUTABLE},
		{"/etc/passwd/x", "PATH=/bin",
		 "exec: \"/etc/passwd/x\": stat /etc/passwd/x: not a directory",
		 ERROR_NOT_EXECUTABLE},
	};

	(void)state;
	assert_int_equal(chdir("/proc"), 0); /* no sh in "." */
	for (size_t i = 0; i < countof(rows); i++) {
		char *environment[] = {(char *)rows[i].path, NULL};
		autofree char *path = NULL;
		autoerror e = process_find(rows[i].name, environment, &path);

		assert_non_null(e);
		assert_string_equal(e->message, rows[i].message);
		assert_int_equal(e->class, rows[i].class);
	}
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	char *environment[] = {(char *)"HOMEX=1", (char *)"HOM=2", (char *)"HOME=3", NULL};

	(void)state;
	assert_string_equal(process_variable(environment, "HOME"), "3");
	assert_null(process_variable(environment, "PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_that_do_not_fit_mean_unlimited),
		cmocka_unit_test(a_bundle_that_is_none_says_what_to_do),
		cmocka_unit_test(programs_that_cannot_run_say_why),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
