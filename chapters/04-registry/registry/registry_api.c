#include "registry_api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "distribution_error.h"
#include "memory.h"
#include "repository_name.h"
#include "text.h"

#define PAGE_MOST 10000

#define FIXED(name, value)                                                                         \
	{                                                                                          \
		(char *)name, (char *)value                                                        \
	}

const struct http_field registry_headers[] = {
	FIXED("Docker-Distribution-Api-Version", "registry/2.0"),
	FIXED("X-Content-Type-Options", "nosniff"),
	{NULL, NULL},
};

fallible registry_api_name(const struct http_exchange *ex, const char **name)
{
	*name = http_exchange_parameter(ex, "name");
	return repository_name_check(*name);
}

fallible registry_api_digest(const char *text, struct digest *out)
{
	autoerror e = digest_parse(text, out);

	return e ? error_coded(&distribution_digest_invalid, "%s", e->message) : NULL;
}

void registry_api_tell_digest(struct http_exchange *ex, const struct digest *digest)
{
	http_exchange_add_header(ex, "Docker-Content-Digest", digest->text);
}

void registry_api_tell_location(struct http_exchange *ex, const char *name, const char *fmt, ...)
{
	char rest[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(rest, sizeof(rest), fmt, args);
	va_end(args);
	autofree char *location = format("/v2/%s/%s", name, rest);
	http_exchange_add_header(ex, "Location", location);
}

fallible registry_api_page(const struct http_exchange *ex, struct registry_page *page)
{
	const char *n = http_exchange_query(ex, "n", NULL);

	page->last = http_exchange_query(ex, "last", NULL);
	page->most = PAGE_MOST;
	if (!n)
		return NULL;
	autoerror e = integer_parse(n, "n", 0, INT64_MAX, &page->most);
	if (e)
		return error_coded(&distribution_page_invalid,
				   "n is how many are asked for, a whole number from 0 on: %s",
				   e->message);
	if (page->most > PAGE_MOST)
		page->most = PAGE_MOST;
	return NULL;
}

void registry_api_tell_next(struct http_exchange *ex, const char *last)
{
	static const char *const kept[] = {"n", "artifactType"};
	autobuffer target = {0};

	buffer_append_string(&target, "<");
	http_escape(&target, ex->path, true);
	for (size_t i = 0; i < countof(kept); i++)
		http_query_add(&target, kept[i], http_exchange_query(ex, kept[i], NULL));
	http_query_add(&target, "last", last);
	buffer_append_string(&target, ">; rel=\"next\"");
	http_exchange_add_header(ex, "Link", target.data);
}
