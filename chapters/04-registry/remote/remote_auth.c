#include "remote_auth.h"

#include <stdlib.h>
#include <string.h>

#include "auth_challenge.h"
#include "base64.h"
#include "distribution_error.h"
#include "memory.h"
#include "text.h"

#define CLIENT_ID "docker" /* token servers know this one */

/* -- credentials -- */

void remote_credentials_finish(struct remote_credentials *credentials)
{
	free(credentials->username);
	free(credentials->password);
	free(credentials->identity_token);
	free(credentials->registry_token);
	*credentials = (struct remote_credentials){0};
}

/* "user:password" in base64, as the client's configuration file has it. */
static fallible read_pair(const char *text, struct remote_credentials *out)
{
	autobuffer pair = {0};

	TRY(error_wrap(base64_decode(text, &pair), "the member auth of the credentials"));
	const char *colon = pair.data ? strchr(pair.data, ':') : NULL;
	if (!colon)
		return error_new(ERROR_INVALID, "the member auth of the credentials is no "
						"base64 of USER:PASSWORD");
	out->username = duplicate_range(pair.data, colon - pair.data);
	out->password = duplicate(colon + 1);
	return NULL;
}

fallible remote_credentials_read(const json_t *config, struct remote_credentials *out)
{
	const struct {
		const char *key;
		char **member;
	} rows[] = {
		{"username", &out->username},
		{"password", &out->password},
		{"identitytoken", &out->identity_token},
		{"registrytoken", &out->registry_token},
	};
	const char *text;

	*out = (struct remote_credentials){0};
	for (size_t i = 0; i < countof(rows); i++) {
		TRY(json_get_string(config, rows[i].key, "", &text));
		*rows[i].member = *text ? duplicate(text) : NULL;
	}
	TRY(json_get_string(config, "auth", "", &text));
	return *text && !out->username ? read_pair(text, out) : NULL;
}

/* RFC 4648, 5: the alphabet of URLs, whose padding may be missing, made the usual one. */
static char *usual_base64(const char *header)
{
	struct buffer text = {0};

	for (; *header; header++)
		buffer_append(&text, *header == '-' ? "+" : *header == '_' ? "/" : header, 1);
	while (text.length % 4)
		buffer_append_string(&text, "=");
	return buffer_take(&text);
}

fallible remote_credentials_decode(const char *header, struct remote_credentials *out)
{
	autobuffer bytes = {0};
	autojson *config = NULL;

	*out = (struct remote_credentials){0};
	if (!header || !*header)
		return NULL;
	autofree char *text = usual_base64(header);
	/* What it is must not be in a message: it may be a password. */
	autoerror bad = base64_decode(text, &bytes);
	if (bad || !bytes.length)
		return error_new(ERROR_INVALID, "invalid X-Registry-Auth header: no base64");
	autoerror no_json = json_parse(bytes.data, bytes.length, "X-Registry-Auth", &config);
	if (no_json || !json_is_object(config))
		return error_new(ERROR_INVALID, "invalid X-Registry-Auth header: no JSON object");
	return remote_credentials_read(config, out);
}

static char *basic(const struct remote_credentials *credentials)
{
	autofree char *pair = format("%s:%s", credentials->username,
				     credentials->password ? credentials->password : "");
	autofree char *text = base64_encode(pair, strlen(pair));

	return format("Basic %s", text);
}

/* -- tokens -- */

fallible remote_token_parse(const char *bytes, size_t length, char **token, char **refresh)
{
	autojson *document = NULL;
	const char *text, *other;

	*token = *refresh = NULL;
	TRY(json_parse(bytes ? bytes : "", length, "the token server's answer", &document));
	if (!json_is_object(document))
		return error_new(ERROR_INVALID, "the token server's answer is no object");
	TRY(json_get_string(document, "token", "", &text));
	TRY(json_get_string(document, "access_token", "", &other));
	if (!*text)
		text = other;
	/* It becomes a header: no space, no line end. */
	if (!*text || text[strcspn(text, " \t\r\n")])
		return error_new(ERROR_INVALID, "the token server's answer has no token");
	TRY(json_get_string(document, "refresh_token", "", &other));
	*token = duplicate(text);
	*refresh = *other ? duplicate(other) : NULL;
	return NULL;
}

static fallible check_realm(const struct remote_question *question, const char *realm)
{
	bool tls = text_has_prefix(realm, "https://");

	if (tls || (text_has_prefix(realm, "http://") &&
		    (question->host->insecure || text_has_prefix(question->host->base, "http://"))))
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "the registry %s sends us to \"%s\" for a token: that must be in TLS as "
			 "the registry is",
			 question->host->base, realm);
}

/* "a b" are two scopes, each a parameter of its own. */
static void add_scopes(struct buffer *to, const char *scope)
{
	while (scope && *scope) {
		size_t length = strcspn(scope, " ");
		autofree char *one = duplicate_range(scope, length);

		if (*one)
			http_query_add(to, "scope", one);
		scope += length + (scope[length] == ' ');
	}
}

