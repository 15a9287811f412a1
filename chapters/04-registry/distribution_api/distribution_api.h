/*
 * distribution_api.h - the routes that reach registries
 *
 * Each table stands in final/ before the tables of chapter 03 that know nothing of registries.
 *
 * Standard: Docker Engine API. Book: 4.8
 */
#ifndef MINI_DISTRIBUTION_API_H
#define MINI_DISTRIBUTION_API_H

#include <stdatomic.h>

#include "api.h"
#include "remote_pull.h"

extern const struct route pull_routes[]; /* POST /images/create; what is no pull is handed on */
extern const struct route push_routes[];
extern const struct route registry_routes[]; /* auth, search, what a name means */

/* What a request to registries needs: who asks, with which settings, and whether he still waits. */
struct distribution {
	struct http_exchange *ex;
	struct engine *engine;
	json_t *settings;
	struct remote_credentials credentials; /* of the header X-Registry-Auth */
	struct remote_session session;         /* all of the above, for remote/ */
	bool begun;                            /* a stream of progress has */
	struct error *unsent;                  /* the client does not listen any more, ... */
	atomic_bool lost;                      /* ... for threads that only ask whether */
};
#define auto_distribution __attribute__((cleanup(distribution_finish))) struct distribution
/* ERROR_INVALID for a header that makes no sense. *d must stay where it is. */
fallible distribution_begin(const struct api *api, struct http_exchange *ex,
			    struct distribution *d);
void distribution_finish(struct distribution *d);

/* A remote_tell: one more object of the stream, which begins with the first one. */
void distribution_tell(void *distribution, const struct remote_progress *progress);
/* {"status": ...}, without an id. */
void distribution_tell_text(struct distribution *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* {"progressDetail": {}, "aux": aux}, for programs. Takes aux. */
void distribution_tell_aux(struct distribution *d, json_t *aux);
/* Ends the stream. e: how the work went, taken; before the stream has begun it is an answer with a
 * status of its own. */
fallible distribution_end(struct distribution *d, struct error *e);

#endif
