#include "gzip.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "file.h"
#include "memory.h"

#define WINDOW     32768 /* how far back a copy may reach */
#define COPY_MOST  258
#define COPY_LEAST 4
#define HASH_BITS  15
#define PENDING    65536 /* bytes of output that are collected */
#define LIMIT      UINT32_MAX

struct deflate {
	const uint8_t *text;
	size_t length;
	uint32_t *seen; /* where four bytes with this hash were last; 0: nowhere, else place + 1 */
	uint8_t *out;
	size_t out_length;
	uint64_t bits; /* not yet a byte, the lowest first */
	unsigned int bit_count;
	int to;
};

/* ---- bits ---- */

static fallible write_out(struct deflate *d)
{
	struct error *e = file_write_fd(d->to, "the compressed log", d->out, d->out_length);

	d->out_length = 0;
	return e;
}

static void put_bits(struct deflate *d, uint32_t value, unsigned int count)
{
	d->bits |= (uint64_t)value << d->bit_count;
	d->bit_count += count;
	while (d->bit_count >= 8) {
		d->out[d->out_length++] = d->bits;
		d->bits >>= 8;
		d->bit_count -= 8;
	}
}

/* Huffman codes are packed with their highest bit first, unlike all else (RFC 1951, 3.1.1). */
static void put_code(struct deflate *d, uint32_t code, unsigned int count)
{
	uint32_t reversed = 0;

	for (unsigned int i = 0; i < count; i++)
		reversed |= (code >> i & 1) << (count - 1 - i);
	put_bits(d, reversed, count);
}

/* The fixed codes of RFC 1951, 3.2.6. */
static void put_symbol(struct deflate *d, unsigned int symbol)
{
	if (symbol < 144)
		put_code(d, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(d, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(d, symbol - 256, 7);
	else
		put_code(d, 0xc0 + symbol - 280, 8);
}

/* ---- copies ---- */

/* Lengths and distances are a code for a range, and extra bits for the place in it: ranges double
 * in size after every `per_size` codes (RFC 1951, 3.2.5). Returns the code. */
static unsigned int range_of(unsigned int value, unsigned int per_size, unsigned int *extra_bits,
			     unsigned int *extra)
{
	unsigned int base = 0, code = 0, bits = 0;

	for (;; code++) {
		bits = code < 2 * per_size ? 0 : code / per_size - 1;
		if (value < base + (1U << bits))
			break;
		base += 1U << bits;
	}
	*extra_bits = bits;
	*extra = value - base;
	return code;
}

static void put_copy(struct deflate *d, unsigned int length, unsigned int distance)
{
	unsigned int bits, extra;

	if (length == COPY_MOST) { /* has a code of its own */
		put_symbol(d, 285);
	} else {
		put_symbol(d, 257 + range_of(length - 3, 4, &bits, &extra));
		put_bits(d, extra, bits);
	}
	put_code(d, range_of(distance - 1, 2, &bits, &extra), 5);
	put_bits(d, extra, bits);
}

static uint32_t four_at(const struct deflate *d, size_t at)
{
	uint32_t four;

	memcpy(&four, d->text + at, sizeof(four));
	return four;
}

/* How many bytes at `at` were also at the place where its first four were last; 0 for too few. */
static size_t find_copy(struct deflate *d, size_t at, size_t *distance)
{
	uint32_t four = four_at(d, at), *slot = &d->seen[four * 2654435761U >> (32 - HASH_BITS)];
	size_t most = d->length - at < COPY_MOST ? d->length - at : COPY_MOST;
	size_t from = *slot, length = 0;

	*slot = at + 1;
	if (!from-- || at - from > WINDOW)
		return 0;
	while (length < most && d->text[from + length] == d->text[at + length])
		length++;
	*distance = at - from;
	return length < COPY_LEAST ? 0 : length;
}

static fallible put_block(struct deflate *d)
{
	put_bits(d, 1, 1); /* the last block */
	put_bits(d, 1, 2); /* of fixed codes */
	for (size_t at = 0; at < d->length;) {
		size_t distance = 0;
		size_t length = at + COPY_LEAST <= d->length ? find_copy(d, at, &distance) : 0;

		if (length)
			put_copy(d, length, distance);
		else
			put_symbol(d, d->text[at]);
		at += length ? length : 1;
		if (d->out_length > PENDING - 16)
			TRY(write_out(d));
	}
	put_symbol(d, 256);
	put_bits(d, 0, (8 - d->bit_count) & 7);
	return NULL;
}

/* ---- gzip ---- */

static uint32_t crc32_of(const uint8_t *text, size_t length)
{
	uint32_t table[256], crc = ~0U;

	for (uint32_t i = 0; i < countof(table); i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	for (size_t i = 0; i < length; i++)
		crc = table[(crc ^ text[i]) & 255] ^ crc >> 8;
	return ~crc;
}

static void put_number(struct deflate *d, uint64_t number, unsigned int bytes)
{
	for (; bytes; bytes--, number >>= 8)
		put_bits(d, number & 255, 8);
}

static fallible put_file(struct deflate *d, const struct stat *st, uint64_t number)
{
	put_number(d, 0x04088b1f, 4); /* magic, deflate, with an extra field */
	put_number(d, (uint32_t)st->st_mtime, 4);
	put_number(d, 0x0300, 2); /* made on a Unix */
	put_number(d, GZIP_HEAD - GZIP_EXTRA_NAMED, 2);
	put_bits(d, 'm', 8);
	put_bits(d, 'i', 8);
	put_number(d, sizeof(number), 2);
	put_number(d, number, sizeof(number));
	TRY(put_block(d));
	put_number(d, crc32_of(d->text, d->length), 4);
	put_number(d, (uint32_t)d->length, 4);
	return write_out(d);
}

fallible gzip_file(int from, int to, uint64_t number)
{
	autofree uint32_t *seen = allocate(sizeof(*seen) << HASH_BITS);
	autofree uint8_t *out = allocate(PENDING);
	struct deflate d = {.seen = seen, .out = out, .to = to};
	void *text = NULL;
	struct stat st;

	if (fstat(from, &st) < 0)
		return error_system("cannot look at the log");
	if (st.st_size >= LIMIT)
		return error_new(ERROR_TOO_LARGE, "a log of %lld bytes is not compressed",
				 (long long)st.st_size);
	if (st.st_size)
		text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, from, 0);
	if (text == MAP_FAILED)
		return error_system("cannot map the log");
	d.text = text;
	d.length = st.st_size;
	struct error *e = put_file(&d, &st, number);
	if (text)
		munmap(text, st.st_size);
	return e;
}
