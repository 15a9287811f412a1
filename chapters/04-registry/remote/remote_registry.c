#include "remote_registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "distribution_error.h"
#include "log.h"
#include "memory.h"
#include "text.h"

struct remote_registry {
	const struct remote_session *session;
	const struct remote_host *host;
	const char *path; /* of the repository; NULL: none */
	struct remote_http *http;

	pthread_mutex_t lock; /* guards the rest; held while a token is fetched: one is enough */
	struct buffer scope;
	char *authorization;
	unsigned generation; /* of authorization */
};

const char *remote_registry_base(const struct remote_registry *registry)
{
	return registry->host->base;
}

const char *remote_registry_repository(const struct remote_registry *registry)
{
	return registry->path;
}

const struct remote_session *remote_registry_session(const struct remote_registry *registry)
{
	return registry->session;
}

void remote_registry_add_scope(struct remote_registry *registry, const char *path, unsigned actions)
{
	autofree char *words = auth_actions_text(actions);

	pthread_mutex_lock(&registry->lock);
	buffer_printf(&registry->scope, "%srepository:%s:%s", registry->scope.length ? " " : "",
		      path, words);
	pthread_mutex_unlock(&registry->lock);
}

/* -- authorization -- */

static char *authorization_now(struct remote_registry *registry, unsigned *generation)
{
	pthread_mutex_lock(&registry->lock);
	char *now = duplicate(registry->authorization);
	*generation = registry->generation;
	pthread_mutex_unlock(&registry->lock);
	return now;
}

static fallible answer_challenge(struct remote_registry *registry, const char *challenge)
{
	const struct remote_question question = {
		.host = registry->host,
		.challenge = challenge,
		.scope = registry->scope.length ? registry->scope.data : NULL,
		.credentials = registry->session->credentials,
	};
	char *authorization = NULL;

	TRY(remote_auth_answer(registry->http, &question, &authorization, NULL));
	free(registry->authorization);
	registry->authorization = authorization;
	registry->generation++;
	return NULL;
}

/* What was shown (`generation`) was not enough: a new one, unless another thread has it already. */
static fallible renew(struct remote_registry *registry, const struct remote_reply *reply,
		      unsigned generation)
{
	const char *challenge = http_fields_header(&reply->headers, "WWW-Authenticate");

	if (!challenge || reply->elsewhere)
		return remote_registry_refusal(reply);
	pthread_mutex_lock(&registry->lock);
	struct error *e =
		registry->generation != generation ? NULL : answer_challenge(registry, challenge);
	pthread_mutex_unlock(&registry->lock);
	return e;
}

static fallible perform_once(struct remote_registry *registry, struct remote_request *request,
			     struct remote_reply *reply, unsigned *generation)
{
	autofree char *authorization = authorization_now(registry, generation);

	request->authorization = authorization;
	struct error *e = remote_http_perform(registry->http, request, reply);
	request->authorization = NULL;
	return e;
}

/* -- requests -- */

static char *url_of(const struct remote_registry *registry, const char *path)
{
	if (strstr(path, "://"))
		return duplicate(path);
	return format("%s%s%s", registry->host->base, *path == '/' ? "" : "/v2/", path);
}

fallible remote_registry_perform(struct remote_registry *registry, struct remote_request *request,
				 const char *path, struct remote_reply *reply)
{
	autofree char *url = url_of(registry, path);
	unsigned generation;

	request->host = registry->host;
	request->url = url;
	TRY(perform_once(registry, request, reply, &generation));
	if (reply->status != 401)
		return NULL;
	TRY(renew(registry, reply, generation));
	if (request->body)
		return NULL; /* which has been read: the caller begins again */
	remote_reply_finish(reply);
	return perform_once(registry, request, reply, &generation);
}

/* RFC 9110, 10.2.3: seconds, or a date. */
static fallible tell_when(struct error *e, const char *after)
{
	bool seconds = strspn(after, "0123456789") == strlen(after);
	autoerror refusal = e;
	size_t length = strlen(refusal->message);

	while (length && refusal->message[length - 1] == '.')
		length--;
	return error_coded(refusal->code, "%.*s; try again %s %.40s%s", (int)length,
			   refusal->message, seconds ? "in" : "after", after,
			   seconds ? " seconds" : "");
}

fallible remote_registry_refusal(const struct remote_reply *reply)
{
	const char *after = http_fields_header(&reply->headers, "Retry-After");
	struct error *e =
		distribution_error_parse(reply->status, reply->body.data, reply->body.length, NULL);

	return e->code == &distribution_too_many_requests && after ? tell_when(e, after) : e;
}

fallible remote_registry_ping(struct remote_registry *registry)
{
	struct remote_request request = {.method = "GET"};
	auto_remote_reply reply = {0};

	TRY(remote_registry_perform(registry, &request, "/v2/", &reply));
	return reply.status == 200 ? NULL : remote_registry_refusal(&reply);
}

/* -- addresses -- */

static bool may_go_on(const struct remote_host *host, const struct error *e)
{
	return host->mirror || e->errnum == REMOTE_NOT_REACHED;
}

static fallible speak_to(const struct remote_conversation *conversation,
			 const struct remote_host *host)
{
	const struct remote_session *session = conversation->session;
	struct remote_registry registry = {
		.session = session, .host = host, .path = conversation->path};

	TRY(remote_http_create(session->settings, session->gone, session->context, &registry.http));
	pthread_mutex_init(&registry.lock, NULL);
	if (conversation->path)
		remote_registry_add_scope(&registry, conversation->path, conversation->actions);
	struct error *e = conversation->speak(conversation->context, &registry);
	remote_http_destroy(registry.http);
	buffer_finish(&registry.scope);
	free(registry.authorization);
	pthread_mutex_destroy(&registry.lock);
	return e;
}

/* Of TLS and plain HTTP at one address the error of the second one says more. */
fallible remote_registry_each(const struct remote_conversation *conversation)
{
	auto_remote_hosts hosts = {0};
	struct error *e = NULL;

	TRY(remote_hosts_of(conversation->session->settings, conversation->domain,
			    !(conversation->actions & AUTH_PUSH), &hosts));
	for (size_t i = 0; i < hosts.count; i++) {
		log_dropped(LOG_LEVEL_INFO, e, "the next address is asked");
		e = speak_to(conversation, &hosts.items[i]);
		if (!e || !may_go_on(&hosts.items[i], e))
			return e;
	}
	return e;
}

/* -- login -- */

fallible remote_registry_login(struct remote_registry *registry, char **identity_token)
{
	struct remote_request request = {.method = "GET", .host = registry->host};
	auto_remote_reply reply = {0};
	autofree char *url = format("%s/v2/", registry->host->base);
	autofree char *authorization = NULL;

	*identity_token = NULL;
	request.url = url;
	TRY(remote_http_perform(registry->http, &request, &reply));
	const char *challenge = http_fields_header(&reply.headers, "WWW-Authenticate");
	if (reply.status == 401 && challenge && !reply.elsewhere) {
		const struct remote_question question = {
			.host = registry->host,
			.challenge = challenge,
			.credentials = registry->session->credentials,
			.login = true,
		};

		TRY(remote_auth_answer(registry->http, &question, &authorization, identity_token));
		remote_reply_finish(&reply);
		request.authorization = authorization;
		TRY(remote_http_perform(registry->http, &request, &reply));
	}
	return reply.status == 200 ? NULL : remote_registry_refusal(&reply);
}
