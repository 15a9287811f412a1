/*
 * registry_api.h - which function answers which request
 *
 * Each noun of the specification has a table; mini-registry.c lists them. `action` of a row says
 * what who asks must be allowed (registry_auth.h): ACTION_* below. A row's context is a struct
 * registry.
 *
 * Standard: OCI distribution-spec, "Endpoints". Book: 4.2
 */
#ifndef MINI_REGISTRY_API_H
#define MINI_REGISTRY_API_H

#include "content_range.h"
#include "digest.h"
#include "error.h"
#include "http_route.h"
#include "registry.h"

#define ACTION_BASE    "base" /* any valid credentials, where there are any */
#define ACTION_OPEN    "open" /* everybody */
#define ACTION_PULL    "pull" /* of the repository {name}, as those below */
#define ACTION_PUSH    "push"
#define ACTION_DELETE  "delete"
#define ACTION_CATALOG "catalog" /* of the registry */

extern const struct route registry_base_routes[];     /* end-1, /healthz */
extern const struct route registry_upload_routes[];   /* end-4, 5, 6, 11, 13, 14 */
extern const struct route registry_blob_routes[];     /* end-2, 10 */
extern const struct route registry_manifest_routes[]; /* end-3, 7, 9 */
extern const struct route registry_list_routes[];     /* end-8, 12, _catalog */

/* Of every response. */
extern const struct http_field registry_headers[];

/* What is here, for who has made sure that it is (mirror_api.c). */
route_handler registry_manifest_get, registry_blob_get, registry_tags_get;

/* -- what the handlers share -- */

/* {name} of the route. Code NAME_INVALID. */
fallible registry_api_name(const struct http_exchange *ex, const char **name);
/* {name} and {reference}, which is a tag or a digest. Codes NAME_INVALID, DIGEST_INVALID,
 * MANIFEST_INVALID. */
fallible registry_api_reference(const struct http_exchange *ex, const char **name,
				const char **reference);
/* Code DIGEST_INVALID. */
fallible registry_api_digest(const char *text, struct digest *out);
/* The header Docker-Content-Digest. */
void registry_api_tell_digest(struct http_exchange *ex, const struct digest *digest);
/* "Location: " and a path below /v2/ of the repository. */
void registry_api_tell_location(struct http_exchange *ex, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The headers of an answer with a blob, and which part of it the request asks for: the status is
 * 200, 206, or 416 when it has no such part. */
int registry_api_tell_blob(struct http_exchange *ex, const struct digest *digest, int64_t size,
			   struct content_range *part);

/* What a request asks of a list. */
struct registry_page {
	int64_t most;
	const char *last; /* NULL: from the first */
};
fallible registry_api_page(const struct http_exchange *ex, struct registry_page *page);
/* "Link: <...>; rel="next"": the same request behind `last`. */
void registry_api_tell_next(struct http_exchange *ex, const char *last);

#endif
