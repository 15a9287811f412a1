#include "auth_challenge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "memory.h"

#define SPACES " \t"
/* RFC 9110, 5.6.2: what a token may have. */
#define TOKEN "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct parameter {
	const char *name;
	size_t offset;
} parameters[] = {
	{"realm", offsetof(struct auth_challenge, realm)},
	{"service", offsetof(struct auth_challenge, service)},
	{"scope", offsetof(struct auth_challenge, scope)},
	{"error", offsetof(struct auth_challenge, error)},
};

static char **member(struct auth_challenge *challenge, const struct parameter *row)
{
	return (char **)((char *)challenge + row->offset);
}

void auth_challenge_finish(struct auth_challenge *challenge)
{
	for (size_t i = 0; i < countof(parameters); i++)
		free(*member(challenge, &parameters[i]));
	*challenge = (struct auth_challenge){0};
}

static void skip(const char **at, const char *set)
{
	*at += strspn(*at, set);
}

/* "quoted \" text" at *at; NULL when it has no end. */
static char *take_quoted(const char **at)
{
	autobuffer value = {0};

	for ((*at)++; **at != '"'; (*at)++) {
		if (**at == '\\' && (*at)[1])
			(*at)++;
		if (!**at)
			return NULL;
		buffer_append(&value, *at, 1);
	}
	(*at)++;
	return buffer_take(&value);
}

static char *take_token(const char **at)
{
	size_t length = strspn(*at, TOKEN);
	char *token = length ? duplicate_range(*at, length) : NULL;

	*at += length;
	return token;
}

/* The first value of a name counts. */
static void keep(struct auth_challenge *challenge, const char *name, char *value)
{
	for (size_t i = 0; i < countof(parameters); i++)
		if (strcasecmp(parameters[i].name, name) == 0 &&
		    !*member(challenge, &parameters[i])) {
			*member(challenge, &parameters[i]) = value;
			return;
		}
	free(value);
}

/* name=value at *at. False, with *at where it was, when the next challenge begins there. */
static bool take_parameter(const char **at, struct auth_challenge *challenge)
{
	const char *next = *at;
	autofree char *name = take_token(&next);

	skip(&next, SPACES);
	if (!name || *next != '=')
		return false;
	next++;
	skip(&next, SPACES);
	char *value = *next == '"' ? take_quoted(&next) : take_token(&next);
	if (!value)
		return false;
	keep(challenge, name, value);
	*at = next;
	return true;
}

/* One challenge; false when *at is the end, or nothing that could be one. */
static bool take_challenge(const char **at, char **scheme, struct auth_challenge *out)
{
	skip(at, SPACES ",");
	*scheme = take_token(at);
	if (!*scheme)
		return false;
	do
		skip(at, SPACES ",");
	while (take_parameter(at, out));
	return true;
}

static bool is_better(const char *scheme, bool have, const struct auth_challenge *best,
		      enum auth_scheme *out)
{
	*out = strcasecmp(scheme, "Bearer") == 0 ? AUTH_BEARER : AUTH_BASIC;
	if (*out == AUTH_BASIC && strcasecmp(scheme, "Basic") != 0)
		return false;
	return !have || *out > best->scheme;
}

fallible auth_challenge_parse(const char *header, struct auth_challenge *out)
{
	const char *at = header;
	bool have = false, more = true;

	*out = (struct auth_challenge){0};
	while (more) {
		auto_auth_challenge next = {0};
		autofree char *scheme = NULL;

		more = take_challenge(&at, &scheme, &next);
		if (!more || !is_better(scheme, have, out, &next.scheme))
			continue;
		auth_challenge_finish(out);
		*out = next;
		next = (struct auth_challenge){0};
		have = true;
	}
	if (have && !*at && (out->scheme == AUTH_BASIC || out->realm))
		return NULL;
	auth_challenge_finish(out);
	return error_new(ERROR_INVALID,
			 "'%.300s' asks for no credentials that are known here: Basic, or Bearer "
			 "with a realm",
			 header);
}

static void append_quoted(struct buffer *text, const char *value)
{
	buffer_append_string(text, "\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buffer_append_string(text, "\\");
		buffer_append(text, value, 1);
	}
	buffer_append_string(text, "\"");
}

char *auth_challenge_text(const struct auth_challenge *challenge)
{
	struct auth_challenge view = *challenge;
	struct buffer text = {0};
	const char *gap = " ";

	buffer_append_string(&text, challenge->scheme == AUTH_BEARER ? "Bearer" : "Basic");
	for (size_t i = 0; i < countof(parameters); i++) {
		const char *value = *member(&view, &parameters[i]);

		if (!value)
			continue;
		buffer_printf(&text, "%s%s=", gap, parameters[i].name);
		append_quoted(&text, value);
		gap = ",";
	}
	return buffer_take(&text);
}
