/*
 * remote_download.h - one blob on its way into the content store, once for all who want it
 *
 * Who wants a blob joins its download, finds it or makes it; who runs it first fetches, the others
 * wait for him, and when he fails or goes away the next one goes on where he was. The bytes are
 * written to the store's ingest folder, hashed as they come, and can be read behind the one who
 * writes: that is how a layer is unpacked while it is still being fetched.
 *
 * A connection that breaks is made again, with a growing pause, and goes on with Range at the byte
 * where it broke. A blob of another size or digest than was promised is never given its name.
 *
 * Downloads are shared in the process, by store and digest.
 *
 * Standard: OCI distribution-spec, "Pulling blobs"; RFC 9110, 14 (Range). Book: 4.7
 */
#ifndef MINI_REMOTE_DOWNLOAD_H
#define MINI_REMOTE_DOWNLOAD_H

#include <stdatomic.h>

#include "content.h"
#include "descriptor.h"
#include "remote_registry.h"

struct remote_download; /* opaque; thread-safe */

struct remote_download *remote_download_join(struct content *content,
					     const struct descriptor *blob);
void remote_download_leave(struct remote_download *download);

/* Who is told how far it is: bytes so far. Also while another fetches. May be NULL. */
typedef void remote_download_progress(void *context, uint64_t bytes);

/* Until it is in the store. ERROR_CORRUPT for what is not what was promised; ERROR_UNAVAILABLE when
 * "max-download-attempts" (5) were made in vain, or nobody waits any more. */
fallible remote_download_run(struct remote_download *download, struct remote_registry *registry,
			     remote_download_progress *progress, void *context);

/* Its bytes from the first one on, as they come. *stopped, once true, ends the waiting for more
 * with an error; who sets it wakes the readers. */
fallible remote_download_open(struct remote_download *download, const atomic_bool *stopped,
			      struct source *source);
void remote_download_close(const struct source *source);
void remote_download_wake(struct remote_download *download);

#endif
