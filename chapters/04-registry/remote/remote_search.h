/*
 * remote_search.h - which images there are, by a word
 *
 * The specification has no search; Docker Hub, and registries that do as it does, answer
 * GET /v1/search?q=WORD&n=LIMIT. "host:5000/word" asks that host.
 *
 * Standard: Docker Engine API, GET /images/search. Book: 4.9
 */
#ifndef MINI_REMOTE_SEARCH_H
#define MINI_REMOTE_SEARCH_H

#include "remote_registry.h"

#define REMOTE_SEARCH_MOST 100

/* A new array of {"name", "description", "star_count", "is_official", "is_automated"}. */
fallible remote_search(const struct remote_session *session, const char *term, int limit,
		       json_t **results);

#endif
