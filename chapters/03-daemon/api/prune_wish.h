/*
 * prune_wish.h - what may go: the filters of `prune`, whatever it is of
 *
 * Standard: Engine API, `filters` of the prune endpoints. Book: 3.3
 */
#ifndef MINI_PRUNE_WISH_H
#define MINI_PRUNE_WISH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "error.h"
#include "filters.h"
#include "http_exchange.h"

struct engine;

struct prune_wish {
	struct filters filters;
	struct timespec until; /* zero: any age */
};
void prune_wish_finish(struct prune_wish *wish);
#define auto_prune_wish __attribute__((cleanup(prune_wish_finish))) struct prune_wish

/* known: the filters that there are, ended by NULL. */
fallible prune_wish_read(const struct http_exchange *ex, const char *const *known,
			 struct prune_wish *wish);
/* By age and labels. */
bool prune_wish_matches(const struct prune_wish *wish, struct timespec created,
			const json_t *labels);
/* The event that tells of the whole, with the bytes that are free now. type: "volume", ... */
void prune_wish_tell(struct engine *engine, const char *type, uint64_t reclaimed);

#endif
