/*
 * registry_auth_parts.h - what registry_auth.c and registry_token_api.c share
 */
#ifndef MINI_REGISTRY_AUTH_PARTS_H
#define MINI_REGISTRY_AUTH_PARTS_H

#include "registry_access.h"
#include "registry_auth.h"
#include "registry_password.h"
#include "registry_token.h"

struct registry_auth {
	struct registry_auth_options options;
	struct registry_passwords *passwords; /* NULL: none */
	struct registry_access *access;
	struct token_keys *keys; /* NULL: no tokens */
};

/* Who asks. */
struct registry_visitor {
	const struct registry_auth *auth;
	char *name;     /* NULL: nobody */
	json_t *access; /* what his token grants; NULL: he has none */
};

/* Name and password of a request: *name is NULL when it has none. Code UNAUTHORIZED. */
fallible registry_auth_login(const struct registry_auth *auth, const struct http_exchange *ex,
			     char **name);

#endif
