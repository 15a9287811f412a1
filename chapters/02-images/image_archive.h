/*
 * image_archive.h - the files of an image archive, by their paths
 *
 * An archive comes as a stream, and what a file is for is known only when the manifest has been
 * read, which may be the last. So each file goes into the content store's ingest folder as it
 * comes. Those that turn out to be part of an image are committed, the rest vanishes.
 *
 * Book: 2.7
 */
#ifndef MINI_IMAGE_ARCHIVE_H
#define MINI_IMAGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "content.h"
#include "error.h"
#include "source.h"

#define IMAGE_ARCHIVE_ENTRY_LIMIT 65536

struct image_archive {
	struct content *content;
	struct image_archive_file {
		char *path;                    /* clean, relative */
		char *target;                  /* of a link: clean, relative; else NULL */
		struct content_writer *writer; /* sealed; NULL for a link */
	} * files;
	size_t count, capacity;
	uint64_t bytes, limit;
};

/* Reads it to its end. ERROR_INVALID for what is no archive or is cut off, ERROR_CORRUPT for a
 * file below blobs/ that is not what its name says. */
fallible image_archive_read(struct image_archive *archive, struct content *content, uint64_t limit,
			    const struct source *source);
/* The same of an OCI layout that lies there as a folder. Nothing in it is followed that is a link.
 */
fallible image_archive_read_folder(struct image_archive *archive, struct content *content,
				   int folder);
void image_archive_finish(struct image_archive *archive);
#define autoimage_archive __attribute__((cleanup(image_archive_finish))) struct image_archive

bool image_archive_has(struct image_archive *archive, const char *path);
/* A small file as a whole. ERROR_INVALID when the archive does not have it. */
fallible image_archive_get(struct image_archive *archive, const char *path, struct buffer *bytes);
/* Commits a file, also through links. */
fallible image_archive_commit(struct image_archive *archive, const char *path,
			      struct digest *digest, uint64_t *size);

#endif
