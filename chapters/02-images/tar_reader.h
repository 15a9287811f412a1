/*
 * tar_reader.h - the entries of a tar that comes from a source
 *
 * What libarchive and a struct source need between them. When the source fails, the library in
 * between reports an error of its own: tar_reader_blame() gives the cause instead.
 *
 * Book: 2.4
 */
#ifndef MINI_TAR_READER_H
#define MINI_TAR_READER_H

#include <archive.h>
#include <archive_entry.h>

#include "error.h"
#include "source.h"

struct tar_reader;

/* Borrows `tar`, which is not compressed, and `what`, which messages call it by. */
fallible tar_reader_open(const struct source *tar, const char *what, struct tar_reader **out);
/* The next entry, valid until the one after it; NULL at the end. */
fallible tar_reader_next(struct tar_reader *reader, struct archive_entry **entry);
/* For who reads an entry's data. Borrowed. */
struct archive *tar_reader_archive(struct tar_reader *reader);
/* Why the library's last call failed: what the source said, or else the library. */
fallible tar_reader_problem(struct tar_reader *reader);
/* e, or in its place what the source said; NULL stays NULL. */
fallible tar_reader_blame(struct tar_reader *reader, struct error *e);
void tar_reader_close(struct tar_reader *reader); /* NULL is legal */
#define autotar_reader __attribute__((cleanup(tar_reader_close_cleanup))) struct tar_reader
void tar_reader_close_cleanup(struct tar_reader **reader);

#endif
