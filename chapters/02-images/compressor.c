#include "compressor.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "descriptor.h"
#include "memory.h"

#define BLOCK_SIZE  (128 << 10)
#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for a gzip header, which then has no time */
#define GZIP_LEVEL  6
#define ZSTD_LEVEL  3

struct compressor {
	struct sink out;
	const struct method *method;
	z_stream deflate;
	ZSTD_CCtx *zstd;
	char block[BLOCK_SIZE];
};

struct method {
	const char *name, *media_type;
	fallible (*open)(struct compressor *);
	fallible (*write)(struct compressor *, const void *bytes, size_t length, bool last);
	void (*close)(struct compressor *);
};

static fallible broken(const struct compressor *c)
{
	return error_new(ERROR_SYSTEM, "cannot compress with %s", c->method->name);
}

static fallible hand_on(struct compressor *c, const void *bytes, size_t length)
{
	return length ? c->out.write(c->out.context, bytes, length) : NULL;
}

/* -- none -- */

static fallible open_none(struct compressor *c)
{
	(void)c;
	return NULL;
}

static fallible write_none(struct compressor *c, const void *bytes, size_t length, bool last)
{
	(void)last;
	return hand_on(c, bytes, length);
}

static void close_none(struct compressor *c)
{
	(void)c;
}

/* -- gzip -- */

static fallible open_gzip(struct compressor *c)
{
	return deflateInit2(&c->deflate, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
			    Z_DEFAULT_STRATEGY) == Z_OK
		       ? NULL
		       : broken(c);
}

static fallible write_gzip(struct compressor *c, const void *bytes, size_t length, bool last)
{
	int result;

	c->deflate.next_in = (void *)bytes;
	c->deflate.avail_in = length;
	do {
		c->deflate.next_out = (void *)c->block;
		c->deflate.avail_out = sizeof(c->block);
		result = deflate(&c->deflate, last ? Z_FINISH : Z_NO_FLUSH);
		if (result == Z_STREAM_ERROR)
			return broken(c);
		TRY(hand_on(c, c->block, sizeof(c->block) - c->deflate.avail_out));
	} while (c->deflate.avail_out == 0);
	return NULL;
}

static void close_gzip(struct compressor *c)
{
	deflateEnd(&c->deflate);
}

/* -- zstd -- */

static fallible open_zstd(struct compressor *c)
{
	c->zstd = ZSTD_createCCtx();
	if (!c->zstd)
		abort();
	ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1);
	return NULL;
}

static fallible write_zstd(struct compressor *c, const void *bytes, size_t length, bool last)
{
	ZSTD_inBuffer in = {bytes, length, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {c->block, sizeof(c->block), 0};

		left = ZSTD_compressStream2(c->zstd, &out, &in,
					    last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return broken(c);
		TRY(hand_on(c, c->block, out.pos));
	} while (last ? left != 0 : in.pos < in.size);
	return NULL;
}

static void close_zstd(struct compressor *c)
{
	ZSTD_freeCCtx(c->zstd);
}

/* -- the table -- */

static const struct method methods[] = {
	[COMPRESSION_NONE] = {"none", MEDIA_LAYER, open_none, write_none, close_none},
	[COMPRESSION_GZIP] = {"gzip", MEDIA_LAYER_GZIP, open_gzip, write_gzip, close_gzip},
	[COMPRESSION_ZSTD] = {"zstd", MEDIA_LAYER_ZSTD, open_zstd, write_zstd, close_zstd},
};

fallible compression_parse(const char *text, enum compression *out)
{
	for (size_t i = 0; i < countof(methods); i++)
		if (strcmp(methods[i].name, text) == 0) {
			*out = i;
			return NULL;
		}
	return error_new(ERROR_INVALID, "unknown compression '%s': it is none, gzip or zstd", text);
}

const char *compression_media_type(enum compression compression)
{
	return methods[compression].media_type;
}

fallible compressor_open(enum compression compression, const struct sink *out,
			 struct compressor **compressor)
{
	struct compressor *c = allocate(sizeof(*c));
	struct error *e;

	c->out = *out;
	c->method = &methods[compression];
	e = c->method->open(c);
	if (e)
		free(c);
	else
		*compressor = c;
	return e;
}

static fallible write_some(void *context, const void *bytes, size_t length)
{
	struct compressor *c = context;

	return c->method->write(c, bytes, length, false);
}

struct sink compressor_sink(struct compressor *compressor)
{
	return (struct sink){write_some, compressor};
}

fallible compressor_finish(struct compressor *compressor)
{
	return compressor->method->write(compressor, NULL, 0, true);
}

void compressor_close(struct compressor *compressor)
{
	if (!compressor)
		return;
	compressor->method->close(compressor);
	free(compressor);
}

void compressor_close_cleanup(struct compressor **compressor)
{
	compressor_close(*compressor);
}
