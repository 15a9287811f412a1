/*
 * registry_collect.h - garbage: found and removed while everybody goes on pulling and pushing
 *
 *	uploads that nobody has gone on with      dropped after --upload-timeout
 *	manifests without a tag                   dropped after --gc-grace, with --gc-untagged
 *	of a mirror, what nobody asked for      dropped after --mirror-keep
 *	blobs that no manifest needs              taken off their repository after --gc-grace
 *	bytes that no repository has              removed
 *
 * A push sends blobs first and the manifest that needs them last, so what nobody needs is not
 *garbage yet: the grace time is longer than a push. It begins anew whenever a client asks whether a
 *blob is there, since it then does not send it. And a blob that has its name but not its record yet
 *is guarded by a lock (registry.h: publishing).
 *
 * Book: 4.10
 */
#ifndef MINI_REGISTRY_COLLECT_H
#define MINI_REGISTRY_COLLECT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct registry;

struct registry_collect_options {
	int64_t interval;       /* seconds between two; 0: never by itself */
	int64_t grace;          /* seconds */
	int64_t upload_timeout; /* seconds; looked at every minute */
	int64_t keep;           /* seconds that a manifest stays that nobody asks for; 0: always */
	bool untagged;
};

struct registry_collected {
	int64_t uploads, manifests, blobs; /* dropped from repositories */
	int64_t bytes;                     /* removed */
};

/* Once, now. */
fallible registry_collect(struct registry *registry, const struct registry_collect_options *options,
			  struct registry_collected *out);

/* In a thread, again and again. */
struct registry_collector;
fallible registry_collector_start(struct registry *registry,
				  const struct registry_collect_options *options,
				  struct registry_collector **out);
void registry_collector_wake(struct registry_collector *collector); /* from a signal handler, too */
void registry_collector_stop(struct registry_collector *collector); /* NULL is legal */

#endif
