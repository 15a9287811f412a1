#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "file.h"
#include "gzip.h"
#include "memory.h"

static int file_of(const void *bytes, size_t length)
{
	int fd = memfd_create("gzip test", MFD_CLOEXEC);

	assert_null(file_write_fd(fd, "the input", bytes, length));
	return fd;
}

/* What the real zlib makes of it is what was put in. Returns the compressed size. */
static size_t round_trip(const void *bytes, size_t length)
{
	autoclose int from = file_of(bytes, length), to = file_of("", 0);
	autofree char *back = allocate(length + 1);
	struct stat st;

	assert_null(gzip_file(from, to, 0x0123456789abcdef));
	assert_int_equal(fstat(to, &st), 0);
	lseek(to, 0, SEEK_SET);
	gzFile packed = gzdopen(dup(to), "rb");
	assert_int_equal(gzread(packed, back, length + 1), length);
	assert_true(gzeof(packed));
	assert_false(gzdirect(packed));
	gzclose(packed);
	assert_memory_equal(back, bytes, length);
	return st.st_size;
}

static void small_inputs_come_back(void **state)
{
	(void)state;
	round_trip("", 0);
	round_trip("x", 1);
	round_trip("abc", 3);
	round_trip("aaaaaaaa", 8);
	round_trip("\xff\xfe\x90\x8f\0\1", 6);
}

/* Every length of a copy, and distances up to the window and beyond. */
static void copies_of_every_size_come_back(void **state)
{
	(void)state;
	size_t length = 400000;
	autofree char *bytes = allocate(length);
	uint32_t random = 1;

	for (size_t at = 0; at < length;) {
		random = random * 1664525 + 1013904223;
		size_t run = at < 300 ? 0 : 3 + (random >> 8) % 300;
		size_t distance = 1 + (random >> 4) % (at < 40000 ? at + 1 : 40000);

		if (run > length - at)
			run = length - at;
		for (size_t i = 0; i < run && distance <= at; i++, at++)
			bytes[at] = bytes[at - distance];
		if (at < length)
			bytes[at++] = random >> 24;
	}
	round_trip(bytes, length);
}

static void what_cannot_be_compressed_comes_back(void **state)
{
	(void)state;
	uint8_t bytes[70000];
	uint32_t random = 7;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (random = random * 1664525 + 1013904223) >> 24;
	assert_true(round_trip(bytes, sizeof(bytes)) < sizeof(bytes) * 9 / 8);
}

static void a_log_becomes_a_fifth_or_less(void **state)
{
	(void)state;
	autobuffer log = {0};

	for (int i = 0; i < 20000; i++)
		buffer_printf(&log,
			      "{\"log\":\"GET /item/%d 200\\n\",\"stream\":\"stdout\",\"time\":"
			      "\"2026-11-23T21:06:%02d.%09dZ\"}\n",
			      i * 7919 % 10007, i / 400, (int)(i * 123457LL % 1000000000));
	assert_true(round_trip(log.data, log.length) < log.length / 5);
}

static void the_head_has_the_number(void **state)
{
	(void)state;
	autoclose int from = file_of("text", 4), to = file_of("", 0);
	uint8_t head[GZIP_HEAD];
	uint64_t number;

	assert_null(gzip_file(from, to, 0x0123456789abcdef));
	assert_int_equal(pread(to, head, sizeof(head), 0), sizeof(head));
	assert_memory_equal(head + GZIP_EXTRA_NAMED, "mi\10\0", 4);
	memcpy(&number, head + GZIP_NUMBER_AT, sizeof(number));
	assert_int_equal(number, 0x0123456789abcdef);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_inputs_come_back),
		cmocka_unit_test(copies_of_every_size_come_back),
		cmocka_unit_test(what_cannot_be_compressed_comes_back),
		cmocka_unit_test(a_log_becomes_a_fifth_or_less),
		cmocka_unit_test(the_head_has_the_number),
	};

	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
