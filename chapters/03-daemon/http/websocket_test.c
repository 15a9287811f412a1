#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "websocket.h"

/* RFC 6455, section 1.3. */
static void the_key_is_answered(void **state)
{
	autofree char *accept = websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");
	(void)state;

	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void heads_tell_lengths(void **state)
{
	static const struct {
		size_t length;
		size_t size;
		uint8_t header[10];
	} rows[] = {
		{0, 2, {0x82, 0}},
		{125, 2, {0x82, 125}},
		{126, 4, {0x82, 126, 0, 126}},
		{65535, 4, {0x82, 126, 255, 255}},
		{65536, 10, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		uint8_t header[WEBSOCKET_HEADER_MOST];

		assert_int_equal(websocket_header(WEBSOCKET_BINARY, rows[i].length, header),
				 rows[i].size);
		assert_memory_equal(header, rows[i].header, rows[i].size);
	}
}

/* Everything that comes, in pieces of `step` bytes: data as it is, control frames in brackets. */
static struct error *read_all(const void *frames, size_t length, size_t step, struct buffer *out)
{
	auto_websocket_reader reader = {0};
	uint8_t copy[256];

	assert_true(length <= sizeof(copy));
	memcpy(copy, frames, length);
	buffer_append(out, "", 0);
	for (size_t at = 0, used; at < length; at += used) {
		struct websocket_piece piece;
		bool complete;
		size_t most = length - at < step ? length - at : step;
		struct error *e =
			websocket_read(&reader, copy + at, most, &used, &piece, &complete);

		if (e)
			return e;
		assert_true(complete || used == most);
		if (complete && piece.opcode > WEBSOCKET_BINARY)
			buffer_printf(out, "[%d %.*s]", piece.opcode, (int)piece.length,
				      (const char *)piece.bytes);
		else if (complete)
			buffer_append(out, piece.bytes, piece.length);
	}
	return NULL;
}

#define MASK  "\x37\xfa\x21\x3d"
#define HELLO "\x7f\x9f\x4d\x51\x58" /* "Hello", masked; section 5.7 */

/* Text in two fragments with a ping between, an empty frame, a long one, a close. */
static const char frames[] = "\x01\x85" MASK HELLO "\x89\x85" MASK HELLO "\x80\x85" MASK HELLO
			     "\x82\x80" MASK "\x82\xfe\x00\x05" MASK HELLO "\x88\x80" MASK;

static void frames_are_read_from_any_pieces(void **state)
{
	(void)state;
	for (size_t step = 1; step < sizeof(frames); step++) {
		autobuffer out = {0};

		assert_null(read_all(frames, sizeof(frames) - 1, step, &out));
		assert_string_equal(out.data, "Hello[9 Hello]HelloHello[8 ]");
	}
}

static void what_breaks_the_rules_is_refused(void **state)
{
	static const struct {
		const char *frame, *why;
	} rows[] = {
		{"\x81\x05Hello12345", "not masked"},
		{"\xc1\x85" MASK HELLO, "extension"},
		{"\x83\x85" MASK HELLO, "unknown kind 3"},
		{"\x8b\x85" MASK HELLO, "unknown kind 11"},
		{"\x09\x85" MASK HELLO, "too long"},
		{"\x89\xfe\x01\x05" MASK HELLO, "too long"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer out = {0};
		autoerror e = read_all(rows[i].frame, 12, 12, &out);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_non_null(strstr(e->message, rows[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_is_answered),
		cmocka_unit_test(heads_tell_lengths),
		cmocka_unit_test(frames_are_read_from_any_pieces),
		cmocka_unit_test(what_breaks_the_rules_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
