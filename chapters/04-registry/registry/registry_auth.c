#include "registry_auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth_challenge.h"
#include "distribution_error.h"
#include "json.h"
#include "memory.h"
#include "registry.h"
#include "registry_api.h"
#include "registry_auth_parts.h"
#include "text.h"

/* -- opening -- */

static fallible check_options(const struct registry_auth_options *o)
{
	bool external = o->token_realm && !o->own_tokens;

	if (o->own_tokens && !o->htpasswd)
		return error_new(ERROR_INVALID,
				 "--token needs --htpasswd: whom should tokens be given to?");
	if (external && (!o->token_certificate || !o->token_service || !o->token_issuer))
		return error_new(ERROR_INVALID,
				 "--token-realm needs --token-certificate, --token-service and "
				 "--token-issuer: whose tokens are believed, and which are for us");
	if (o->token_certificate && !external)
		return error_new(ERROR_INVALID,
				 "--token-certificate is for the tokens of another endpoint: give "
				 "--token-realm, and not --token");
	if ((o->access || o->anonymous_pull) && !o->htpasswd)
		return error_new(ERROR_INVALID,
				 "--access and --anonymous-pull say what users may do, and there "
				 "are none: give --htpasswd");
	return NULL;
}

static fallible open_parts(struct registry_auth *auth, const char *root)
{
	const struct registry_auth_options *o = &auth->options;
	autofree char *key = o->token_key ? duplicate(o->token_key) : format("%s/token.key", root);

	if (o->htpasswd)
		TRY(registry_passwords_open(o->htpasswd, &auth->passwords));
	TRY(registry_access_read(o->access, o->anonymous_pull, &auth->access));
	if (o->own_tokens)
		return token_keys_own(key, &auth->keys);
	return o->token_realm ? token_keys_read(o->token_certificate, &auth->keys) : NULL;
}

fallible registry_auth_open(const struct registry_auth_options *options, const char *root,
			    struct registry_auth **out)
{
	*out = NULL;
	TRY(check_options(options));
	if (!options->htpasswd && !options->token_realm)
		return NULL;
	struct registry_auth *auth = allocate(sizeof(*auth));
	auth->options = *options;
	struct error *e = open_parts(auth, root);
	if (e)
		registry_auth_close(auth);
	else
		*out = auth;
	return e;
}

void registry_auth_close(struct registry_auth *auth)
{
	if (!auth)
		return;
	registry_passwords_close(auth->passwords);
	registry_access_destroy(auth->access);
	token_keys_destroy(auth->keys);
	free(auth);
}

/* -- who asks -- */

fallible registry_auth_login(const struct registry_auth *auth, const struct http_exchange *ex,
			     char **name)
{
	const char *header = http_exchange_header(ex, "Authorization");
	autofree char *password = NULL;
	autofree char *user = NULL;

	*name = NULL;
	if (!header)
		return NULL;
	autoerror bad = registry_password_parse(header, &user, &password);
	if (bad)
		return error_coded(&distribution_unauthorized, "%s", bad->message);
	TRY(registry_password_check(auth->passwords, user, password));
	*name = steal(&user);
	return NULL;
}

/* An endpoint that is ours signs for what it is called by its clients. */
static const char *service_of(const struct registry_auth *auth)
{
	return auth->options.token_service ? auth->options.token_service : "mini-registry";
}

static fallible read_token(struct registry_visitor *visitor, const struct http_exchange *ex)
{
	const struct registry_auth *auth = visitor->auth;
	const struct token_audience audience = {auth->options.token_issuer, service_of(auth)};
	const char *header = http_exchange_header(ex, "Authorization");
	autojson *claims = NULL;

	if (!header)
		return NULL;
	if (strncasecmp(header, "Bearer ", strlen("Bearer ")) != 0)
		return error_coded(&distribution_unauthorized,
				   "this registry takes tokens: ask its token endpoint for one");
	header += strlen("Bearer ");
	TRY(token_verify(auth->keys, header + strspn(header, " "), &audience, time(NULL), &claims));
	const char *subject = json_string_at(claims, "sub", NULL);
	json_t *access = json_object_get(claims, "access");
	visitor->name = *subject ? duplicate(subject) : NULL;
	visitor->access = access ? json_incref(access) : json_array();
	return NULL;
}

static fallible recognize(struct registry_visitor *visitor, const struct http_exchange *ex)
{
	if (visitor->auth->keys)
		return read_token(visitor, ex);
	return registry_auth_login(visitor->auth, ex, &visitor->name);
}

/* -- what he may -- */

static unsigned actions_of(const json_t *words)
{
	unsigned actions = 0;
	const json_t *word;
	size_t i;

	json_array_foreach (words, i, word)
		if (json_is_string(word))
			actions |= auth_action_of(json_string_value(word));
	return actions;
}

static unsigned granted_by_token(const json_t *access, const char *type, const char *name)
{
	unsigned actions = 0;
	const json_t *entry;
	size_t i;

	json_array_foreach (access, i, entry)
		if (strcmp(json_string_at(entry, "type", NULL), type) == 0 &&
		    strcmp(json_string_at(entry, "name", NULL), name) == 0)
			actions |= actions_of(json_object_get(entry, "actions"));
	return actions;
}

