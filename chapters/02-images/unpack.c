#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "archive_text.h"
#include "memory.h"
#include "unpack_tree.h"

#define BLOCK_SIZE (128 << 10)

const struct unpack_limits unpack_default_limits = {
	.entries = 4 << 20,
	.bytes = 64ull << 30,
};

/* The uncompressed tar on its way to the library: counted, bounded, hashed. */
struct stream {
	struct source tar;
	struct hasher *hasher;
	uint64_t bytes, limit;
	struct error *problem; /* of the source, while the library was in between */
	char block[BLOCK_SIZE];
};

static fallible read_block(struct stream *stream, size_t *length)
{
	TRY(stream->tar.read(stream->tar.context, stream->block, sizeof(stream->block), length));
	hasher_update(stream->hasher, stream->block, *length);
	stream->bytes += *length;
	if (stream->bytes > stream->limit)
		return error_new(ERROR_TOO_LARGE,
				 "the layer is larger than %llu bytes when unpacked",
				 (unsigned long long)stream->limit);
	return NULL;
}

static la_ssize_t feed(struct archive *archive, void *context, const void **block)
{
	struct stream *stream = context;
	size_t length = 0;

	*block = stream->block;
	stream->problem = read_block(stream, &length);
	if (!stream->problem)
		return length;
	archive_set_error(archive, EIO, "%s", stream->problem->message);
	return -1;
}

static fallible archive_problem(struct stream *stream, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	if (stream->problem)
		return steal(&stream->problem);
	return error_new(ERROR_INVALID, "cannot read the layer's tar: %s",
			 why ? why : "it is damaged");
}

/* A file that claims to be larger than the whole layer may be is not even begun. */
static fallible check_size(const struct unpack_limits *limits, const struct unpack_result *result,
			   struct archive_entry *entry)
{
	la_int64_t size = archive_entry_size(entry);

	if (result->entries > limits->entries)
		return error_new(ERROR_TOO_LARGE, "the layer has more than %llu entries",
				 (unsigned long long)limits->entries);
	if (size > 0 && (uint64_t)size > limits->bytes - result->size)
		return error_new(ERROR_TOO_LARGE,
				 "the files of the layer are larger than %llu bytes",
				 (unsigned long long)limits->bytes);
	return NULL;
}

static fallible unpack_entries(const struct unpack_order *order, struct stream *stream,
			       struct archive *archive, struct unpack_result *result,
			       struct unpack_tree *tree)
{
	const struct unpack_limits *limits = order->limits ? order->limits : &unpack_default_limits;
	struct archive_entry *entry;
	int status;

	while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN) {
		result->entries++;
		TRY(check_size(limits, result, entry));
		struct error *e = unpack_tree_add(tree, archive, entry);
		if (e && stream->problem) { /* the cause, not what the library made of it */
			error_free(e);
			return steal(&stream->problem);
		}
		TRY(e);
		if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
			result->size += archive_entry_size(entry);
	}
	return status == ARCHIVE_EOF ? NULL : archive_problem(stream, archive);
}

/* A tar ends before its stream does: padding follows, and it is part of the diff id. */
static fallible read_to_end(struct stream *stream)
{
	for (size_t length = 1; length;)
		TRY(read_block(stream, &length));
	return NULL;
}

static fallible unpack_stream(const struct unpack_order *order, struct stream *stream,
			      struct unpack_result *result, struct unpack_tree *tree)
{
	autoarchive struct archive *archive = archive_read_new();

	if (!archive)
		abort();
	archive_read_support_format_tar(archive);
	archive_read_support_format_empty(archive);
	if (archive_read_open(archive, stream, NULL, feed, NULL) != ARCHIVE_OK)
		return archive_problem(stream, archive);
	TRY(unpack_entries(order, stream, archive, result, tree));
	return read_to_end(stream);
}

fallible unpack_layer(const struct unpack_order *order, const struct source *packed,
		      struct unpack_result *result, struct unpack_tree *tree)
{
	autodecompressor *d = NULL;
	autoarchive_locale locale = archive_text_begin();
	autofree struct stream *stream = allocate(sizeof(*stream));
	autohasher *hasher = hasher_create(NULL);

	*result = (struct unpack_result){0};
	unpack_tree_init(tree, order->root, order->lowest);
	TRY(decompressor_open(packed, &d));
	stream->tar = decompressor_source(d);
	stream->hasher = hasher;
	stream->limit = (order->limits ? order->limits : &unpack_default_limits)->bytes;
	struct error *e = unpack_stream(order, stream, result, tree);
	error_free(stream->problem);
	TRY(e);
	hasher_finish(hasher, &result->diff_id);
	return NULL;
}
