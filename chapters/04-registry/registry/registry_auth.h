/*
 * registry_auth.h - who asks, and whether he may
 *
 *	no --htpasswd, no tokens    everybody may do everything
 *	--htpasswd FILE             Basic: name and password with each request
 *	--htpasswd and --token      Bearer: they are shown once, to our own endpoint /token, which
 *	                            signs what may be done (registry_token.h)
 *	--token-realm URL           Bearer: somebody else's endpoint signs, with keys that we
 *believe
 *
 * What a user may do is said by the access file (registry_access.h); with tokens it is what the
 *token says, whoever has signed it.
 *
 * registry_auth_admit() stands before every handler (http_route.h). Who is not known is answered
 *401 with the challenge that tells him where to go; who is known and may not, 403, or with a token
 *401 and "insufficient_scope", so that the client asks for a better one.
 *
 * Standard: distribution, token authentication; RFC 9110, 11. Book: 4.5
 */
#ifndef MINI_REGISTRY_AUTH_H
#define MINI_REGISTRY_AUTH_H

#include <stdbool.h>

#include "auth_scope.h"
#include "error.h"
#include "http_exchange.h"
#include "http_route.h"

struct registry_auth_options {
	const char *htpasswd;    /* path; NULL: none */
	const char *access;      /* path; NULL: who has logged in may do everything */
	const char *realm;       /* of Basic */
	bool anonymous_pull;     /* also who has not logged in may pull */
	bool own_tokens;         /* the endpoint is ours */
	const char *token_key;   /* path of the key that signs; NULL: ROOT/token.key */
	const char *token_realm; /* URL of the endpoint; NULL: ours, by the request's Host */
	const char *token_service, *token_issuer;
	const char *token_certificate; /* path: whose tokens are believed */
	bool tls;                      /* our own endpoint is https:// */
};

struct registry_auth; /* opaque; thread-safe */

/* *out is NULL when no authentication is asked for. ERROR_INVALID says which option is missing. */
fallible registry_auth_open(const struct registry_auth_options *options, const char *root,
			    struct registry_auth **out);
void registry_auth_close(struct registry_auth *auth); /* NULL is legal */

/* The `admit` of the router, whose context is a struct registry; ex->user is set. */
fallible registry_auth_admit(void *context, struct http_exchange *ex);
void registry_auth_leave(struct http_exchange *ex); /* forgets ex->user */

/* Whether who asks may do something else than what he was admitted for. */
bool registry_auth_allows(const struct http_exchange *ex, const char *repository, unsigned action);
/* His name; "" for nobody. Borrowed. */
const char *registry_auth_user(const struct http_exchange *ex);

/* GET and POST /token; empty unless the endpoint is ours. */
extern const struct route registry_token_routes[];

#endif