static bool allows(const struct registry_visitor *visitor, const struct auth_scope *scope)
{
	bool whole = strcmp(scope->type, "registry") == 0;

	if (visitor->auth->keys)
		return auth_actions_cover(granted_by_token(visitor->access, scope->type,
							   scope->name),
					  scope->actions);
	/* Who may pull everything may see what there is. */
	return auth_actions_cover(registry_access_of(visitor->auth->access, visitor->name,
						     whole ? "*" : scope->name),
				  whole ? AUTH_PULL : scope->actions);
}

bool registry_auth_allows(const struct http_exchange *ex, const char *repository, unsigned action)
{
	const struct registry_visitor *visitor = ex->user;
	const struct auth_scope scope = {(char *)"repository", (char *)repository, action};

	return !visitor || allows(visitor, &scope);
}

const char *registry_auth_user(const struct http_exchange *ex)
{
	const struct registry_visitor *visitor = ex->user;

	return visitor && visitor->name ? visitor->name : "";
}

/* -- the answer to who may not -- */

/* Where our own endpoint is: where this request came to. */
static char *own_realm(const struct registry_auth *auth, const struct http_exchange *ex)
{
	const char *host = http_exchange_header(ex, "Host");

	return format("%s://%s/token", auth->options.tls ? "https" : "http",
		      host ? host : "localhost");
}

static void challenge(const struct registry_auth *auth, struct http_exchange *ex, const char *scope,
		      const char *why)
{
	bool bearer = auth->keys;
	autofree char *realm = !bearer                     ? duplicate(auth->options.realm)
			       : auth->options.token_realm ? duplicate(auth->options.token_realm)
							   : own_realm(auth, ex);
	const struct auth_challenge challenge = {
		.scheme = bearer ? AUTH_BEARER : AUTH_BASIC,
		.realm = realm,
		.service = bearer ? (char *)service_of(auth) : NULL,
		.scope = bearer ? (char *)scope : NULL,
		.error = bearer ? (char *)why : NULL,
	};
	autofree char *text = auth_challenge_text(&challenge);

	http_exchange_add_header(ex, "WWW-Authenticate", text);
}

static fallible refuse(const struct registry_visitor *visitor, struct http_exchange *ex,
		       const struct auth_scope *scope)
{
	autofree char *text = scope->type ? auth_scope_text(scope) : NULL;
	bool known = visitor->name || visitor->access;

	if (known && !visitor->auth->keys)
		return error_coded(&distribution_denied, "'%s' may not do this: %s", visitor->name,
				   text ? text : "");
	challenge(visitor->auth, ex, text, known ? "insufficient_scope" : NULL);
	return error_coded(&distribution_unauthorized, "%s: %s",
			   known ? "the token is not for this" : "authentication is required",
			   text ? text : "log in");
}

/* What a row's action means for the request. Of a push, reading is a part: what is there need not
 * be sent again. */
static void scope_of(const struct http_exchange *ex, struct auth_scope *scope)
{
	const char *action = ex->route->action;
	unsigned actions = auth_action_of(action);

	*scope = (struct auth_scope){0};
	if (strcmp(action, ACTION_CATALOG) == 0)
		*scope = (struct auth_scope){duplicate("registry"), duplicate("catalog"), AUTH_ALL};
	else if (actions)
		*scope =
			(struct auth_scope){duplicate("repository"),
					    duplicate(http_exchange_parameter(ex, "name")),
					    actions == AUTH_PUSH ? AUTH_PUSH | AUTH_PULL : actions};
}

/* Without a scope, credentials must be good, if there are any to have. */
static bool may_enter(const struct registry_visitor *visitor, const struct auth_scope *scope)
{
	if (scope->type)
		return allows(visitor, scope);
	return visitor->name || visitor->access;
}

static fallible admit(const struct registry_auth *auth, struct http_exchange *ex)
{
	struct registry_visitor *visitor = allocate(sizeof(*visitor));
	auto_auth_scope scope = {0};

	visitor->auth = auth;
	ex->user = visitor;
	struct error *e = recognize(visitor, ex);
	scope_of(ex, &scope);
	if (!e && !may_enter(visitor, &scope))
		return refuse(visitor, ex, &scope);
	if (e) {
		autofree char *text = scope.type ? auth_scope_text(&scope) : NULL;

		challenge(auth, ex, text, "invalid_token");
	}
	return e;
}

/* -- what the registry itself does not do -- */

static fallible check_mode(const struct registry_limits *limits, const char *action)
{
	bool removes = strcmp(action, ACTION_DELETE) == 0;
	bool writes = removes || strcmp(action, ACTION_PUSH) == 0;

	if (limits->read_only && writes)
		return error_coded(&distribution_unsupported,
				   "this registry is read-only: nothing can be pushed or removed");
	if (limits->no_delete && removes)
		return error_coded(&distribution_unsupported,
				   "this registry does not remove anything");
	return NULL;
}

fallible registry_auth_admit(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *action = ex->route->action;

	if (registry->auth && strcmp(action, ACTION_OPEN) != 0)
		TRY(admit(registry->auth, ex));
	return check_mode(&registry->limits, action);
}

void registry_auth_leave(struct http_exchange *ex)
{
	struct registry_visitor *visitor = ex->user;

	if (!visitor)
		return;
	json_decref(visitor->access);
	free(visitor->name);
	free(visitor);
	ex->user = NULL;
}
