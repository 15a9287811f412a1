#include "tar_reader.h"

#include <errno.h>
#include <stdlib.h>

#include "archive_text.h"
#include "memory.h"

#define BLOCK_SIZE (128 << 10)

struct tar_reader {
	const struct source *tar;
	const char *what;
	struct archive *archive;
	struct error *problem; /* of the source, while the library was in between */
	locale_t before;
	char block[BLOCK_SIZE];
};

static la_ssize_t feed(struct archive *archive, void *context, const void **block)
{
	struct tar_reader *reader = context;
	size_t length = 0;

	*block = reader->block;
	error_free(reader->problem);
	reader->problem = reader->tar->read(reader->tar->context, reader->block,
					    sizeof(reader->block), &length);
	if (!reader->problem)
		return length;
	archive_set_error(archive, EIO, "%s", reader->problem->message);
	return -1;
}

fallible tar_reader_problem(struct tar_reader *reader)
{
	const char *why = archive_error_string(reader->archive);

	if (reader->problem)
		return steal(&reader->problem);
	return error_new(ERROR_INVALID, "cannot read %s: %s", reader->what,
			 why ? why : "it is damaged or cut off");
}

fallible tar_reader_open(const struct source *tar, const char *what, struct tar_reader **out)
{
	autotar_reader *reader = allocate(sizeof(*reader));

	reader->before = archive_text_begin();
	reader->tar = tar;
	reader->what = what;
	reader->archive = archive_read_new();
	if (!reader->archive)
		abort();
	archive_read_support_format_tar(reader->archive);
	archive_read_support_format_empty(reader->archive);
	if (archive_read_open(reader->archive, reader, NULL, feed, NULL) != ARCHIVE_OK)
		return tar_reader_problem(reader);
	*out = steal(&reader);
	return NULL;
}

fallible tar_reader_next(struct tar_reader *reader, struct archive_entry **entry)
{
	int status = archive_read_next_header(reader->archive, entry);

	if (status == ARCHIVE_OK || status == ARCHIVE_WARN)
		return NULL;
	*entry = NULL;
	return status == ARCHIVE_EOF ? NULL : tar_reader_problem(reader);
}

struct archive *tar_reader_archive(struct tar_reader *reader)
{
	return reader->archive;
}

fallible tar_reader_blame(struct tar_reader *reader, struct error *e)
{
	if (!e || !reader->problem)
		return e;
	error_free(e);
	return steal(&reader->problem);
}

void tar_reader_close(struct tar_reader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	error_free(reader->problem);
	archive_text_end_cleanup(&reader->before);
	free(reader);
}

void tar_reader_close_cleanup(struct tar_reader **reader)
{
	tar_reader_close(*reader);
}
