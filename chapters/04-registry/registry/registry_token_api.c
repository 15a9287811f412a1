#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth_challenge.h"
#include "distribution_error.h"
#include "explain.h"
#include "json.h"
#include "memory.h"
#include "registry.h"
#include "registry_api.h"
#include "registry_auth_parts.h"
#include "text.h"

#define TOKEN_SECONDS 300
#define FORM_LIMIT    (64 << 10)
#define SCOPES_MOST   100

/* What a user may do of what he asks for: less than that is no error, here. */
static unsigned grant(const struct registry_auth *auth, const char *user,
		      const struct auth_scope *scope)
{
	unsigned may, asked = scope->actions;

	if (strcmp(scope->type, "registry") == 0)
		return strcmp(scope->name, "catalog") == 0 &&
				       registry_access_of(auth->access, user, "*") &
					       (AUTH_PULL | AUTH_ALL)
			       ? asked
			       : 0;
	may = registry_access_of(auth->access, user, scope->name);
	if (may & AUTH_ALL)
		may |= AUTH_PULL | AUTH_PUSH | AUTH_DELETE;
	/* Clients ask for "*" when they want to remove; what that comes to is told. */
	return asked & AUTH_ALL ? may & ~(unsigned)AUTH_ALL : may & asked;
}

static json_t *words(unsigned actions)
{
	json_t *list = json_array();
	autofree char *text = auth_actions_text(actions);
	char *rest;

	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
		json_array_append_new(list, json_string(word));
	return list;
}

static void grant_one(const struct registry_auth *auth, const char *user, const char *text,
		      json_t *access)
{
	auto_auth_scope scope = {0};
	autoerror bad = auth_scope_parse(text, &scope);
	unsigned actions = bad ? 0 : grant(auth, user, &scope);

	if (actions && json_array_size(access) < SCOPES_MOST)
		json_array_append_new(access,
				      json_pack("{s:s, s:s, s:o}", "type", scope.type, "name",
						scope.name, "actions", words(actions)));
}

/* One scope parameter may hold several, with spaces between. */
static void grant_all(const struct registry_auth *auth, const char *user,
		      const struct http_fields *form, json_t *access)
{
	for (size_t i = 0; i < form->count; i++) {
		char *rest;

		if (strcmp(form->items[i].name, "scope") != 0)
			continue;
		autofree char *text = duplicate(form->items[i].value);
		for (char *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
			grant_one(auth, user, one, access);
	}
}

static fallible reply_token(const struct registry_auth *auth, struct http_exchange *ex,
			    const char *user, const struct http_fields *form)
{
	autojson *access = json_array();
	autofree char *token = NULL;
	char id[ID_LENGTH + 1], issued[TIME_TEXT_SIZE];
	time_t now = time(NULL);
	const struct registry_auth_options *o = &auth->options;
	uint64_t began = explain_clock();

	grant_all(auth, user, form, access);
	id_generate(id);
	time_text(time_now(), issued);
	autojson *claims = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:O}", "iss",
				     o->token_issuer ? o->token_issuer : "mini-registry", "sub",
				     user ? user : "", "aud",
				     o->token_service ? o->token_service : "mini-registry", "exp",
				     (json_int_t)now + TOKEN_SECONDS, "nbf", (json_int_t)now, "iat",
				     (json_int_t)now, "jti", id, "access", access);
	TRY(token_sign(auth->keys, claims, &token));
	explain(began, "4.5", "what may be done, signed: whoever shows it may",
		"EVP_DigestSign(%zu scopes)", json_array_size(access));
	autojson *body = json_pack("{s:s, s:s, s:i, s:s}", "token", token, "access_token", token,
				   "expires_in", TOKEN_SECONDS, "issued_at", issued);
	http_exchange_add_header(ex, "Cache-Control", "no-store");
	return http_reply_json(ex, 200, body);
}

static fallible refuse_login(const struct registry_auth *auth, struct http_exchange *ex,
			     const char *why)
{
	const struct auth_challenge challenge = {.scheme = AUTH_BASIC,
						 .realm = (char *)auth->options.realm};
	autofree char *text = auth_challenge_text(&challenge);

	http_exchange_add_header(ex, "WWW-Authenticate", text);
	return error_coded(&distribution_unauthorized, "%s", why);
}

static fallible find_auth(void *context, const struct registry_auth **auth)
{
	const struct registry *registry = context;

	*auth = registry->auth;
	if (*auth && (*auth)->options.own_tokens)
		return NULL;
	return error_coded(&distribution_not_found, "this registry gives no tokens");
}

static fallible token_get(void *context, struct http_exchange *ex)
{
	const struct registry_auth *auth;
	autofree char *user = NULL;

	TRY(find_auth(context, &auth));
	autoerror e = registry_auth_login(auth, ex, &user);
	if (e)
		return refuse_login(auth, ex, e->message);
	if (!user && !auth->options.anonymous_pull && !auth->options.access)
		return refuse_login(auth, ex, "authentication is required");
	return reply_token(auth, ex, user, &ex->request->query);
}

/* -- POST: the same as OAuth 2 has it, a form with grant_type=password -- */

static fallible add_pair(struct http_fields *form, const char *pair, size_t length)
{
	size_t name_length = strcspn(pair, "=&");
	autofree char *name = NULL;
	autofree char *value = NULL;

	if (name_length >= length)
		return NULL;
	TRY(http_unescape(pair, name_length, true, &name));
	TRY(http_unescape(pair + name_length + 1, length - name_length - 1, true, &value));
	http_fields_add(form, name, value);
	return NULL;
}

static fallible read_form(struct http_exchange *ex, struct http_fields *form)
{
	autobuffer body = {0};

	TRY(http_connection_read_all(ex->connection, FORM_LIMIT, &body));
	for (const char *at = body.data; *at;) {
		size_t length = strcspn(at, "&");

		TRY(add_pair(form, at, length));
		at += length + (at[length] == '&');
	}
	return NULL;
}

static const char *field(const struct http_fields *form, const char *name)
{
	const char *value = http_fields_get(form, name);

	return value ? value : "";
}

static fallible reply_to_form(const struct registry_auth *auth, struct http_exchange *ex,
			      const struct http_fields *form)
{
	const char *user = field(form, "username");

	if (strcmp(field(form, "grant_type"), "password") != 0)
		return error_coded(&distribution_unsupported,
				   "the only grant_type here is 'password'");
	autoerror e = registry_password_check(auth->passwords, user, field(form, "password"));
	if (e)
		return refuse_login(auth, ex, e->message);
	return reply_token(auth, ex, user, form);
}

static fallible token_post(void *context, struct http_exchange *ex)
{
	const struct registry_auth *auth;
	struct http_fields form = {0};

	TRY(find_auth(context, &auth));
	struct error *e = read_form(ex, &form);
	if (!e)
		e = reply_to_form(auth, ex, &form);
	http_fields_finish(&form);
	return e;
}

const struct route registry_token_routes[] = {
	{"GET", "/token", token_get, "4.5", ACTION_OPEN},
	{"POST", "/token", token_post, "4.5", ACTION_OPEN},
	{0},
};
