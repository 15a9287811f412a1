/*
 * mirror_upstream.h - the registry that is mirrored, as its mirror speaks to it
 *
 * Book: 4.12
 */
#ifndef MINI_MIRROR_UPSTREAM_H
#define MINI_MIRROR_UPSTREAM_H

#include "mirror.h"
#include "remote_registry.h"

struct mirror_fetch;

struct mirror {
	struct registry *registry;
	char *domain; /* "docker.io" */
	json_t *settings;
	struct remote_credentials credentials;
	atomic_bool stopping;

	pthread_mutex_t lock; /* guards the rest (mirror_fetch.c) */
	pthread_cond_t ended;
	struct mirror_fetch *fetches; /* that go on */
	unsigned fetch_count;         /* and those that somebody still reads */
};

/* Speaks to it about a repository. */
fallible mirror_converse(struct mirror *mirror, const char *name,
			 fallible (*speak)(void *context, struct remote_registry *remote),
			 void *context);

/* Whether an error means that it could not be asked, and not that it answered. */
bool mirror_is_away(const struct error *e);
/* The error as the mirror's own clients are told of it; e is taken. Where the other registry has no
 * code for what is missing, it is `missing`. */
fallible mirror_refusal(const struct mirror *mirror, const struct error_code *missing,
			struct error *e);

#endif
