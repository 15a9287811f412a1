#include "compressor.h"

#include "images_test.h"

static const char *const names[] = {"none", "gzip", "zstd"};

static fallible append(void *context, const void *bytes, size_t length)
{
	buffer_append(context, bytes, length);
	return NULL;
}

static fallible refuse(void *context, const void *bytes, size_t length)
{
	(void)context, (void)bytes, (void)length;
	return error_new(ERROR_SYSTEM, "the disk is full");
}

/* Text that shrinks well, longer than any block inside. */
static void make_text(struct buffer *text)
{
	for (unsigned int i = 0; i < 50000; i++) {
		autofree char *line = format("line %u\n", i * i % 977);

		buffer_append(text, line, strlen(line));
	}
}

static struct error *compress(enum compression compression, const struct buffer *text, size_t step,
			      const struct sink *out)
{
	autocompressor *compressor = NULL;

	TRY(compressor_open(compression, out, &compressor));
	struct sink in = compressor_sink(compressor);
	for (size_t at = 0; at < text->length; at += step) {
		size_t left = text->length - at;

		TRY(in.write(in.context, text->data + at, left < step ? left : step));
	}
	return compressor_finish(compressor);
}

static void assert_holds(struct buffer *packed, const char *format_name, const struct buffer *text)
{
	struct memory_source memory = {packed->data, packed->length, 1000};
	struct source source = {read_memory, &memory};
	autofree char *bytes = allocate(text->length + 1);
	autodecompressor *d = NULL;
	size_t length;

	assert_ok(decompressor_open(&source, &d));
	assert_string_equal(decompressor_format(d), format_name);
	struct source plain = decompressor_source(d);
	assert_ok(source_read_full(&plain, bytes, text->length + 1, &length));
	assert_int_equal(length, text->length);
	assert_memory_equal(bytes, text->data, length);
}

static void what_goes_in_comes_out(void **state)
{
	autobuffer text = {0};

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < countof(names); i++) {
		autobuffer packed = {0};
		struct sink out = {append, &packed};
		enum compression compression;

		assert_ok(compression_parse(names[i], &compression));
		assert_ok(compress(compression, &text, 4099, &out));
		assert_holds(&packed, i ? names[i] : "", &text);
		assert_true(i ? packed.length < text.length / 4 : packed.length == text.length);
	}
}

static void the_same_gives_the_same(void **state)
{
	autobuffer text = {0};

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < countof(names); i++) {
		autobuffer first = {0}, second = {0};
		struct sink one = {append, &first}, two = {append, &second};

		assert_ok(compress(i, &text, 10240, &one));
		assert_ok(compress(i, &text, 10240, &two));
		assert_int_equal(first.length, second.length);
		assert_memory_equal(first.data, second.data, first.length);
	}
}

static void nothing_is_a_stream_too(void **state)
{
	const struct buffer nothing = {0};

	(void)state;
	for (size_t i = 1; i < countof(names); i++) {
		autobuffer packed = {0};
		struct sink out = {append, &packed};

		assert_ok(compress(i, &nothing, 1, &out));
		assert_holds(&packed, names[i], &nothing);
	}
}

static void an_error_behind_it_is_handed_on(void **state)
{
	const struct sink out = {refuse, NULL};
	autobuffer text = {0};

	(void)state;
	make_text(&text);
	for (size_t i = 0; i < countof(names); i++)
		assert_error(compress(i, &text, 4096, &out), ERROR_SYSTEM, "the disk is full");
}

static void other_words_are_refused(void **state)
{
	enum compression compression;

	(void)state;
	assert_error(compression_parse("lzma", &compression), ERROR_INVALID, "none, gzip or zstd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(the_same_gives_the_same),
		cmocka_unit_test(nothing_is_a_stream_too),
		cmocka_unit_test(an_error_behind_it_is_handed_on),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
