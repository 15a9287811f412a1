/*
 * manifest_remote.h - manifests from registries, and lists of them to a registry
 *
 * Standard: OCI distribution-spec, "Pulling manifests", "Push". Book: 4.9
 */
#ifndef MINI_MANIFEST_REMOTE_H
#define MINI_MANIFEST_REMOTE_H

#include "json.h"
#include "reference.h"
#include "remote_registry.h"

/* What a name means: a record (manifest_record.h), whose platform is its config's, or a list's
 * document; the other one is NULL. ERROR_NOT_FOUND: "no such manifest: ...". */
fallible manifest_remote_get(const struct remote_session *session, const struct reference *ref,
			     json_t **record, json_t **list);
/* The records of a list's document, each from the repository of ref, with the platform that the
 * list has for it. */
fallible manifest_remote_get_all(const struct remote_session *session, const struct reference *ref,
				 const json_t *list, json_t **records);

/* The list of these records under ref. What another repository of the registry has is mounted into
 * this one before, and told of on stdout, as is the list's digest, last. ERROR_INVALID: a
 * manifest of another registry. */
fallible manifest_remote_push(const struct remote_session *session, const struct reference *ref,
			      const json_t *records);

#endif
