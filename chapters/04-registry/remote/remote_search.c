#include "remote_search.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SEARCH_HOST  "index.docker.io" /* Docker Hub's is not its registry */
#define ANSWER_LIMIT (4 << 20)

struct search {
	const char *term;
	int limit;
	json_t *results;
};

/* Only what the API has, and in its types. */
static fallible take_result(const json_t *found, json_t *results)
{
	const char *name, *description;
	bool official, automated;
	int64_t stars;

	TRY(json_get_string(found, "name", "", &name));
	TRY(json_get_string(found, "description", "", &description));
	TRY(json_get_integer(found, "star_count", 0, &stars));
	TRY(json_get_boolean(found, "is_official", false, &official));
	TRY(json_get_boolean(found, "is_automated", false, &automated));
	json_array_append_new(results,
			      json_pack("{s:I, s:b, s:s, s:b, s:s}", "star_count",
					(json_int_t)stars, "is_official", official, "name", name,
					"is_automated", automated, "description", description));
	return NULL;
}

static fallible read_answer(struct search *s, const struct remote_reply *reply)
{
	autojson *document = NULL;
	json_t *list, *found;
	size_t i;

	TRY(json_parse(reply->body.data ? reply->body.data : "", reply->body.length,
		       "the answer to the search", &document));
	TRY(json_get_array(document, "results", &list));
	json_array_foreach (list, i, found)
		TRY(take_result(found, s->results));
	return NULL;
}

static fallible speak(void *context, struct remote_registry *registry)
{
	struct search *s = context;
	struct remote_request request = {.method = "GET", .limit = ANSWER_LIMIT};
	auto_remote_reply reply = {0};
	autobuffer path = {0};
	autofree char *limit = format("%d", s->limit);

	buffer_append_string(&path, "/v1/search");
	http_query_add(&path, "q", s->term);
	http_query_add(&path, "n", limit);
	TRY(remote_registry_perform(registry, &request, path.data, &reply));
	return reply.status == 200 ? read_answer(s, &reply) : remote_registry_refusal(&reply);
}

/* "host:5000/word": what could be a host before the first slash. */
static char *host_of(const char *term)
{
	size_t length = strcspn(term, "/");
	autofree char *host = duplicate_range(term, length);
	bool is_host = term[length] && (strpbrk(host, ".:") || strcmp(host, "localhost") == 0);

	return is_host ? steal(&host) : duplicate(SEARCH_HOST);
}

fallible remote_search(const struct remote_session *session, const char *term, int limit,
		       json_t **results)
{
	autofree char *host = host_of(term);
	bool named = strcmp(host, SEARCH_HOST) != 0;
	struct search search = {
		.term = named ? term + strlen(host) + 1 : term,
		.limit = limit,
		.results = json_array(),
	};
	const struct remote_conversation conversation = {
		.session = session,
		.domain = host,
		.actions = AUTH_PULL,
		.speak = speak,
		.context = &search,
	};
	struct error *e = remote_registry_each(&conversation);

	if (e)
		json_decref(search.results);
	else
		*results = search.results;
	return e;
}
