/*
 * log_files.h - the files that one log is in, while somebody rotates them
 *
 * NAME is written; NAME.1 was before it, NAME.2 before that one. Old ones may be compressed:
 * NAME.1.gz. Names change under the reader's hands, so what a file is is told by its number
 * (log_file.h), not its name: that of a compressed one is in its head (gzip.h). Nothing is read
 * twice or left out, however often the writer rotates meanwhile, unless it removes what the reader
 * has not reached yet.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_FILES_H
#define MINI_LOG_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <zlib.h>

struct log_files {
	int folder;       /* borrowed */
	const char *name; /* borrowed; in the folder itself */
};

/* One of them, open. A compressed one is read as what it was. */
struct log_source {
	int fd; /* -1: none is open */
	gzFile packed;
	uint64_t identity;
	off_t at; /* how far it was read */
};

/* 0 is NAME. *source is closed first; false when there is no such file. */
bool log_files_open(const struct log_files *files, int number, struct log_source *source);
/* The one to begin with. */
bool log_files_open_oldest(const struct log_files *files, struct log_source *source);
/* How many old ones there are. */
int log_files_count(const struct log_files *files);
/* Goes on to the file that was written after this one. False when that is not there yet; then the
 * source stays. One that was removed is followed by the oldest that is left. */
bool log_files_next(const struct log_files *files, struct log_source *source);

void log_source_close(struct log_source *source);
/* As read(2). What is broken in a compressed file ends it. */
ssize_t log_source_read(struct log_source *source, void *bytes, size_t size);
/* Only for one that is not compressed. */
void log_source_seek(struct log_source *source, off_t offset);

#endif
