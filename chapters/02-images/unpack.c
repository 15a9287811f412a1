#include "unpack.h"

#include "memory.h"
#include "tar_reader.h"
#include "unpack_tree.h"

const struct unpack_limits unpack_default_limits = {
	.entries = 4 << 20,
	.bytes = 64ull << 30,
};

/* The uncompressed tar on its way to the reader: counted, bounded, hashed. */
struct stream {
	struct source tar;
	struct hasher *hasher;
	uint64_t bytes, limit;
};

static fallible read_block(void *context, void *bytes, size_t size, size_t *length)
{
	struct stream *stream = context;

	TRY(stream->tar.read(stream->tar.context, bytes, size, length));
	hasher_update(stream->hasher, bytes, *length);
	stream->bytes += *length;
	if (stream->bytes > stream->limit)
		return error_new(ERROR_TOO_LARGE,
				 "the layer is larger than %llu bytes when unpacked",
				 (unsigned long long)stream->limit);
	return NULL;
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

static fallible add_entries(const struct unpack_target *target, struct tar_reader *reader,
			    const struct unpack_limits *limits, struct unpack_result *result)
{
	struct archive_entry *entry;

	for (;;) {
		TRY(tar_reader_next(reader, &entry));
		if (!entry)
			return NULL;
		result->entries++;
		TRY(check_size(limits, result, entry));
		TRY(tar_reader_blame(reader, target->add(target->context,
							 tar_reader_archive(reader), entry)));
		if (archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry))
			result->size += archive_entry_size(entry);
	}
}

/* A tar ends before its stream does: padding follows, and it is part of the diff id. */
static fallible read_to_end(struct stream *stream)
{
	char rest[4096];

	for (size_t length = 1; length;)
		TRY(read_block(stream, rest, sizeof(rest), &length));
	return NULL;
}

static fallible unpack_stream(const struct unpack_target *target, struct stream *stream,
			      const struct unpack_limits *limits, struct unpack_result *result)
{
	const struct source tar = {read_block, stream};
	autotar_reader *reader = NULL;

	TRY(tar_reader_open(&tar, "the tar", &reader));
	TRY(add_entries(target, reader, limits, result));
	return read_to_end(stream);
}

fallible unpack_entries(const struct unpack_target *target, const struct source *packed,
			const struct unpack_limits *limits, struct unpack_result *result)
{
	autodecompressor *d = NULL;
	autohasher *hasher = hasher_create(NULL);

	limits = limits ? limits : &unpack_default_limits;
	struct stream stream = {.hasher = hasher, .limit = limits->bytes};
	*result = (struct unpack_result){0};
	TRY(decompressor_open(packed, &d));
	stream.tar = decompressor_source(d);
	TRY(unpack_stream(target, &stream, limits, result));
	hasher_finish(hasher, &result->diff_id);
	return NULL;
}

static fallible add_to_tree(void *tree, struct archive *archive, struct archive_entry *entry)
{
	return unpack_tree_add(tree, archive, entry);
}

fallible unpack_layer(const struct unpack_order *order, const struct source *packed,
		      struct unpack_result *result, struct unpack_tree *tree)
{
	const struct unpack_target target = {add_to_tree, tree};

	unpack_tree_init(tree, order->root, order->lowest);
	return unpack_entries(&target, packed, order->limits, result);
}
