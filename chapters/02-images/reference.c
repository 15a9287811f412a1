#include "reference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

#define DEFAULT_DOMAIN "docker.io"
#define LEGACY_DOMAIN  "index.docker.io"
#define DEFAULT_FOLDER "library/"
#define LOWER_DIGITS   "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER_DIGITS

/* -- the grammar: each takes a part of the text, without a terminating NUL -- */

/* Bytes of a separator inside a path component: ".", "_", "__" or any number of "-"; else 0. */
static size_t path_separator(const char *text)
{
	if (*text == '.')
		return 1;
	if (*text == '_')
		return text[1] == '_' ? 2 : 1;
	return strspn(text, "-");
}

/* path-component ["/" path-component]*, the whole of a string. */
static bool is_path(const char *text)
{
	for (;;) {
		size_t word = strspn(text, LOWER_DIGITS);

		if (!word)
			return false;
		text += word;
		if (!*text)
			return true;
		size_t separator = *text == '/' ? 1 : path_separator(text);
		if (!separator)
			return false;
		text += separator;
	}
}

static bool is_host_component(const char *text, size_t length)
{
	return length && text[0] != '-' && text[length - 1] != '-' &&
	       strspn(text, LETTERS_DIGITS "-") >= length;
}

static bool is_host(const char *text, size_t length)
{
	if (length > 2 && text[0] == '[')
		return text[length - 1] == ']' &&
		       strspn(text + 1, "0123456789abcdefABCDEF:") == length - 2;
	for (const char *end = text + length;;) {
		const char *dot = memchr(text, '.', end - text);

		if (!is_host_component(text, (dot ? dot : end) - text))
			return false;
		if (!dot)
			return true;
		text = dot + 1;
	}
}

static bool is_domain(const char *text)
{
	const char *bracket = strrchr(text, ']');
	const char *port = strchr(bracket ? bracket : text, ':');

	if (!port)
		return is_host(text, strlen(text));
	size_t digits = strspn(port + 1, "0123456789");
	return digits && !port[1 + digits] && is_host(text, port - text);
}

bool reference_is_tag(const char *text)
{
	size_t length = strspn(text, LETTERS_DIGITS "_.-");

	return length && length <= REFERENCE_TAG_LIMIT && !text[length] && *text != '.' &&
	       *text != '-';
}

/* -- parsing -- */

static fallible invalid(void)
{
	return error_new(ERROR_INVALID, "invalid reference format");
}

static bool has_upper(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return true;
	return false;
}

/* Whether the first part of a name is a registry's host: the rule is in the header. */
static bool names_a_host(const char *first)
{
	return strpbrk(first, ".:") || strcmp(first, "localhost") == 0 || has_upper(first);
}

static void split_domain(const char *text, char **domain, char **rest)
{
	const char *slash = strchr(text, '/');
	autofree char *first = slash ? duplicate_range(text, slash - text) : NULL;

	if (first && names_a_host(first)) {
		bool legacy = strcmp(first, LEGACY_DOMAIN) == 0;

		*domain = legacy ? duplicate(DEFAULT_DOMAIN) : steal(&first);
		*rest = duplicate(slash + 1);
	} else {
		*domain = duplicate(DEFAULT_DOMAIN);
		*rest = duplicate(text);
	}
	if (strcmp(*domain, DEFAULT_DOMAIN) == 0 && !strchr(*rest, '/')) {
		autofree char *bare = *rest;

		*rest = format(DEFAULT_FOLDER "%s", bare);
	}
}

/* Cuts "@digest" and ":tag" off the end of path. */
static fallible take_tag_and_digest(struct reference *ref)
{
	char *at = strchr(ref->path, '@');

	if (at) {
		autoerror e = digest_parse(at + 1, &ref->digest);

		if (e)
			return invalid();
		*at = '\0';
	}
	char *colon = strchr(ref->path, ':');
	if (!colon)
		return NULL;
	if (!reference_is_tag(colon + 1))
		return invalid();
	ref->tag = duplicate(colon + 1);
	*colon = '\0';
	return NULL;
}

static fallible check_case(const char *rest)
{
	autofree char *remote = duplicate_range(rest, strcspn(rest, ":"));

	if (has_upper(remote))
		return error_new(ERROR_INVALID,
				 "invalid reference format: repository name (%s) must be lowercase",
				 remote);
	return NULL;
}

static bool is_image_id(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static fallible parse(const char *text, struct reference *ref)
{
	if (is_image_id(text))
		return error_new(ERROR_INVALID,
				 "invalid repository name (%s), cannot specify 64-byte "
				 "hexadecimal strings",
				 text);
	split_domain(text, &ref->domain, &ref->path);
	TRY(check_case(ref->path));
	TRY(take_tag_and_digest(ref));
	if (!is_domain(ref->domain) || !is_path(ref->path))
		return invalid();
	if (strlen(ref->path) > REFERENCE_NAME_LIMIT)
		return error_new(ERROR_INVALID,
				 "repository name must not be longer than %d characters",
				 REFERENCE_NAME_LIMIT);
	return NULL;
}

fallible reference_parse(const char *text, struct reference *out)
{
	*out = (struct reference){0};
	struct error *e = parse(text, out);

	if (e)
		reference_finish(out);
	return e;
}

void reference_finish(struct reference *ref)
{
	free(ref->domain);
	free(ref->path);
	free(ref->tag);
	*ref = (struct reference){0};
}

void reference_default_tag(struct reference *ref)
{
	if (!ref->tag && digest_is_none(&ref->digest))
		ref->tag = duplicate("latest");
}

/* -- forms -- */

static char *with_tag_and_digest(const struct reference *ref, const char *repository)
{
	return format("%s%s%s%s%s", repository, ref->tag ? ":" : "", ref->tag ? ref->tag : "",
		      digest_is_none(&ref->digest) ? "" : "@", ref->digest.text);
}

char *reference_repository(const struct reference *ref)
{
	return format("%s/%s", ref->domain, ref->path);
}

/* Whether a path of docker.io, written alone, is read as something else: docker.io/a.io/x. */
static bool needs_domain(const char *path)
{
	autofree char *first = duplicate_range(path, strcspn(path, "/"));

	return is_image_id(path) || (strchr(path, '/') && names_a_host(first));
}

char *reference_familiar_repository(const struct reference *ref)
{
	const char *path = ref->path;

	if (text_has_prefix(path, DEFAULT_FOLDER) && !strchr(path + strlen(DEFAULT_FOLDER), '/'))
		path += strlen(DEFAULT_FOLDER);
	if (strcmp(ref->domain, DEFAULT_DOMAIN) != 0 || needs_domain(path))
		return reference_repository(ref);
	return duplicate(path);
}

char *reference_familiar(const struct reference *ref)
{
	autofree char *repository = reference_familiar_repository(ref);

	return with_tag_and_digest(ref, repository);
}

char *reference_normalized(const struct reference *ref)
{
	autofree char *repository = reference_repository(ref);

	return with_tag_and_digest(ref, repository);
}
