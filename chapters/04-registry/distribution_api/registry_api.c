/* POST /auth, GET /images/search, GET /distribution/{name}/json: registries are asked, and nothing
 * is stored. */
#include <string.h>

#include "distribution_api.h"
#include "filters.h"
#include "memory.h"
#include "remote_inspect.h"
#include "remote_search.h"
#include "text.h"

#define SEARCH_LIMIT 25 /* Docker's */

/* -- login -- */

/* "https://index.docker.io/v1/" is what clients call Docker Hub. */
static char *domain_of(const char *address)
{
	const char *host = strstr(address, "://");

	host = host ? host + 3 : address;
	autofree char *domain = duplicate_range(host, strcspn(host, "/"));
	if (!*domain || strcmp(domain, "index.docker.io") == 0 ||
	    strcmp(domain, "registry-1.docker.io") == 0)
		return duplicate("docker.io");
	return steal(&domain);
}

static fallible login(void *identity_token, struct remote_registry *registry)
{
	struct error *e = remote_registry_login(registry, identity_token);

	return error_wrap(e, "Get \"%s/v2/\"", remote_registry_base(registry));
}

static fallible check_credentials(const struct distribution *d, const json_t *config,
				  char **identity_token)
{
	auto_remote_credentials credentials = {0};
	struct remote_session session = d->session;
	autofree char *domain = domain_of(json_string_at(config, "serveraddress", NULL));
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = domain,
		.actions = AUTH_PUSH, /* not of a mirror */
		.speak = login,
		.context = identity_token,
	};

	TRY(remote_credentials_read(config, &credentials));
	session.credentials = &credentials;
	return remote_registry_each(&conversation);
}

static fallible auth(void *context, struct http_exchange *ex)
{
	auto_distribution d = {0};
	autojson *config = NULL;
	autofree char *identity_token = NULL;

	TRY(http_exchange_body_json(ex, &config));
	TRY(distribution_begin(context, ex, &d));
	TRY(check_credentials(&d, config, &identity_token));
	autojson *answer = json_pack("{s:s, s:s}", "Status", "Login Succeeded", "IdentityToken",
				     identity_token ? identity_token : "");
	return http_reply_json(ex, 200, answer);
}

/* -- search -- */

static fallible fits_flag(const struct filters *filters, const char *name, const json_t *value,
			  bool *fits)
{
	bool wanted;

	if (!filters_values(filters, name))
		return NULL;
	TRY(filters_boolean(filters, name, false, &wanted));
	*fits = *fits && wanted == json_is_true(value);
	return NULL;
}

static fallible check_stars(const struct filters *filters, int64_t *least)
{
	const json_t *values = filters_values(filters, "stars");

	*least = 0;
	return values ? integer_parse(json_string_value(json_array_get(values, 0)),
				      "the filter stars", 0, INT32_MAX, least)
		      : NULL;
}

static fallible reply_with(struct http_exchange *ex, const struct filters *filters,
			   const json_t *found)
{
	autojson *fitting = json_array();
	json_t *one;
	int64_t stars;
	size_t i;

	TRY(check_stars(filters, &stars));
	json_array_foreach (found, i, one) {
		bool fits = json_integer_value(json_object_get(one, "star_count")) >= stars;

		TRY(fits_flag(filters, "is-official", json_object_get(one, "is_official"), &fits));
		TRY(fits_flag(filters, "is-automated", json_object_get(one, "is_automated"),
			      &fits));
		if (fits)
			json_array_append(fitting, one);
	}
	return http_reply_json(ex, 200, fitting);
}

static fallible search(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"is-automated", "is-official", "stars", NULL};
	const char *term = http_exchange_query(ex, "term", "");
	auto_distribution d = {0};
	autofilters filters = {0};
	autojson *found = NULL;
	int64_t limit;

	TRY(http_exchange_query_integer(ex, "limit", SEARCH_LIMIT, &limit));
	if (!*term)
		return error_new(ERROR_INVALID, "the query parameter term is needed");
	if (limit == 0)
		limit = SEARCH_LIMIT;
	if (limit < 1 || limit > REMOTE_SEARCH_MOST)
		return error_new(ERROR_INVALID, "Limit %lld is outside the range of [1, %d]",
				 (long long)limit, REMOTE_SEARCH_MOST);
	TRY(filters_parse(http_exchange_query(ex, "filters", ""), known, &filters));
	TRY(distribution_begin(context, ex, &d));
	TRY(remote_search(&d.session, term, (int)limit, &found));
	return reply_with(ex, &filters, found);
}

/* -- what a name means -- */

static fallible inspect(void *context, struct http_exchange *ex)
{
	auto_distribution d = {0};
	autoreference ref = {0};
	autojson *answer = NULL;

	TRY(reference_parse(http_exchange_parameter(ex, "name"), &ref));
	reference_default_tag(&ref);
	TRY(distribution_begin(context, ex, &d));
	TRY(remote_inspect(&d.session, &ref, &answer, NULL));
	return http_reply_json(ex, 200, answer);
}

const struct route registry_routes[] = {
	{"POST", "/auth", auth, "4.9"},
	{"GET", "/images/search", search, "4.9"},
	{"GET", "/distribution/{name...}/json", inspect, "4.6"},
	{0},
};
