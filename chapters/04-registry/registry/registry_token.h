/*
 * registry_token.h - JSON Web Tokens: what somebody may do, signed
 *
 *	base64url(header) . base64url(claims) . base64url(signature)
 *
 * Claims: `iss` who signed it, `sub` for whom, `aud` for which registry, `exp`, `nbf`, `iat` when,
 * `access` what may be done. ES256, ES384, RS256, RS384 and RS512; "none" and keys that were not
 * agreed on (HMAC with a public key) are not known here, so they cannot be confused.
 *
 * Standard: RFC 7515, RFC 7518, RFC 7519; distribution, token authentication (JWT). Book: 4.5
 */
#ifndef MINI_REGISTRY_TOKEN_H
#define MINI_REGISTRY_TOKEN_H

#include <jansson.h>
#include <time.h>

#include "error.h"

#define TOKEN_LEEWAY 60 /* seconds that clocks may differ */

struct token_keys; /* opaque; read-only once made */

/* A PEM file of certificates or public keys: whose tokens are believed. ERROR_INVALID. */
fallible token_keys_read(const char *path, struct token_keys **out);
/* A private key in PEM, P-256 or RSA, made where it is missing: it signs, and its own tokens are
 * believed. */
fallible token_keys_own(const char *path, struct token_keys **out);
void token_keys_destroy(struct token_keys *keys); /* NULL is legal */

/* The caller frees. Only with a key of our own. */
fallible token_sign(const struct token_keys *keys, const json_t *claims, char **token);

/* What a token must be for. */
struct token_audience {
	const char *issuer;  /* NULL: any that has a key */
	const char *service; /* `aud`: a text, or a list that has it */
};
/* Its claims, a new object, if the signature is good and it is for us, now. Code UNAUTHORIZED says
 * why not. */
fallible token_verify(const struct token_keys *keys, const char *token,
		      const struct token_audience *audience, time_t now, json_t **claims);

#endif
