#include "remote_registry.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "distribution_error.h"
#include "log.h"
#include "memory.h"
#include "remote_test.h"

static fallible ask(void *context, struct remote_registry *registry)
{
	struct remote_request request = {.method = "GET"};

	return remote_registry_perform(registry, &request, "a/b/tags/list", context);
}

static struct error *speak_to(const struct stage *stage, const struct remote_credentials *who,
			      fallible (*speak)(void *, struct remote_registry *), void *context)
{
	autojson *settings = json_pack("{s:[s]}", "insecure-registries", stage_domain(stage));
	const struct remote_session session = {.settings = settings, .credentials = who};
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = stage_domain(stage),
		.path = "a/b",
		.actions = AUTH_PULL,
		.speak = speak,
		.context = context,
	};

	return remote_registry_each(&conversation);
}

#define OK          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
#define TOKEN(size) "HTTP/1.1 200 OK\r\nContent-Length: " size "\r\n"

/* 401, with where to go: here. The caller frees. */
static char *challenge(const struct stage *stage)
{
	return format("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Bearer "
		      "realm=\"%s/token\",service=\"us\"\r\n",
		      stage->host.base);
}

static void a_password_becomes_a_token(void **state)
{
	const struct remote_credentials ann = {.username = (char *)"ann",
					       .password = (char *)"secret"};
	struct answer answers[] = {{NULL, NULL}, {TOKEN("13"), "{\"token\":\"t\"}"}, {OK, "{}"}};
	auto_remote_reply reply = {0};
	struct stage stage;
	(void)state;

	open_stage(&stage, answers, countof(answers));
	autofree char *head = challenge(&stage);
	answers[0].head = head;
	assert_ok(speak_to(&stage, &ann, ask, &reply));
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(stage.seen.data, "GET /token?account=ann&service=us&scope="
						"repository%3Aa%2Fb%3Apull HTTP/1.1"));
	assert_non_null(strstr(stage.seen.data, "Authorization: Basic YW5uOnNlY3JldA==\r\n"));
	assert_non_null(strstr(stage.seen.data, "Authorization: Bearer t\r\n"));
	close_stage(&stage);
}

/* It is posted to the token server, and the registry never sees it. */
static void an_identity_token_is_a_refresh_token(void **state)
{
	const struct remote_credentials ann = {.identity_token = (char *)"kept"};
	struct answer answers[] = {
		{NULL, NULL}, {TOKEN("20"), "{\"access_token\":\"t\"}"}, {OK, "{}"}};
	auto_remote_reply reply = {0};
	struct stage stage;
	(void)state;

	open_stage(&stage, answers, countof(answers));
	autofree char *head = challenge(&stage);
	answers[0].head = head;
	assert_ok(speak_to(&stage, &ann, ask, &reply));
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(stage.seen.data, "POST /token HTTP/1.1"));
	assert_non_null(strstr(stage.seen.data,
			       "grant_type=refresh_token&refresh_token=kept&client_id=docker"));
	assert_non_null(strstr(stage.seen.data, "Authorization: Bearer t\r\n"));
	close_stage(&stage);
}

static fallible log_in(void *context, struct remote_registry *registry)
{
	return remote_registry_login(registry, context);
}

static void login_brings_an_identity_token(void **state)
{
	const struct remote_credentials ann = {.username = (char *)"ann",
					       .password = (char *)"secret"};
	struct answer answers[] = {{NULL, NULL},
				   {TOKEN("39"), "{\"token\":\"t\",\"refresh_token\":\"to keep\"}"},
				   {OK, "{}"}};
	autofree char *identity = NULL;
	struct stage stage;
	(void)state;

	open_stage(&stage, answers, countof(answers));
	autofree char *head = challenge(&stage);
	answers[0].head = head;
	assert_ok(speak_to(&stage, &ann, log_in, &identity));
	assert_string_equal(identity, "to keep");
	assert_non_null(strstr(stage.seen.data, "offline_token=true"));
	close_stage(&stage);
}

static void a_refusal_has_its_code_and_says_when(void **state)
{
	auto_remote_reply reply = {.status = 429};
	(void)state;

	http_fields_add(&reply.headers, "Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT");
	autoerror e = remote_registry_refusal(&reply);
	assert_ptr_equal(e->code, &distribution_too_many_requests);
	assert_non_null(strstr(e->message, "try again after Wed, 21 Oct 2026 07:28:00 GMT"));
	reply.status = 404;
	autoerror missing = remote_registry_refusal(&reply);
	assert_null(strstr(missing->message, "again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_becomes_a_token),
		cmocka_unit_test(an_identity_token_is_a_refresh_token),
		cmocka_unit_test(login_brings_an_identity_token),
		cmocka_unit_test(a_refusal_has_its_code_and_says_when),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
