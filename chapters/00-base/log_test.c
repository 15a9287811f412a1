#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "log.h"
#include "memory.h"

/* What was written to stderr while `tell` ran. */
static char *captured(void (*tell)(void))
{
	static char text[1024];
	int pipes[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	tell();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	ssize_t n = read(pipes[0], text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	close(pipes[0]);
	return text;
}

static void tell_two_lines(void)
{
	log_info("a \"name\"\nlevel=fatal");
}

static void test_a_message_is_one_line(void **state)
{
	(void)state;
	const char *text = captured(tell_two_lines);

	assert_non_null(strstr(text, " level=info msg=\"a \\\"name\\\"\\nlevel=fatal\"\n"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_memory_equal(text, "time=\"", 6);
}

static void test_a_message_is_one_object(void **state)
{
	(void)state;
	json_t *line = NULL;

	log_set_json(true);
	const char *text = captured(tell_two_lines);
	log_set_json(false);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(json_parse(text, strlen(text), "the line", &line));
	assert_string_equal(json_string_at(line, "level", NULL), "info");
	assert_string_equal(json_string_at(line, "msg", NULL), "a \"name\"\nlevel=fatal");
	assert_int_equal(json_string_at(line, "time", NULL)[10], 'T');
	assert_int_equal(json_object_size(line), 3);
	json_decref(line);
}

static void tell_debug(void)
{
	log_debug("hidden");
}

static void tell_dropped(void)
{
	log_dropped(LOG_LEVEL_WARN, error_new(ERROR_CONFLICT, "in use"), "cannot remove %s", "x");
	log_dropped(LOG_LEVEL_WARN, NULL, "nothing");
}

static void test_levels(void **state)
{
	(void)state;
	enum log_level level;

	assert_string_equal(captured(tell_debug), "");
	assert_null(log_level_parse("debug", &level));
	log_set_level(level);
	assert_non_null(strstr(captured(tell_debug), "level=debug msg=\"hidden\""));
	assert_null(log_level_parse("warn", &level));
	assert_int_equal(level, LOG_LEVEL_WARN);
	autoerror e = log_level_parse("loud", &level);
	assert_string_equal(e->message, "invalid logging level: loud");
}

static void test_an_error_that_ends_here(void **state)
{
	(void)state;
	const char *text = captured(tell_dropped);

	assert_non_null(strstr(text, "level=warning msg=\"cannot remove x: in use\"\n"));
	assert_null(strstr(text, "nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_is_one_line),
		cmocka_unit_test(test_a_message_is_one_object),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_an_error_that_ends_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
