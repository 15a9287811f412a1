/*
 * mirror_fetch.h - a blob of the mirrored registry on its way here, read by all who want it
 *
 * Who asks for a blob that is not here joins its fetch, or begins it. A thread of its own fetches
 * (remote_download.h: hashed, taken up again when the connection breaks); who asked reads behind
 * it, as fast as he can. What was begun is fetched to the end, also when who asked has gone: the
 * next one will ask for the same.
 *
 * The last byte is read only after the whole was verified and stored: nobody ever gets all of a
 * blob that is not what its digest says, and it is not kept either.
 *
 * Book: 4.12
 */
#ifndef MINI_MIRROR_FETCH_H
#define MINI_MIRROR_FETCH_H

#include "descriptor.h"
#include "mirror_upstream.h"
#include "source.h"

struct mirror_fetch; /* opaque; thread-safe */

/* name: the repository to fetch it from, where it has been seen. */
fallible mirror_fetch_join(struct mirror *mirror, const char *name, const struct descriptor *blob,
			   struct mirror_fetch **out);
void mirror_fetch_leave(struct mirror_fetch *fetch);

/* The blob's bytes from `offset` on. Errors are those of the other registry, as in
 * mirror_refusal(). */
struct mirror_reader {
	struct mirror_fetch *fetch;
	struct source bytes; /* all of them */
	int64_t at;
};
fallible mirror_reader_open(struct mirror_fetch *fetch, int64_t offset,
			    struct mirror_reader *reader, struct source *source);
void mirror_reader_close(struct mirror_reader *reader);

#endif
