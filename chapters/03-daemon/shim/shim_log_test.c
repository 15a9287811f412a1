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

static struct buffer texts; /* the orders of the log that is open */

static void open_log(struct shim_log *log, int max_size, int max_files)
{
	texts.length = 0;
	log_orders_add(&texts, "driver", "json-file");
	log_orders_add(&texts, "file", "log");
	log_orders_add_number(&texts, "max-size", max_size);
	log_orders_add_number(&texts, "max-file", max_files);
	assert_null(shim_log_open(log, place_fd, (struct log_orders){texts.data, texts.length}));
}

static void close_log(struct shim_log *log)
{
	shim_log_close(log, noon);
	shim_log_finish(log);
}

static void write_text(struct shim_log *log, int stream, const char *text)
{
	shim_log_write(log, stream, text, strlen(text), noon);
}

static void lines_of_both_streams_are_messages(void **state)
{
	(void)state;
	struct shim_log log;

	open_log(&log, 0, 0);
	write_text(&log, 0, "one\ntw");
	write_text(&log, 1, "err\n");
	write_text(&log, 0, "o\n");
	write_text(&log, 0, "no newline");
	close_log(&log);
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
	open_log(&log, 0, 0);
	shim_log_write(&log, 0, bytes, 10, noon); /* NUL to tab */
	shim_log_write(&log, 0, bytes + 10, 1, noon);
	shim_log_write(&log, 1, bytes + 11, sizeof(bytes) - 11, noon);
	write_text(&log, 0, "<a href=\"x\">&\\ gr\xc3\xbcn\n");
	close_log(&log);
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
	size_t length = 2 * LOG_LINE + 5;
	autofree char *line = allocate(length + 2);

	memset(line, 'x', length);
	line[length] = '\n';
	open_log(&log, 0, 0);
	write_text(&log, 0, "ab");
	write_text(&log, 0, line);
	close_log(&log);
	autofree char *all = messages("log");
	char *first = strchr(all, '|'), *second = strchr(first + 1, '|');
	assert_int_equal(first - all, 2 + LOG_LINE);
	assert_int_equal(second - first, 3 + LOG_LINE);
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
	open_log(&log, 0, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 5; i++)
		write_text(&log, 0, "a line of the container\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(log.sinks[0].file.dropped > 0);
	write_text(&log, 0, "there is room again\n");
	close_log(&log);
	autofree char *all = messages("log");
	assert_non_null(strstr(all, "a line of the container"));
	assert_non_null(strstr(all, "there is room again"));
}

static void a_log_is_rotated_at_its_size(void **state)
{
	(void)state;
	struct shim_log log;

	open_log(&log, 170, 3);
	for (int i = 0; i < 5; i++) {
		autofree char *text = format("line %d\n", i);

		write_text(&log, 0, text);
	}
	close_log(&log);
	autofree char *now = messages("log"), *one = messages("log.1"), *two = messages("log.2");
	assert_string_equal(now, "o:line 4\n");
	assert_string_equal(one, "o:line 2\n|o:line 3\n");
	assert_string_equal(two, "o:line 0\n|o:line 1\n");
	assert_int_equal(faccessat(place_fd, "log.3", F_OK, 0), -1);
}

static void no_orders_are_no_log(void **state)
{
	(void)state;
	struct shim_log log;

	assert_null(shim_log_open(&log, place_fd, (struct log_orders){0}));
	write_text(&log, 0, "to nobody\n");
	close_log(&log);
	assert_int_equal(faccessat(place_fd, "log", F_OK, 0), -1);
}

static void an_unknown_driver_is_an_error(void **state)
{
	(void)state;
	struct shim_log log;

	texts.length = 0;
	log_orders_add(&texts, "driver", "carrier-pigeon");
	autoerror e = shim_log_open(&log, place_fd, (struct log_orders){texts.data, texts.length});
	assert_non_null(e);
	assert_non_null(strstr(e->message, "failed to initialize logging driver: "));
	assert_non_null(strstr(e->message, "carrier-pigeon"));
}

static void attributes_are_in_every_message(void **state)
{
	(void)state;
	struct shim_log log;
	autobuffer text = {0};

	texts.length = 0;
	log_orders_add(&texts, "driver", "json-file");
	log_orders_add(&texts, "file", "log");
	log_orders_add(&texts, "attributes", "{\"a\":\"1\"}");
	assert_null(shim_log_open(&log, place_fd, (struct log_orders){texts.data, texts.length}));
	write_text(&log, 1, "x\n");
	close_log(&log);
	assert_null(file_read(place_fd, "log", 1 << 20, &text));
	assert_string_equal(text.data,
			    "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"1\"}"
			    ",\"time\":\"2026-11-23T21:06:05.000000042Z\"}\n");
}

/* The driver, and the cache behind it. */
static void two_drivers_write_the_same(void **state)
{
	(void)state;
	struct shim_log log;
	autobuffer text = {0};

	texts.length = 0;
	log_orders_add(&texts, "driver", "json-file");
	log_orders_add(&texts, "file", "log");
	log_orders_add(&texts, "driver", "local");
	log_orders_add(&texts, "file", "below/cache");
	assert_null(shim_log_open(&log, place_fd, (struct log_orders){texts.data, texts.length}));
	write_text(&log, 0, "hi\n");
	close_log(&log);
	autofree char *all = messages("log");
	assert_string_equal(all, "o:hi\n");
	assert_null(file_read(place_fd, "below/cache", 1 << 20, &text));
	/* As dockerd 20.10 wrote it, but for the time. */
	static const char entry[] =
		"\0\0\0\x16\x0a\x06stdout\x10\xaa\xc4\xf9\xf3\xc5\x89\xdf\xf5\x18"
		"\x1a\x02hi\0\0\0\x16";
	assert_int_equal(text.length, sizeof(entry) - 1);
	assert_memory_equal(text.data, entry, 14);
	assert_memory_equal(text.data + text.length - 8, entry + sizeof(entry) - 9, 8);
}

static void old_files_are_compressed(void **state)
{
	(void)state;
	struct shim_log log;

	texts.length = 0;
	log_orders_add(&texts, "driver", "json-file");
	log_orders_add(&texts, "file", "log");
	log_orders_add_number(&texts, "max-size", 170);
	log_orders_add_number(&texts, "max-file", 3);
	log_orders_add_number(&texts, "compress", 1);
	assert_null(shim_log_open(&log, place_fd, (struct log_orders){texts.data, texts.length}));
	for (int i = 0; i < 9; i++) {
		autofree char *text = format("line %d\n", i);

		write_text(&log, 0, text);
	}
	close_log(&log);
	autofree char *now = messages("log");
	assert_string_equal(now, "o:line 8\n");
	assert_int_equal(faccessat(place_fd, "log.1", F_OK, 0), -1);
	assert_int_equal(faccessat(place_fd, "log.3.gz", F_OK, 0), -1);
	autofree char *command = format("cd %s && zcat log.2.gz log.1.gz | grep -o 'line [0-9]' | "
					"tr -d '\n' | grep -qx 'line 4line 5line 6line 7'",
					place);
	assert_int_equal(system(command), 0);
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
		in_a_place(no_orders_are_no_log),
		in_a_place(an_unknown_driver_is_an_error),
		in_a_place(attributes_are_in_every_message),
		in_a_place(two_drivers_write_the_same),
		in_a_place(old_files_are_compressed),
	};

	int failed = cmocka_run_group_tests_name("shim_log", tests, NULL, NULL);

	buffer_finish(&texts);
	return failed;
}
