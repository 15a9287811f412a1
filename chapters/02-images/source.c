#include "source.h"

#include <archive.h>
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "gunzip.h"
#include "memory.h"

static fallible read_fd(void *context, void *bytes, size_t size, size_t *length)
{
	const int *fd = context;
	ssize_t n;

	do
		n = read(*fd, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_system("cannot read the input");
	*length = n;
	return NULL;
}

struct source source_from_fd(const int *fd)
{
	return (struct source){.read = read_fd, .context = (void *)fd};
}

static fallible write_fd(void *context, const void *bytes, size_t length)
{
	return file_write_fd(*(const int *)context, "the output", bytes, length);
}

struct sink sink_to_fd(const int *fd)
{
	return (struct sink){.write = write_fd, .context = (void *)fd};
}

fallible source_read_full(const struct source *source, void *bytes, size_t size, size_t *length)
{
	size_t part = 1;

	for (*length = 0; *length < size && part; *length += part)
		TRY(source->read(source->context, (char *)bytes + *length, size - *length, &part));
	return NULL;
}

static const struct compression {
	const char *name;
	const char *magic;
	size_t magic_length;
	int (*support)(struct archive *); /* NULL: gunzip.h */
} compressions[] = {
	{"gzip", "\x1f\x8b\x08", 3, NULL},
	{"zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd},
	{"xz", "\xfd\x37zXZ\0", 6, archive_read_support_filter_xz},
	{"bzip2", "BZh", 3, archive_read_support_filter_bzip2},
};

#define MAGIC_SIZE 6
#define BLOCK_SIZE (128 << 10)

struct decompressor {
	struct source compressed;
	const struct compression *compression; /* NULL: none */
	struct gunzip *gunzip;
	struct archive *archive;
	struct error *problem; /* of the source, while the library was in between */
	char head[MAGIC_SIZE]; /* read to see the format, handed on first */
	size_t head_length, head_used;
	bool empty; /* compressed nothing: the library has no entry to read from */
	char block[BLOCK_SIZE];
};

/* The compressed bytes with those that were looked at in front. */
static fallible read_compressed(void *context, void *bytes, size_t size, size_t *length)
{
	struct decompressor *d = context;

	if (d->head_used == d->head_length)
		return d->compressed.read(d->compressed.context, bytes, size, length);
	*length = d->head_length - d->head_used;
	if (*length > size)
		*length = size;
	memcpy(bytes, d->head + d->head_used, *length);
	d->head_used += *length;
	return NULL;
}

static la_ssize_t feed(struct archive *a, void *context, const void **block)
{
	struct decompressor *d = context;
	size_t length = 0;

	*block = d->block;
	d->problem = read_compressed(d, d->block, sizeof(d->block), &length);
	if (!d->problem)
		return length;
	archive_set_error(a, EIO, "%s", d->problem->message);
	return -1;
}

static fallible archive_problem(struct decompressor *d)
{
	const char *why = archive_error_string(d->archive);

	if (d->problem)
		return steal(&d->problem);
	return error_new(ERROR_INVALID, "cannot decompress the %s data: %s", d->compression->name,
			 why ? why : "it is damaged or cut off");
}

static fallible open_archive(struct decompressor *d)
{
	struct archive_entry *entry;

	d->archive = archive_read_new();
	if (!d->archive)
		abort();
	d->compression->support(d->archive);
	archive_read_support_format_raw(d->archive);
	archive_read_support_format_empty(d->archive); /* compressed nothing is nothing */
	if (archive_read_open(d->archive, d, NULL, feed, NULL) != ARCHIVE_OK)
		return archive_problem(d);
	int result = archive_read_next_header(d->archive, &entry);
	d->empty = result == ARCHIVE_EOF;
	return result == ARCHIVE_OK || d->empty ? NULL : archive_problem(d);
}

fallible decompressor_open(const struct source *compressed, struct decompressor **out)
{
	autodecompressor *d = allocate(sizeof(*d));

	d->compressed = *compressed;
	TRY(source_read_full(compressed, d->head, sizeof(d->head), &d->head_length));
	for (size_t i = 0; !d->compression && i < countof(compressions); i++)
		if (d->head_length >= compressions[i].magic_length &&
		    memcmp(d->head, compressions[i].magic, compressions[i].magic_length) == 0)
			d->compression = &compressions[i];
	struct source all = {read_compressed, d};
	if (d->compression && !d->compression->support)
		d->gunzip = gunzip_create(&all);
	else if (d->compression)
		TRY(open_archive(d));
	*out = steal(&d);
	return NULL;
}

static fallible read_decompressed(void *context, void *bytes, size_t size, size_t *length)
{
	struct decompressor *d = context;

	if (!d->compression)
		return read_compressed(d, bytes, size, length);
	if (d->gunzip)
		return gunzip_read(d->gunzip, bytes, size, length);
	la_ssize_t n = d->empty ? 0 : archive_read_data(d->archive, bytes, size);
	if (n < 0)
		return archive_problem(d);
	*length = n;
	return NULL;
}

struct source decompressor_source(struct decompressor *d)
{
	return (struct source){.read = read_decompressed, .context = d};
}

const char *decompressor_format(const struct decompressor *d)
{
	return d->compression ? d->compression->name : "";
}

void decompressor_close(struct decompressor *d)
{
	if (!d)
		return;
	gunzip_destroy(d->gunzip);
	archive_read_free(d->archive);
	error_free(d->problem);
	free(d);
}

void decompressor_close_cleanup(struct decompressor **d)
{
	decompressor_close(*d);
}
