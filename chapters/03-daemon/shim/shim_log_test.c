#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "shim_log.h"

static char place[] = "/tmp/mini-shim-log-XXXXXX";
static int place_fd = -1;

static const struct timespec noon = {1795467965, 42};

static int make_place(void **state)
{
	(void)state;
	strcpy(place + strlen(place) - 6, "XXXXXX");
	assert_non_null(mkdtemp(place));
	assert_null(directory_open(AT_FDCWD, place, &place_fd));
	return 0;
}

static int drop_place(void **state)
{
	(void)state;
	close_fd(&place_fd);
	assert_null(tree_remove(AT_FDCWD, place));
	return 0;
}

/* The messages of the file, joined by '|', each after the first letter of its stream. */
static char *messages(const char *name)
{
	autobuffer text = {0}, joined = {0};

	assert_null(file_read(place_fd, name, 1 << 24, &text));
	for (char *line = text.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		autojson *record = NULL;

		assert_null(json_parse(line, end - line, "a log line", &record));
		assert_string_equal(json_string_at(record, "time", NULL),
				    "2026-11-23T21:06:05.000000042Z");
		buffer_printf(&joined, "%s%c:%s", joined.length ? "|" : "",
			      json_string_at(record, "stream", NULL)[3],
			      json_string_at(record, "log", NULL));
	}
	return buffer_take(&joined);
}

static void write_text(struct shim_log *log, int stream, const char *text)
{
	shim_log_write(log, stream, text, strlen(text), noon);
}

static void lines_of_both_streams_are_messages(void **state)
{
	(void)state;
	struct shim_log log;

	assert_null(shim_log_open(&log, place_fd, "log", 0, 0));
	write_text(&log, 0, "one\ntw");
	write_text(&log, 1, "err\n");
	write_text(&log, 0, "o\n");
	write_text(&log, 0, "no newline");
	shim_log_close(&log, noon);
	autofree char *all = messages("log");
	assert_string_equal(all, "o:one\n|e:"
				 "err\n|o:two\n|o:no newline");
}

static void every_byte_gives_valid_json(void **state)
{
	(void)state;
	struct shim_log log;
	char bytes[256];

	for (int i = 0; i < 256; i++)
		bytes[i] = i;
	assert_null(shim_log_open(&log, place_fd, "log", 0, 0));
	shim_log_write(&log, 0, bytes, 10, noon); /* NUL to tab */
	shim_log_write(&log, 0, bytes + 10, 1, noon);
	shim_log_write(&log, 1, bytes + 11, sizeof(bytes) - 11, noon);
	write_text(&log, 0, "<a href=\"x\">&\\ gr\xc3\xbcn\n");
	shim_log_close(&log, noon);
	autobuffer text = {0};
	assert_null(file_read(place_fd, "log", 1 << 20, &text));
	assert_non_null(strstr(text.data, "\\u0000\\u0001"));
	assert_non_null(
		strstr(text.data, "\\u003ca href=\\\"x\\\"\\u003e\\u0026\\\\ gr\xc3\xbcn\\n"));
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *record = json_loadb(line, end - line, JSON_ALLOW_NUL, NULL);

		assert_non_null(record);
		json_decref(record);
	}
}

static void a_long_line_is_cut_into_messages(void **state)
{
	(void)state;
	struct shim_log log;
	size_t length = 2 * SHIM_LOG_LINE + 5;
	autofree char *line = allocate(length + 2);

	memset(line, 'x', length);
	line[length] = '\n';
	assert_null(shim_log_open(&log, place_fd, "log", 0, 0));
	write_text(&log, 0, "ab");
	write_text(&log, 0, line);
	shim_log_close(&log, noon);
	autofree char *all = messages("log");
	char *first = strchr(all, '|'), *second = strchr(first + 1, '|');
	assert_int_equal(first - all, 2 + SHIM_LOG_LINE);
	assert_int_equal(second - first, 3 + SHIM_LOG_LINE);
	assert_int_equal(strlen(second), 3 + 7 + 1); /* "|o:", what is left, the newline */
}

static void a_full_disk_never_leaves_half_a_message(void **state)
{
	(void)state;
	struct shim_log log;
	struct rlimit old, small = {300, 300};

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_null(shim_log_open(&log, place_fd, "log", 0, 0));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 5; i++)
		write_text(&log, 0, "a line of the container\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(log.dropped > 0);
	write_text(&log, 0, "there is room again\n");
	shim_log_close(&log, noon);
	autofree char *all = messages("log");
	assert_non_null(strstr(all, "a line of the container"));
	assert_non_null(strstr(all, "there is room again"));
}

static void a_log_is_rotated_at_its_size(void **state)
{
	(void)state;
	struct shim_log log;

	assert_null(shim_log_open(&log, place_fd, "log", 170, 3));
	for (int i = 0; i < 5; i++) {
		autofree char *text = format("line %d\n", i);

		write_text(&log, 0, text);
	}
	shim_log_close(&log, noon);
	autofree char *now = messages("log"), *one = messages("log.1"), *two = messages("log.2");
	assert_string_equal(now, "o:line 4\n");
	assert_string_equal(one, "o:line 2\n|o:line 3\n");
	assert_string_equal(two, "o:line 0\n|o:line 1\n");
	assert_int_equal(faccessat(place_fd, "log.3", F_OK, 0), -1);
}

#define in_a_place(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_place(lines_of_both_streams_are_messages),
		in_a_place(every_byte_gives_valid_json),
		in_a_place(a_long_line_is_cut_into_messages),
		in_a_place(a_full_disk_never_leaves_half_a_message),
		in_a_place(a_log_is_rotated_at_its_size),
	};

	return cmocka_run_group_tests_name("shim_log", tests, NULL, NULL);
}
