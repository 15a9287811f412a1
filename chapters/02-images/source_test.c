#include "source.h"

#include "images_test.h"

static void fill(struct buffer *b)
{
	for (int i = 0; i < 100000; i++)
		buffer_printf(b, "%d,", i);
}

static void pack(const struct buffer *plain, int filter, struct buffer *packed)
{
	struct tar raw = {.archive = archive_write_new()};
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_raw(raw.archive);
	archive_write_add_filter(raw.archive, filter);
	archive_write_set_bytes_in_last_block(raw.archive, 1);
	archive_write_open(raw.archive, &raw, NULL, append_tar, NULL);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(raw.archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(raw.archive, plain->data, plain->length),
			 plain->length);
	archive_entry_free(entry);
	tar_end(&raw);
	*packed = raw.bytes;
}

static struct error *unpack(const struct buffer *packed, size_t step, size_t length,
			    struct buffer *plain)
{
	struct memory_source memory = {packed->data, length, step};
	struct source source = {read_memory, &memory};
	autodecompressor *d = NULL;

	TRY(decompressor_open(&source, &d));
	struct source out = decompressor_source(d);
	for (size_t n = 1; n; plain->length += n)
		TRY(out.read(out.context, buffer_reserve(plain, 10000), 10000, &n));
	return NULL;
}

static const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD,
			      ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2};

static void what_was_packed_comes_out(void **state)
{
	autobuffer plain = {0};

	(void)state;
	fill(&plain);
	for (size_t i = 0; i < countof(filters); i++) {
		autobuffer packed = {0}, again = {0};

		pack(&plain, filters[i], &packed);
		assert_ok(unpack(&packed, 777, packed.length, &again));
		assert_int_equal(again.length, plain.length);
		assert_memory_equal(again.data, plain.data, plain.length);
	}
}

static void what_is_cut_off_is_an_error(void **state)
{
	autobuffer plain = {0};

	(void)state;
	fill(&plain);
	for (size_t i = 1; i < countof(filters); i++) {
		autobuffer packed = {0}, again = {0};

		pack(&plain, filters[i], &packed);
		assert_error(unpack(&packed, 0, packed.length / 2, &again), ERROR_INVALID,
			     "cannot decompress");
	}
}

static void short_and_empty_sources_are_taken(void **state)
{
	autobuffer none = {0}, two = {0}, out = {0};

	(void)state;
	assert_ok(unpack(&none, 0, 0, &out));
	assert_int_equal(out.length, 0);
	buffer_append(&two, "\x1f\x8b", 2);
	assert_ok(unpack(&two, 1, 2, &out));
	assert_int_equal(out.length, 2);
}

static struct error *refuse(void *context, void *bytes, size_t size, size_t *length)
{
	(void)context, (void)bytes, (void)size, (void)length;
	return error_new(ERROR_UNAVAILABLE, "the client has gone");
}

static void the_error_of_the_source_arrives(void **state)
{
	struct source broken = {refuse, NULL};
	autodecompressor *d = NULL;

	(void)state;
	assert_error(decompressor_open(&broken, &d), ERROR_UNAVAILABLE, "the client has gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_out),
		cmocka_unit_test(what_is_cut_off_is_an_error),
		cmocka_unit_test(short_and_empty_sources_are_taken),
		cmocka_unit_test(the_error_of_the_source_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
