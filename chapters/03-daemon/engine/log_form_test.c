#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "log_form.h"
#include "memory.h"

/* All messages as "o:text" or "e:text", joined by '|'; what is none is a '-'. */
static char *read_all(const struct log_form *form, const char *bytes, size_t length)
{
	struct log_decoder decoder = {0};
	struct log_message message;
	autobuffer seen = {0};
	bool is_message;
	size_t size;

	while (length && (size = form->take(&decoder, bytes, length, &message, &is_message))) {
		if (seen.length)
			buffer_append_string(&seen, "|");
		if (is_message)
			buffer_printf(&seen, "%c:%.*s", message.is_stderr ? 'e' : 'o',
				      (int)message.length, message.text);
		else
			buffer_append_string(&seen, "-");
		bytes += size;
		length -= size;
	}
	log_decoder_finish(&decoder);
	return buffer_take(&seen);
}

static const struct {
	const char *line, *seen;
} lines[] = {
	{"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-23T21:06:05Z\"}\n", "o:a\n"},
	{"{\"log\":\"\\u003c\\\"\\\\\\/\\t\\u00e4\\u20ac\",\"stream\":\"stderr\",\"time\":"
	 "\"2026-11-23T21:06:05Z\"}\n",
	 "e:<\"\\/\t\xc3\xa4\xe2\x82\xac"},
	/* A pair of surrogates, another order, blanks: the library reads it. */
	{"{\"log\":\"\\ud83d\\ude00\",\"stream\":\"stdout\",\"time\":\"2026-11-23T21:06:05Z\"}\n",
	 "o:\xf0\x9f\x98\x80"},
	{"{ \"stream\": \"stderr\", \"log\": \"b\" }\n", "e:b"},
	{"{\"log\":\"a\",\"stream\":\"stdout\",\"attrs\":{\"a\":\"}\\\"}\"},\"time\":"
	 "\"2026-11-23T21:06:05Z\"}\n",
	 "o:a"},
	{"{\"log\":\"half\n", "-"},
	{"{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"2026-11-23T21:06:05Z\"} x\n", "-"},
	{"{\"log\":\"\\x\",\"stream\":\"stdout\",\"time\":\"2026-11-23T21:06:05Z\"}\n", "-"},
	{"[]\n", "-"},
	{"\n", "-"},
	{"not whole", ""},
};

static void lines_of_json_are_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(lines); i++) {
		autofree char *seen =
			read_all(&log_form_json_file, lines[i].line, strlen(lines[i].line));

		assert_string_equal(seen, lines[i].seen);
	}
}

static void attributes_and_time_are_kept(void **state)
{
	(void)state;
	static const char *const forms[] = {
		"{\"log\":\"a\",\"stream\":\"stdout\",\"attrs\":{\"k\":\"v\"},\"time\":"
		"\"2026-11-23T21:06:05.000000042Z\"}\n",
		"{\"log\": \"a\",\"stream\":\"stdout\",\"attrs\":{\"k\":\"v\"},\"time\":"
		"\"2026-11-23T21:06:05.000000042Z\"}\n",
	};

	for (size_t i = 0; i < countof(forms); i++) {
		struct log_decoder decoder = {0};
		struct log_message message;
		bool is_message;

		assert_int_equal(log_form_json_file.take(&decoder, forms[i], strlen(forms[i]),
							 &message, &is_message),
				 strlen(forms[i]));
		assert_true(is_message);
		assert_int_equal(message.time.tv_sec, 1795467965);
		assert_int_equal(message.time.tv_nsec, 42);
		assert_int_equal(message.attributes_length, 9);
		assert_memory_equal(message.attributes, "{\"k\":\"v\"}", 9);
		log_decoder_finish(&decoder);
	}
}

/* Two messages and a piece of a line, as dockerd 20.10.24 wrote them. */
static const char local[] =
	"\0\0\0\x16\x0a\6stdout\x10\xc5\xb0\x9c\xb7\x95\xde\xe0\xf5\x18\x1a\2hi"
	"\0\0\0\x16"
	"\0\0\0\x17\x0a\6stderr\x10\x95\x9c\x92\x9e\x96\xde\xe0\xf5\x18\x1a\3err"
	"\0\0\0\x17"
	"\0\0\0\x23\x0a\6stdout\x10\x88\xf8\x9d\xb0\x96\xde\xe0\xf5\x18\x1a\4part"
	"\x20\1\x2a\7\x12\3\x32\x66\x37\x18\1"
	"\0\0\0\x23";

static void dockers_local_form_is_read(void **state)
{
	(void)state;
	autofree char *seen = read_all(&log_form_local, local, sizeof(local) - 1);

	assert_string_equal(seen, "o:hi\n|e:err\n|o:part");
}

static void what_is_no_local_message_ends_it(void **state)
{
	(void)state;
	static const char sizes_differ[] = "\0\0\0\1x\0\0\0\2";
	static const char too_large[] = "\x7f\xff\xff\xffxxxx";
	static const char no_message[] = "\0\0\0\1\xff\0\0\0\1";
	autofree char *one = read_all(&log_form_local, sizes_differ, sizeof(sizes_differ) - 1);
	autofree char *two = read_all(&log_form_local, too_large, sizeof(too_large) - 1);
	autofree char *three = read_all(&log_form_local, no_message, sizeof(no_message) - 1);
	autofree char *none = read_all(&log_form_local, local, 20);

	assert_string_equal(one, "-");
	assert_string_equal(two, "-");
	assert_string_equal(three, "-");
	assert_string_equal(none, "");
}

static void assert_back(const char *bytes, size_t length, int64_t count, off_t expected,
			int64_t missing)
{
	autoclose int fd = memfd_create("local log", MFD_CLOEXEC);
	off_t offset = -1;

	assert_null(file_write_fd(fd, "the log", bytes, length));
	log_form_local.go_back(fd, &count, &offset);
	assert_int_equal(offset, expected);
	assert_int_equal(count, missing);
}

static void local_messages_are_counted_backward(void **state)
{
	(void)state;
	assert_back(local, sizeof(local) - 1, 1, 61, 0);
	assert_back(local, sizeof(local) - 1, 2, 30, 0);
	assert_back(local, sizeof(local) - 1, 3, 0, 0);
	assert_back(local, sizeof(local) - 1, 5, 0, 2);
	assert_back("torn", 4, 1, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_json_are_messages),
		cmocka_unit_test(attributes_and_time_are_kept),
		cmocka_unit_test(dockers_local_form_is_read),
		cmocka_unit_test(what_is_no_local_message_ends_it),
		cmocka_unit_test(local_messages_are_counted_backward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
