/*
 * content.h - the content store: blobs that are found by their digest
 *
 *	oci-layout              {"imageLayoutVersion": "1.0.0"}
 *	index.json              which manifests have names (image_index.h)
 *	blobs/sha256/<hex>      manifests, configs, layers as they were packed
 *	ingest/                 what is being written; emptied when nobody writes
 *
 * This is an OCI image layout: skopeo, umoci and buildah read it as it is. A blob appears under
 * its name only when it is whole, was hashed and is on the disk; it never changes after.
 *
 * Several processes and threads may use one store. A struct content itself is read-only after
 * content_open() and may be shared by threads; a writer belongs to one thread.
 *
 * Standard: OCI image-spec, image-layout.md. Book: 2.2
 */
#ifndef MINI_CONTENT_H
#define MINI_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buffer.h"
#include "digest.h"
#include "error.h"
#include "file.h"
#include "source.h"

#define CONTENT_DOCUMENT_LIMIT (8 << 20) /* the largest manifest, index or config that is read */

#define CONTENT_BLOCK_SIZE (128 << 10)

struct content;

/* Makes the layout where it is missing. rootfd is borrowed during the call only. */
fallible content_open(int rootfd, enum durability durability, struct content **out);
bool content_is_there(int rootfd);           /* that it need not be made */
void content_close(struct content *content); /* NULL is legal */

/* -- reading -- */

/* *size may be NULL. ERROR_NOT_FOUND. */
fallible content_stat(struct content *content, const struct digest *digest, uint64_t *size);
/* Opens a blob for reading. size: what the descriptor says, -1 when unknown; a blob of another
 * size is ERROR_CORRUPT. The content is not hashed: who unpacks a layer checks its diff id. */
fallible content_open_blob(struct content *content, const struct digest *digest, int64_t size,
			   int *fd);
/* A small blob as a whole, hashed. ERROR_CORRUPT, ERROR_TOO_LARGE over CONTENT_DOCUMENT_LIMIT. */
fallible content_read_verified(struct content *content, const struct digest *digest, int64_t size,
			       struct buffer *bytes);

/* -- writing -- */

/*
 * A blob on its way in. content_writer_seal() ends the stream: its digest is known and checked.
 * content_writer_commit() gives it its name; without it content_writer_destroy() leaves nothing.
 */
struct content_writer;
fallible content_writer_open(struct content *content, struct content_writer **out);
fallible content_writer_write(struct content_writer *w, const void *bytes, size_t length);
/* The whole rest of a source. */
fallible content_writer_fill(struct content_writer *w, const struct source *source);
/* expected (NULL: any) and size (-1: any) are what was promised; ERROR_CORRUPT if they differ. When
 * expected has another algorithm than the writer, the file is read again. */
fallible content_writer_seal(struct content_writer *w, const struct digest *expected, int64_t size);
const struct digest *content_writer_digest(const struct content_writer *w); /* once sealed */
uint64_t content_writer_size(const struct content_writer *w);

/*
 * A writer that can be left and taken up again, also by another process: its file in ingest/ has a
 * name of the caller's (of letters, digits, dots and dashes, at most CONTENT_NAME_LIMIT) and stays
 * when the writer is left. `like` gives the algorithm, NULL is sha256. Resuming reads what is there
 * again, for the hash; ERROR_NOT_FOUND.
 */
#define CONTENT_NAME_LIMIT 95
fallible content_writer_create(struct content *content, const char *name, const struct digest *like,
			       struct content_writer **out);
fallible content_writer_resume(struct content *content, const char *name, const struct digest *like,
			       struct content_writer **out);
void content_writer_leave(struct content_writer *w); /* destroys w, keeps the file */
/* Calls visit for each file in ingest/, which it may remove. */
fallible content_each_ingest(struct content *content,
			     fallible (*visit)(void *context, const char *name, uint64_t size,
					       time_t modified),
			     void *context);
fallible content_remove_ingest(struct content *content, const char *name);
/* The bytes again, before or after the commit. */
fallible content_writer_reopen(struct content_writer *w, int *fd);
fallible content_writer_commit(struct content_writer *w);
void content_writer_destroy(struct content_writer *w); /* NULL is legal */
#define autowriter __attribute__((cleanup(content_writer_destroy_cleanup))) struct content_writer
void content_writer_destroy_cleanup(struct content_writer **w);

/* A small blob in one call. */
fallible content_put(struct content *content, const void *bytes, size_t length,
		     struct digest *digest);
/* The whole rest of a source into one blob, committed. expected and size as above. */
fallible content_copy(struct content *content, const struct source *source,
		      const struct digest *expected, int64_t size, struct digest *digest,
		      uint64_t *written);

/* -- removing: only who holds the store's lease exclusively (image.h) may -- */

/* Calls visit for each blob; it may remove it. */
fallible content_each(struct content *content,
		      fallible (*visit)(void *context, const struct digest *digest), void *context);
/* That it is not there is success. */
fallible content_remove(struct content *content, const struct digest *digest);
/* Drops what crashed writers left in ingest/. */
fallible content_clean(struct content *content);

#endif
