/*
 * remote_registry.h - one repository of one registry, at one address
 *
 * Paths are those of the specification, below /v2/NAME/. A 401 is answered once with what we have
 * (remote_auth.h); the answer is kept and shown with every further request. Threads share it.
 *
 * Which addresses there are, and that the next one is asked when one does not answer, is
 * remote_registry_each(): the order and the meaning of failures are in one place.
 *
 * Standard: OCI distribution-spec 1.1. Book: 4.6
 */
#ifndef MINI_REMOTE_REGISTRY_H
#define MINI_REMOTE_REGISTRY_H

#include "auth_scope.h"
#include "remote_auth.h"
#include "remote_http.h"

/* What belongs to every conversation with registries. All borrowed; each may be NULL. */
struct remote_session {
	const json_t
		*settings; /* remote_hosts.h, remote_http.h; further: "max-download-attempts" */
	const struct remote_credentials *credentials;
	bool (*gone)(void *context); /* nobody waits for the result any more */
	void *context;
};

struct remote_registry; /* opaque */

/* Calls `speak` with each address of a domain until it succeeds. After an address that could not be
 * reached, and after a mirror in any case, the next one is asked; the last error is returned. path:
 * the repository; NULL: none. actions: of enum auth_action, which a token will be asked for. */
struct remote_conversation {
	const struct remote_session *session;
	const char *domain, *path;
	unsigned actions;
	fallible (*speak)(void *context, struct remote_registry *registry);
	void *context;
};
fallible remote_registry_each(const struct remote_conversation *conversation);

/* A request of `path`, below /v2/ ("NAME/manifests/latest"), or an URL that the registry gave.
 * request->url, host and authorization are filled in. Any status is a success, but a 401 that
 * cannot be answered; with a body, which can be sent only once, 401 means: once more. */
fallible remote_registry_perform(struct remote_registry *registry, struct remote_request *request,
				 const char *path, struct remote_reply *reply);

/* The first words: GET /v2/, with what the registry wants to see. An address that is none fails. */
fallible remote_registry_ping(struct remote_registry *registry);

/* The error of an answer: its code (distribution_error.h) and Docker's words for it:
 * "manifest unknown: manifest unknown", "toomanyrequests: ...", with Retry-After when it is told.
 */
fallible remote_registry_refusal(const struct remote_reply *reply);

/* For whoever has to say it. Borrowed. */
const char *remote_registry_base(const struct remote_registry *registry);
const char *remote_registry_repository(const struct remote_registry *registry); /* its path */
const struct remote_session *remote_registry_session(const struct remote_registry *registry);

/* A further repository that a token must be for: a blob is mounted from it. */
void remote_registry_add_scope(struct remote_registry *registry, const char *path,
			       unsigned actions);

/* Proves credentials to the registry (`login`): GET /v2/. *identity_token: NULL, or what may be
 * kept in place of the password; the caller frees. */
fallible remote_registry_login(struct remote_registry *registry, char **identity_token);

#endif
