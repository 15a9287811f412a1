/*
 * auth_scope.h - what somebody may do with what: "repository:team/app:pull,push"
 *
 * A registry asks for scopes in its challenge, a client repeats them to the token endpoint, and the
 * token has those that were granted. The name may have a colon (a host's port), so the first and
 * the last one count.
 *
 * Standard: distribution, token scope documentation. Book: 4.5
 */
#ifndef MINI_AUTH_SCOPE_H
#define MINI_AUTH_SCOPE_H

#include <stdbool.h>

#include "error.h"

enum auth_action {
	AUTH_PULL = 1,
	AUTH_PUSH = 2,
	AUTH_DELETE = 4,
	AUTH_ALL = 8, /* "*": of the type registry, or each of the above */
};

struct auth_scope {
	char *type;       /* "repository", "registry" */
	char *name;       /* "team/app", "catalog" */
	unsigned actions; /* of enum auth_action; words that are not known are left out */
};
#define auto_auth_scope __attribute__((cleanup(auth_scope_finish))) struct auth_scope

/* ERROR_INVALID; *out holds nothing then. A class of the type, "repository(plugin)", is dropped. */
fallible auth_scope_parse(const char *text, struct auth_scope *out);
void auth_scope_finish(struct auth_scope *scope);
char *auth_scope_text(const struct auth_scope *scope); /* the caller frees */

/* The words of enum auth_action: "pull", joined by commas, and back. */
char *auth_actions_text(unsigned actions);
unsigned auth_action_of(const char *word); /* 0: not known */
/* Whether `granted` has all of `asked`. */
bool auth_actions_cover(unsigned granted, unsigned asked);

#endif
