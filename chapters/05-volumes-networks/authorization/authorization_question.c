#include "authorization_question.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "text.h"

/* What frames a message is none of its headers to Docker; the others have passwords in them. */
static bool is_told(const char *name)
{
	static const char *const untold[] = {
		"Host",          "Transfer-Encoding", "Trailer",
		"Authorization", "X-Registry-Config", "X-Registry-Auth",
	};

	for (size_t i = 0; i < countof(untold); i++)
		if (strcasecmp(name, untold[i]) == 0)
			return false;
	return true;
}

/* "content-type" -> "Content-Type". The caller frees. */
static char *canonical(const char *name)
{
	char *text = duplicate(name);

	for (char *at = text; *at; at++) {
		bool first = at == text || at[-1] == '-';

		*at = first ? toupper((unsigned char)*at) : tolower((unsigned char)*at);
	}
	return text;
}

static json_t *headers_json(const struct http_fields *fields)
{
	json_t *headers = json_object();

	for (size_t i = 0; i < fields->count; i++) {
		const struct http_field *field = &fields->items[i];
		autofree char *name = canonical(field->name);

		if (is_told(name))
			json_object_set_new(headers, name,
					    json_text_value(field->value, strlen(field->value)));
	}
	return headers;
}

static bool is_json(const struct http_fields *headers)
{
	static const char json[] = "application/json";
	const char *type = http_fields_header(headers, "Content-Type");
	size_t length = type ? strcspn(type, "; \t") : 0;

	return length == strlen(json) && strncasecmp(type, json, length) == 0;
}

/* `docker login` sends a password. */
static bool shows_body(const char *uri, const struct http_fields *headers)
{
	autofree char *path = duplicate_range(uri, strcspn(uri, "?#"));

	return !text_has_suffix(path, "/auth") && is_json(headers);
}

static void set_bytes(json_t *question, const char *member, const void *bytes, size_t length)
{
	autofree char *text = base64_encode(bytes, length);

	if (length)
		json_object_set_new(question, member, json_string(text));
}

static fallible add_body(struct http_exchange *ex, size_t limit, json_t *question)
{
	autobuffer body = {0};
	bool whole;

	if (!shows_body(ex->request->target, &ex->request->headers))
		return NULL;
	TRY(http_connection_peek_body(ex->connection, limit, &body, &whole));
	if (!whole)
		return error_new(ERROR_TOO_LARGE,
				 "the body of the request is larger than the %zu bytes that "
				 "authorization plugins are shown",
				 limit);
	set_bytes(question, "RequestBody", body.data, body.length);
	return NULL;
}

/* As Docker: each certificate in PEM, and that in base64 as all bytes. */
static json_t *certificates_json(const char *pem)
{
	static const char last[] = "-----END CERTIFICATE-----\n";
	json_t *list = json_array();
	const char *end;

	for (; (end = strstr(pem, last)); pem = end) {
		end += strlen(last);
		autofree char *text = base64_encode(pem, (size_t)(end - pem));
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static void add_user(json_t *question, const struct http_user *user)
{
	json_object_set_new(question, "User", json_text_value(user->name, strlen(user->name)));
	json_object_set_new(question, "UserAuthNMethod", json_string("TLS"));
	json_object_set_new(question, "RequestPeerCertificates",
			    certificates_json(user->certificates));
}

fallible authorization_question_make(struct http_exchange *ex, size_t limit, json_t **out)
{
	const struct http_user *user = http_connection_user(ex->connection);
	const struct http_request *request = ex->request;
	autojson *question = json_pack("{s:s, s:o}", "RequestMethod", request->method, "RequestUri",
				       json_text_value(request->target, strlen(request->target)));
	json_t *headers = headers_json(&request->headers);

	if (user) {
		add_user(question, user);
	}
	if (json_object_size(headers))
		json_object_set(question, "RequestHeaders", headers);
	json_decref(headers);
	TRY(add_body(ex, limit, question));
	*out = steal(&question);
	return NULL;
}

void authorization_question_add_answer(json_t *question, const struct http_answer *answer)
{
	json_object_set_new(question, "ResponseStatusCode", json_integer(answer->status));
	json_object_set_new(question, "ResponseHeaders", headers_json(answer->headers));
	if (answer->body &&
	    shows_body(json_string_at(question, "RequestUri", NULL), answer->headers))
		set_bytes(question, "ResponseBody", answer->body, answer->length);
}
