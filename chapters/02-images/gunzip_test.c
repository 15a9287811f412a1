#include "gunzip.h"

#include <zlib.h>

#include "images_test.h"

#define GZIP_WINDOW (15 + 16) /* zlib's number for a gzip header and trailer */

/* A member of a stream; header and trailer as zlib writes them. */
static void add_member(struct buffer *packed, const struct buffer *plain, int level,
		       gz_header *header)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	if (header)
		assert_int_equal(deflateSetHeader(&z, header), Z_OK);
	size_t room = deflateBound(&z, plain->length) + 1000;
	z.next_in = (Bytef *)plain->data;
	z.avail_in = plain->length;
	z.next_out = (Bytef *)buffer_reserve(packed, room);
	z.avail_out = room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	packed->length += z.total_out;
	deflateEnd(&z);
}

/* From a source that gives `in` bytes at a time (0: all) into a buffer of `out`. */
static struct error *read_all(const struct buffer *packed, size_t in, size_t out,
			      struct buffer *plain)
{
	struct memory_source memory = {packed->data, packed->length, in};
	struct source source = {read_memory, &memory};
	struct gunzip *g = gunzip_create(&source);
	struct error *e = NULL;

	for (size_t length = 1; !e && length; plain->length += e ? 0 : length)
		e = gunzip_read(g, buffer_reserve(plain, out), out, &length);
	gunzip_destroy(g);
	return e;
}

static void assert_holds(const struct buffer *packed, size_t in, size_t out,
			 const struct buffer *expected)
{
	autobuffer plain = {0};

	assert_ok(read_all(packed, in, out, &plain));
	assert_int_equal(plain.length, expected->length);
	if (plain.length)
		assert_memory_equal(plain.data, expected->data, plain.length);
}

static void assert_damaged(const struct buffer *packed, const char *why)
{
	autobuffer plain = {0};

	assert_error(read_all(packed, 0, 10000, &plain), ERROR_INVALID, why);
}

/* More than gzip looks back over (32 KiB); valgrind, which has a runner, takes minutes for much
 * more. */
static void fill(struct buffer *plain)
{
	int count = getenv("UNIT_RUNNER") ? 6000 : 20000;

	for (int i = 0; i < count; i++)
		buffer_printf(plain, "%d,", i * i);
}

static void every_level_comes_out_in_any_steps(void **state)
{
	static const int levels[] = {0, 1, 6, 9}; /* 0: stored blocks */
	static const size_t steps[][2] = {{0, 1 << 20}, {1, 10000}, {3, 1}, {777, 4096}};
	autobuffer plain = {0};

	(void)state;
	fill(&plain);
	for (size_t i = 0; i < countof(levels); i++) {
		autobuffer packed = {0};

		add_member(&packed, &plain, levels[i], NULL);
		for (size_t k = 0; k < countof(steps); k++)
			assert_holds(&packed, steps[k][0], steps[k][1], &plain);
	}
}

static void headers_may_say_more(void **state)
{
	char extra[] = "more";
	gz_header header = {.text = 1,
			    .time = 1000,
			    .os = 3,
			    .extra = (Bytef *)extra,
			    .extra_len = 4,
			    .name = (Bytef *)"layer.tar",
			    .comment = (Bytef *)"made by hand",
			    .hcrc = 1};
	autobuffer plain = {0}, packed = {0};

	(void)state;
	fill(&plain);
	add_member(&packed, &plain, 6, &header);
	for (size_t in = 0; in < 4; in++)
		assert_holds(&packed, in, 10000, &plain);
}

static void members_are_one_stream(void **state)
{
	autobuffer plain = {0}, none = {0}, packed = {0}, both = {0};

	(void)state;
	fill(&plain);
	add_member(&packed, &plain, 6, NULL);
	add_member(&packed, &none, 6, NULL); /* nothing is a member too */
	add_member(&packed, &plain, 1, NULL);
	buffer_append(&both, plain.data, plain.length);
	buffer_append(&both, plain.data, plain.length);
	for (size_t in = 0; in < 3; in++)
		assert_holds(&packed, in, 10000, &both);
}

static void nothing_comes_out_of_nothing(void **state)
{
	autobuffer none = {0}, packed = {0};

	(void)state;
	add_member(&packed, &none, 6, NULL);
	assert_holds(&packed, 0, 10, &none);
	assert_holds(&packed, 1, 10, &none);
}

static void what_is_behind_and_no_gzip_is_left_alone(void **state)
{
	static const char *const behind[] = {"noise", "\x1f", "\x1f noise", "\n"};
	autobuffer plain = {0};

	(void)state;
	fill(&plain);
	for (size_t i = 0; i < countof(behind); i++) {
		autobuffer packed = {0};

		add_member(&packed, &plain, 6, NULL);
		buffer_append(&packed, behind[i], strlen(behind[i]));
		for (size_t in = 0; in < 3; in++)
			assert_holds(&packed, in, 10000, &plain);
	}
}

static void each_member_has_its_checksum(void **state)
{
	autobuffer plain = {0}, packed = {0};

	(void)state;
	fill(&plain);
	add_member(&packed, &plain, 6, NULL);
	size_t first = packed.length;
	add_member(&packed, &plain, 6, NULL);
	size_t at[] = {first - 8, first - 1, packed.length - 8, packed.length - 1};
	for (size_t i = 0; i < countof(at); i++) { /* CRC-32, length */
		packed.data[at[i]] ^= 1;
		assert_damaged(&packed, "the checksum is wrong");
		packed.data[at[i]] ^= 1;
	}
}

static void damage_is_told(void **state)
{
	autobuffer plain = {0}, packed = {0};

	(void)state;
	fill(&plain);
	add_member(&packed, &plain, 6, NULL);
	packed.data[2] = 7; /* another method than deflate */
	assert_damaged(&packed, "cannot decompress the gzip data");
	packed.data[2] = 8;
	packed.data[10] |= 6; /* a block of the type that there is not */
	assert_damaged(&packed, "it is damaged");
}

static void the_end_must_be_there(void **state)
{
	autobuffer plain = {0}, packed = {0};

	(void)state;
	fill(&plain);
	add_member(&packed, &plain, 6, NULL);
	size_t whole = packed.length, lengths[] = {1, 2, 9, 10, 11, 1000, whole - 8, whole - 1};
	for (size_t i = 0; i < countof(lengths); i++) {
		packed.length = lengths[i];
		assert_damaged(&packed, "it is cut off");
	}
}

static struct error *refuse(void *context, void *bytes, size_t size, size_t *length)
{
	(void)context, (void)bytes, (void)size, (void)length;
	return error_new(ERROR_UNAVAILABLE, "the registry has gone");
}

static void the_error_of_the_source_arrives(void **state)
{
	struct source source = {refuse, NULL};
	struct gunzip *g = gunzip_create(&source);
	char bytes[10];
	size_t length;

	(void)state;
	assert_error(gunzip_read(g, bytes, sizeof(bytes), &length), ERROR_UNAVAILABLE,
		     "the registry has gone");
	gunzip_destroy(g);
	gunzip_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_level_comes_out_in_any_steps),
		cmocka_unit_test(headers_may_say_more),
		cmocka_unit_test(members_are_one_stream),
		cmocka_unit_test(nothing_comes_out_of_nothing),
		cmocka_unit_test(what_is_behind_and_no_gzip_is_left_alone),
		cmocka_unit_test(each_member_has_its_checksum),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(the_end_must_be_there),
		cmocka_unit_test(the_error_of_the_source_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
