/*
 * remote_tags.h - which tags a repository has
 *
 * The list may come in pages: each names the next one in its header Link.
 *
 * Standard: OCI distribution-spec, "Listing Tags"; RFC 8288 (Link). Book: 4.6
 */
#ifndef MINI_REMOTE_TAGS_H
#define MINI_REMOTE_TAGS_H

#include "remote_registry.h"

#define REMOTE_TAGS_LIMIT 10000 /* more are refused */

/* A new array of strings, in the registry's order; none twice, and none that is no tag. */
fallible remote_tags(struct remote_registry *registry, json_t **tags);

#endif
