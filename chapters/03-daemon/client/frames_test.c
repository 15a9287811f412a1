#include "frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "memory.h"

struct sink {
	struct buffer streams[4];
};

static fallible take(void *context, int stream, const char *bytes, size_t length)
{
	struct sink *sink = context;

	buffer_append(&sink->streams[stream], bytes, length);
	return NULL;
}

static const char wire[] = "\1\0\0\0\0\0\0\3out"
			   "\2\0\0\0\0\0\0\5error"
			   "\1\0\0\0\0\0\0\0"
			   "\1\0\0\0\0\0\1\0";
#define LONG_FRAME 256

static void test_frames_are_the_same_however_they_are_cut(void **state)
{
	char bytes[sizeof(wire) - 1 + LONG_FRAME];

	(void)state;
	memcpy(bytes, wire, sizeof(wire) - 1);
	memset(bytes + sizeof(wire) - 1, 'x', LONG_FRAME);
	for (size_t piece = 1; piece <= sizeof(bytes); piece++) {
		struct frames frames = {0};
		struct sink sink = {0};

		for (size_t at = 0; at < sizeof(bytes); at += piece) {
			size_t left = sizeof(bytes) - at;

			assert_null(frames_feed(&frames, bytes + at, left < piece ? left : piece,
						take, &sink));
		}
		assert_int_equal(sink.streams[1].length, 3 + LONG_FRAME);
		assert_memory_equal(sink.streams[1].data, "outxxx", 6);
		assert_string_equal(sink.streams[2].data, "error");
		buffer_finish(&sink.streams[1]);
		buffer_finish(&sink.streams[2]);
	}
}

static void test_an_unknown_stream_is_refused(void **state)
{
	struct frames frames = {0};
	struct sink sink = {0};

	(void)state;
	autoerror e = frames_feed(&frames, "\7\0\0\0\0\0\0\1x", 9, take, &sink);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_the_same_however_they_are_cut),
		cmocka_unit_test(test_an_unknown_stream_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