static fallible refused(const struct remote_reply *reply, const char *realm)
{
	struct error *e =
		distribution_error_parse(reply->status, reply->body.data, reply->body.length, NULL);

	return error_wrap(e, "the token server %s", realm);
}

static fallible ask_realm(struct remote_http *http, const struct remote_request *request,
			  const char *realm, char **token, char **refresh)
{
	auto_remote_reply reply = {0};

	TRY(error_wrap(remote_http_perform(http, request, &reply), "cannot get a token"));
	if (reply.status != 200)
		return refused(&reply, realm);
	return remote_token_parse(reply.body.data, reply.body.length, token, refresh);
}

/* The realm is another host than the registry: its certificates are not for it. */
static struct remote_host realm_host(const struct remote_question *question,
				     const struct auth_challenge *challenge)
{
	return (struct remote_host){.base = challenge->realm,
				    .insecure = question->host->insecure,
				    .authorities = question->host->authorities};
}

static fallible get_token(struct remote_http *http, const struct remote_question *question,
			  const struct auth_challenge *challenge, char **token, char **refresh)
{
	const struct remote_credentials *who = question->credentials;
	const struct remote_host host = realm_host(question, challenge);
	autobuffer url = {0};
	autofree char *authorization = who && who->username ? basic(who) : NULL;

	buffer_append_string(&url, challenge->realm);
	if (who && who->username)
		http_query_add(&url, "account", who->username);
	if (question->login) {
		http_query_add(&url, "client_id", CLIENT_ID);
		http_query_add(&url, "offline_token", "true");
	}
	http_query_add(&url, "service", challenge->service);
	add_scopes(&url, question->scope ? question->scope : challenge->scope);
	const struct remote_request request = {
		.method = "GET",
		.url = url.data,
		.host = &host,
		.authorization = authorization,
		.limit = REMOTE_TOKEN_LIMIT,
	};
	return ask_realm(http, &request, challenge->realm, token, refresh);
}

struct memory_source {
	const char *bytes;
	size_t left;
};

static fallible read_memory(void *context, void *bytes, size_t size, size_t *length)
{
	struct memory_source *memory = context;

	*length = memory->left < size ? memory->left : size;
	memcpy(bytes, memory->bytes, *length);
	memory->bytes += *length;
	memory->left -= *length;
	return NULL;
}

/* OAuth 2: the identity token is a refresh token. The form begins as a query does: with a '?' that
 * is not sent. */
static fallible post_token(struct remote_http *http, const struct remote_question *question,
			   const struct auth_challenge *challenge, char **token, char **refresh)
{
	const struct remote_host host = realm_host(question, challenge);
	const char *scope = question->scope ? question->scope : challenge->scope;
	autobuffer form = {0};

	buffer_append_string(&form, ""); /* a text, if an empty one */
	http_query_add(&form, "grant_type", "refresh_token");
	http_query_add(&form, "refresh_token", question->credentials->identity_token);
	http_query_add(&form, "client_id", CLIENT_ID);
	http_query_add(&form, "service", challenge->service ? challenge->service : "");
	http_query_add(&form, "scope", scope ? scope : "");
	struct memory_source memory = {form.data + 1, form.length - 1};
	const struct source body = {read_memory, &memory};
	struct remote_request request = {
		.method = "POST",
		.url = challenge->realm,
		.host = &host,
		.body = &body,
		.body_size = (int64_t)memory.left,
		.limit = REMOTE_TOKEN_LIMIT,
	};
	http_fields_add(&request.headers, "Content-Type", "application/x-www-form-urlencoded");
	struct error *e = ask_realm(http, &request, challenge->realm, token, refresh);
	http_fields_finish(&request.headers);
	return e;
}

static fallible answer_bearer(struct remote_http *http, const struct remote_question *question,
			      const struct auth_challenge *challenge, char **authorization,
			      char **identity_token)
{
	autofree char *token = NULL, *refresh = NULL;
	const struct remote_credentials *who = question->credentials;
	bool post = who && who->identity_token;

	TRY(check_realm(question, challenge->realm));
	TRY((post ? post_token : get_token)(http, question, challenge, &token, &refresh));
	*authorization = format("Bearer %s", token);
	if (identity_token)
		*identity_token = steal(&refresh);
	return NULL;
}

fallible remote_auth_answer(struct remote_http *http, const struct remote_question *question,
			    char **authorization, char **identity_token)
{
	const struct remote_credentials *who = question->credentials;
	auto_auth_challenge challenge = {0};

	*authorization = NULL;
	if (identity_token)
		*identity_token = NULL;
	if (who && who->registry_token) {
		*authorization = format("Bearer %s", who->registry_token);
		return NULL;
	}
	TRY(error_wrap(auth_challenge_parse(question->challenge, &challenge), "%s",
		       question->host->base));
	if (challenge.scheme == AUTH_BEARER)
		return answer_bearer(http, question, &challenge, authorization, identity_token);
	if (!who || !who->username)
		return error_coded(&distribution_unauthorized, "no basic auth credentials");
	*authorization = basic(who);
	return NULL;
}
