/*
 * auth_challenge.h - "who are you, and ask over there": the header WWW-Authenticate
 *
 *	Basic realm="mini-registry"
 *	Bearer realm="https://auth.example/token",service="registry",scope="repository:a:pull"
 *
 * One header may hold several challenges. Values may be quoted, with backslashes before quotes.
 *
 * Standard: RFC 9110, 11.6.1; distribution, token authentication. Book: 4.5
 */
#ifndef MINI_AUTH_CHALLENGE_H
#define MINI_AUTH_CHALLENGE_H

#include "error.h"

enum auth_scheme { AUTH_BASIC, AUTH_BEARER };

struct auth_challenge {
	enum auth_scheme scheme;
	char *realm;   /* of Bearer: the URL of the token endpoint */
	char *service; /* Bearer; NULL when not given, as those below */
	char *scope;   /* what the token must be for; several are separated by spaces */
	char *error;   /* "invalid_token", "insufficient_scope" */
};
#define auto_auth_challenge __attribute__((cleanup(auth_challenge_finish))) struct auth_challenge

/* The best one of a header that we know: Bearer before Basic. ERROR_INVALID when it has neither, or
 * is no such header; *out holds nothing then. */
fallible auth_challenge_parse(const char *header, struct auth_challenge *out);
/* The header; the caller frees. */
char *auth_challenge_text(const struct auth_challenge *challenge);
void auth_challenge_finish(struct auth_challenge *challenge);

#endif
