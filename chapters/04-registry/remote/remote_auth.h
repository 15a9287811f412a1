/*
 * remote_auth.h - who we are, in the way that a registry asks for it
 *
 *	GET /v2/a/b/manifests/1      401  WWW-Authenticate: Bearer realm="R",service="S"
 *	GET R?service=S&scope=...    200  {"token": "T"}         with Basic, when we have a password
 *	GET /v2/a/b/manifests/1      200                         with Authorization: Bearer T
 *
 * The token says what its bearer may do, and the registry need not know who he is. In place of a
 * password there may be an identity token, which is posted (OAuth 2) and never leaves for anyone
 * but the token server; or a registry token, which is shown as it is.
 *
 * Credentials go to the address that was asked and to the realm that it names, which must be spoken
 * to in TLS where the registry is.
 *
 * Standard: distribution, "Token Authentication", "OAuth2 Token Authentication"; RFC 7617 (Basic),
 * RFC 6750 (Bearer). Book: 4.5
 */
#ifndef MINI_REMOTE_AUTH_H
#define MINI_REMOTE_AUTH_H

#include "error.h"
#include "json.h"
#include "remote_http.h"

#define REMOTE_TOKEN_LIMIT (1 << 20) /* bytes of a token document */

/* Each is owned and NULL when not given. */
struct remote_credentials {
	char *username, *password;
	char *identity_token; /* OAuth 2 refresh token */
	char *registry_token; /* shown as it is */
};
#define auto_remote_credentials                                                                    \
	__attribute__((cleanup(remote_credentials_finish))) struct remote_credentials
void remote_credentials_finish(struct remote_credentials *credentials);

/* The API's AuthConfig: {"username", "password", "auth", "identitytoken", "registrytoken"}. */
fallible remote_credentials_read(const json_t *config, struct remote_credentials *out);
/* The header X-Registry-Auth: the same in base64 (of URLs, or the usual one). NULL and "" are
 * nobody. */
fallible remote_credentials_decode(const char *header, struct remote_credentials *out);

/* Answers a 401: the value of Authorization for the next try. challenge is the header; scope is
 * "repository:a/b:pull", or NULL for none; several have spaces between. ERROR_UNAUTHORIZED when we
 * have nothing to show, or it was refused. */
struct remote_question {
	const struct remote_host *host;
	const char *challenge;
	const char *scope;
	const struct remote_credentials *credentials;
	bool login; /* also asks for an identity token */
};
fallible remote_auth_answer(struct remote_http *http, const struct remote_question *question,
			    char **authorization, char **identity_token);

/* A token document: {"token" or "access_token": text, "refresh_token": text}. The caller frees
 * each; *refresh is NULL when there is none. ERROR_INVALID. */
fallible remote_token_parse(const char *bytes, size_t length, char **token, char **refresh);

#endif
