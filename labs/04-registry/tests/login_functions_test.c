/*
 * login_functions_test - functions of the lab, called alone: login_functions_test NAME
 *
 * Who we are, and who is told: section 4.6. The servers are scripted. Run by the lab's bats tests
 * (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include "distribution_error.h"
#include "remote_auth.h"
#include "remote_registry.h"
#include "remote_test.h"

#define PATIENCE 8 /* seconds */

#define OURS "Bearer our-secret"

/* -- one that speaks to servers -- */

struct desk {
	struct remote_http *http;
	struct server a, b;
	char *base_a, *base_b; /* http://127.0.0.1:PORT */
};

static void open_desk(struct desk *desk, server_answer *a, server_answer *b)
{
	assert_ok(remote_http_create(NULL, NULL, NULL, &desk->http));
	server_start(&desk->a, a, desk);
	server_start(&desk->b, b, desk);
	desk->base_a = format("http://127.0.0.1:%d", desk->a.port);
	desk->base_b = format("http://127.0.0.1:%d", desk->b.port);
}

static void close_desk(struct desk *desk)
{
	server_stop(&desk->a);
	server_stop(&desk->b);
	server_forget(&desk->a);
	server_forget(&desk->b);
	remote_http_destroy(desk->http);
	free(desk->base_a);
	free(desk->base_b);
}

static void answer_200(struct server *server, int number, const char *request, int fd)
{
	(void)server, (void)number, (void)request;
	server_say(fd, "200 OK", "here", 4);
}

/* Where the path of a request begins with it. */
static bool asks_for(const char *request, const char *path)
{
	return strncmp(request + strcspn(request, " ") + 1, path, strlen(path)) == 0;
}

static void send_to(int fd, const char *base, const char *path)
{
	autofree char *head = format("307 Temporary Redirect\r\nLocation: %s%s", base, path);

	server_say(fd, head, "", 0);
}

/* -- tokens -- */

static void token_documents_are_read(void **state)
{
	static const struct {
		const char *document, *token, *refresh; /* NULL: refused; none */
	} rows[] = {
		{"{\"token\":\"T\"}", "T", NULL},
		{"{\"access_token\":\"A\"}", "A", NULL},
		{"{\"token\":\"T\",\"access_token\":\"A\"}", "T", NULL},
		{"{\"token\":\"\",\"access_token\":\"A\"}", "A", NULL},
		{"{\"token\":\"T\",\"refresh_token\":\"R\",\"expires_in\":60}", "T", "R"},
		{"{\"token\":\"T\",\"refresh_token\":\"\"}", "T", NULL},
		{"{\"refresh_token\":\"R\"}", NULL, NULL},
		{"{}", NULL, NULL},
		{"[]", NULL, NULL},
		{"\"T\"", NULL, NULL},
		{"", NULL, NULL},
		{"{\"token\":1}", NULL, NULL},
		{"{\"token\":\"T\",\"access_token\":1}", NULL, NULL},
		{"{\"token\":\"T\",\"refresh_token\":1}", NULL, NULL},
		{"{\"token\":\"T\\r\\nX: y\"}", NULL, NULL},
		{"{\"token\":\"T\\n\"}", NULL, NULL},
		{"{\"token\":\"T\\r\"}", NULL, NULL},
		{"{\"token\":\"a b\"}", NULL, NULL},
		{"{\"token\":\"a\\tb\"}", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *token = NULL, *refresh = NULL;
		struct error *e = remote_token_parse(rows[i].document, strlen(rows[i].document),
						     &token, &refresh);

		if (!e != !!rows[i].token)
			fail_msg("%s is %s", rows[i].document, e ? e->message : "taken");
		if (e) {
			assert_error(e, ERROR_INVALID, "");
			assert_null(token);
			assert_null(refresh);
			continue;
		}
		assert_text(rows[i].document, token, rows[i].token);
		assert_text(rows[i].document, refresh ? refresh : "none",
			    rows[i].refresh ? rows[i].refresh : "none");
	}
	autofree char *token = NULL, *refresh = NULL;
	assert_error(remote_token_parse(NULL, 0, &token, &refresh), ERROR_INVALID, "");
}

static void give_token(struct server *server, int number, const char *request, int fd)
{
	static const char good[] = "{\"token\":\"T\",\"refresh_token\":\"R\"}";
	static const char bad[] = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"go away\"}]}";

	(void)server, (void)number;
	if (asks_for(request, "/bad"))
		server_say(fd, "403 Forbidden", bad, strlen(bad));
	else if (asks_for(request, "/odd"))
		server_say(fd, "201 Created", good, strlen(good));
	else
		server_say(fd, "200 OK", good, strlen(good));
}

/* What is answered to a challenge of the server `base`; NULL when it fails, with *e. */
static char *answer_to(struct desk *desk, const char *challenge, const char *scope,
		       const struct remote_credentials *who, struct error **e)
{
	const struct remote_host host = {.base = desk->base_a};
	const struct remote_question question = {
		.host = &host, .challenge = challenge, .scope = scope, .credentials = who};
	char *authorization = NULL, *identity = NULL;

	*e = remote_auth_answer(desk->http, &question, &authorization, &identity);
	if (*e && authorization)
		fail_msg("'%s', and an answer all the same: %s", (*e)->message, authorization);
	free(identity);
	return authorization;
}

static void assert_answer(struct desk *desk, const char *challenge, const char *scope,
			  const struct remote_credentials *who, const char *wanted)
{
	struct error *e;
	autofree char *answer = answer_to(desk, challenge, scope, who, &e);

	assert_ok(error_wrap(e, "%s", challenge));
	assert_text(challenge, answer, wanted);
}

static const struct remote_credentials ann = {.username = (char *)"ann",
					      .password = (char *)"s3cret"},
				       nobody = {0},
				       registry_token = {.username = (char *)"ann",
							 .registry_token = (char *)"RT"},
				       identity = {.username = (char *)"ann",
						   .identity_token = (char *)"IT"};

static void the_token_is_for_what_is_asked(void **state)
{
	struct desk desk;
	struct error *e;

	(void)state;
	open_desk(&desk, answer_200, give_token);
	autofree char *challenge = format("Bearer realm=\"%s/token\",service=\"the registry\","
					  "scope=\"repository:a/b:pull repository:c:pull\"",
					  desk.base_b);
	autofree char *bad = format("Bearer realm=\"%s/bad\"", desk.base_b);
	autofree char *odd = format("Bearer realm=\"%s/odd\"", desk.base_b);
	assert_answer(&desk, challenge, NULL, &ann, "Bearer T");
	server_expect(
		&desk.b, 1,
		"GET /token?account=ann&service=the%20registry&scope=repository%3Aa%2Fb%3Apull"
		"&scope=repository%3Ac%3Apull HTTP/1.1\r\n",
		true);
	server_expect(&desk.b, 1, "Authorization: Basic YW5uOnMzY3JldA==\r\n", true);
	assert_answer(&desk, challenge, "repository:x:push", NULL, "Bearer T");
	server_expect(&desk.b, 2,
		      "GET /token?service=the%20registry&scope=repository%3Ax%3Apush HTTP/1.1\r\n",
		      true);
	server_expect(&desk.b, 2, "Authorization:", false);
	assert_answer(&desk, challenge, "repository:x:push", &nobody, "Bearer T");
	server_expect(&desk.b, 3, "Authorization:", false);
	assert_null(answer_to(&desk, bad, NULL, &ann, &e));
	assert_error(e, ERROR_FORBIDDEN, "go away");
	assert_null(answer_to(&desk, odd, NULL, &ann, &e));
	assert_non_null(e);
	error_free(e);
	assert_int_equal(server_count(&desk.a), 0);
	close_desk(&desk);
}

static void each_gets_what_he_asks_for(void **state)
{
	const struct remote_host host = {.base = (char *)"http://127.0.0.1:1"};
	char *authorization = NULL, *refresh = NULL;
	struct desk desk;
	struct error *e;

	(void)state;
	open_desk(&desk, answer_200, give_token);
	autofree char *challenge = format("Bearer realm=\"%s/token\",service=\"us\"", desk.base_b);
	assert_answer(&desk, "Basic realm=\"x\"", NULL, &ann, "Basic YW5uOnMzY3JldA==");
	assert_answer(&desk, challenge, NULL, &registry_token, "Bearer RT");
	assert_answer(&desk, "Basic realm=\"x\"", NULL, &registry_token, "Bearer RT");
	assert_int_equal(server_count(&desk.b), 0);
	assert_null(answer_to(&desk, "Basic realm=\"x\"", NULL, &nobody, &e));
	assert_error(e, ERROR_UNAUTHORIZED, "no basic auth credentials");
	assert_null(answer_to(&desk, "Basic realm=\"x\"", NULL, NULL, &e));
	assert_error(e, ERROR_UNAUTHORIZED, "no basic auth credentials");
	assert_null(answer_to(&desk, "Negotiate", NULL, &ann, &e));
	assert_error(e, ERROR_INVALID, "Negotiate");
	assert_answer(&desk, challenge, NULL, &identity, "Bearer T");
	server_expect(&desk.b, 1, "POST /token HTTP/1.1\r\n", true);
	server_expect(&desk.b, 1, "refresh_token=IT", true);
	struct remote_question question = {
		.host = &host, .challenge = challenge, .credentials = &ann, .login = true};
	assert_ok(remote_auth_answer(desk.http, &question, &authorization, &refresh));
	assert_string_equal(refresh, "R");
	server_expect(&desk.b, 2,
		      "/token?account=ann&client_id=docker&offline_token=true&service=us HTTP",
		      true);
	free(authorization);
	question.login = false;
	assert_ok(remote_auth_answer(desk.http, &question, &authorization, NULL));
	server_expect(&desk.b, 3, "/token?account=ann&service=us HTTP", true);
	free(authorization);
	free(refresh);
	close_desk(&desk);
}

static void the_realm_is_in_tls_as_the_registry(void **state)
{
	static const struct {
		const char *base, *scheme;
		bool insecure, good;
	} rows[] = {
		{"https://registry.example", "http", false, false},
		{"https://registry.example", "http", true, true},
		{"http://registry.example", "http", false, true},
		{"http://registry.example", "ftp", false, false},
		{"http://registry.example", "ftp", true, false},
		{"http://registry.example", "httpx", false, false},
	};
	struct desk desk;

	(void)state;
	open_desk(&desk, answer_200, give_token);
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *challenge = format("Bearer realm=\"%s://127.0.0.1:%d/token\"",
						  rows[i].scheme, desk.b.port);
		const struct remote_host host = {.base = (char *)rows[i].base,
						 .insecure = rows[i].insecure};
		const struct remote_question question = {
			.host = &host, .challenge = challenge, .credentials = &ann};
		autofree char *authorization = NULL;
		int before = server_count(&desk.b);
		struct error *e = remote_auth_answer(desk.http, &question, &authorization, NULL);

		if (!e != rows[i].good)
			fail_msg("%s of %s: %s", rows[i].scheme, rows[i].base,
				 e ? e->message : "the password was sent");
		if (e)
			assert_error(e, ERROR_FORBIDDEN, "TLS");
		assert_int_equal(server_count(&desk.b), before + rows[i].good);
	}
	close_desk(&desk);
}

/* -- redirects -- */

static void redirect_around(struct server *server, int number, const char *request, int fd)
{
	struct desk *desk = server->context;
	autofree char *tricky =
		format("http://127.0.0.1:%d@127.0.0.1:%d", desk->a.port, desk->b.port);
	autofree char *loud = format("HTTP://LOCALHOST:%d", desk->a.port);

	(void)number;
	if (asks_for(request, "/away"))
		send_to(fd, desk->base_b, "/blob");
	else if (asks_for(request, "/tricky"))
		send_to(fd, tricky, "/blob");
	else if (asks_for(request, "/round"))
		send_to(fd, desk->base_b, "/back");
	else if (asks_for(request, "/back"))
		send_to(fd, desk->base_a, "/blob");
	else if (asks_for(request, "/here"))
		send_to(fd, "", "/blob");
	else if (asks_for(request, "/loud"))
		send_to(fd, loud, "/blob");
	else if (asks_for(request, "/ftp"))
		send_to(fd, "ftp://127.0.0.1", "/blob");
	else if (asks_for(request, "/ever"))
		send_to(fd, "", "/ever");
	else
		server_say(fd, "200 OK", "here", 4);
}

static struct error *ask_as(struct desk *desk, const char *method, const char *base,
			    const char *path, struct remote_reply *reply)
{
	autofree char *url = format("%s%s", base, path);
	const struct remote_host host = {.base = (char *)base};
	struct remote_request request = {
		.method = method, .url = url, .host = &host, .authorization = OURS};

	server_forget(&desk->a);
	server_forget(&desk->b);
	return remote_http_perform(desk->http, &request, reply);
}

static struct error *ask(struct desk *desk, const char *path, struct remote_reply *reply)
{
	return ask_as(desk, "GET", desk->base_a, path, reply);
}

static void another_host_is_not_told(void **state)
{
	static const char *const ways[] = {"/away", "/tricky"};
	struct desk desk;

	(void)state;
	open_desk(&desk, redirect_around, redirect_around);
	for (size_t i = 0; i < countof(ways); i++) {
		auto_remote_reply reply = {0};

		assert_ok(ask(&desk, ways[i], &reply));
		assert_int_equal(reply.status, 200);
		assert_true(reply.elsewhere);
		server_expect(&desk.a, 1, OURS, true);
		server_expect(&desk.b, 1, "our-secret", false);
		assert_int_equal(server_count(&desk.a) + server_count(&desk.b), 2);
	}
	close_desk(&desk);
}

static void the_same_host_is_told_again(void **state)
{
	auto_remote_reply here = {0}, round = {0}, loud = {0};
	struct desk desk;

	(void)state;
	open_desk(&desk, redirect_around, redirect_around);
	assert_ok(ask(&desk, "/here", &here));
	assert_int_equal(here.status, 200);
	assert_memory_equal(here.body.data, "here", 4);
	assert_false(here.elsewhere);
	server_expect(&desk.a, 1, "GET /here ", true);
	server_expect(&desk.a, 2, "GET /blob ", true);
	server_expect(&desk.a, 2, OURS, true);
	autofree char *url = format("%s/blob", desk.base_a);
	assert_string_equal(here.url, url);
	assert_ok(ask(&desk, "/round", &round));
	assert_false(round.elsewhere);
	server_expect(&desk.b, 1, "our-secret", false);
	server_expect(&desk.a, 2, OURS, true);
	autofree char *base = format("http://localhost:%d", desk.a.port);
	assert_ok(ask_as(&desk, "GET", base, "/loud", &loud));
	assert_int_equal(loud.status, 200);
	server_expect(&desk.a, 2, OURS, true);
	close_desk(&desk);
}

static void redirects_have_an_end(void **state)
{
	auto_remote_reply ever = {0}, ftp = {0}, post = {0}, head = {0};
	struct desk desk;

	(void)state;
	open_desk(&desk, redirect_around, redirect_around);
	assert_error(ask(&desk, "/ever", &ever), ERROR_INVALID, "stopped after 5 redirects");
	assert_int_equal(server_count(&desk.a), 6);
	assert_error(ask(&desk, "/ftp", &ftp), ERROR_FORBIDDEN, "ftp://");
	assert_int_equal(server_count(&desk.a), 1);
	assert_ok(ask_as(&desk, "POST", desk.base_a, "/here", &post));
	assert_int_equal(post.status, 307);
	assert_int_equal(server_count(&desk.a), 1);
	assert_ok(ask_as(&desk, "HEAD", desk.base_a, "/here", &head));
	assert_int_equal(head.status, 200);
	server_expect(&desk.a, 2, "HEAD /blob ", true);
	close_desk(&desk);
}

/* -- a registry that wants to know who asks -- */

static void want_basic(struct server *server, int number, const char *request, int fd)
{
	struct desk *desk = server->context;
	const char *basic = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"";

	(void)number;
	if (asks_for(request, "/v2/a/never") || (asks_for(request, "/v2/a/") && server == &desk->b))
		server_say(fd, basic, "", 0);
	else if (asks_for(request, "/v2/a/silent"))
		server_say(fd, "401 Unauthorized", "", 0);
	else if (asks_for(request, "/v2/a/away"))
		send_to(fd, desk->base_b, "/v2/a/blob");
	else if (strstr(request, "Authorization: Basic YW5uOnMzY3JldA==\r\n"))
		server_say(fd, "200 OK", "here", 4);
	else
		server_say(fd, basic, "", 0);
}

struct talk {
	struct desk *desk;
	bool reached; /* an address that answers */
};

static struct error *perform(struct remote_registry *registry, const char *method, const char *path,
			     const struct source *body, int *status)
{
	struct remote_request request = {.method = method, .body = body, .body_size = body ? 4 : 0};
	auto_remote_reply reply = {0};
	struct error *e = remote_registry_perform(registry, &request, path, &reply);

	*status = reply.status;
	return e;
}

static struct error *speak_with(struct desk *desk, struct talk *talk,
				fallible (*speak)(void *context, struct remote_registry *registry))
{
	autofree char *domain = format("127.0.0.1:%d", desk->a.port);
	const struct remote_session session = {.credentials = &ann};
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = domain,
		.path = "a",
		.actions = AUTH_PULL,
		.speak = speak,
		.context = talk,
	};

	talk->desk = desk;
	struct error *e = remote_registry_each(&conversation);
	if (!e && !talk->reached)
		fail_msg("nobody was spoken to");
	return e;
}

static fallible speak_basic(void *context, struct remote_registry *registry)
{
	struct talk *talk = context;
	struct desk *desk = talk->desk;
	struct memory_source memory = {"body", 4, 0}, again = memory;
	const struct source body = {read_memory, &memory}, second = {read_memory, &again};
	int status;

	TRY(remote_registry_ping(registry)); /* it is no TLS that is spoken there */
	talk->reached = true;
	assert_ok(perform(registry, "PUT", "a/blob", &body, &status));
	assert_int_equal(status, 401);
	assert_int_equal(server_count(&desk->a), 1);
	assert_ok(perform(registry, "PUT", "a/blob", &second, &status));
	assert_int_equal(status, 200);
	server_expect(&desk->a, 2, "\r\n\r\nbody", true);
	server_forget(&desk->a);
	assert_ok(perform(registry, "GET", "a/blob", NULL, &status));
	assert_int_equal(status, 200);
	assert_int_equal(server_count(&desk->a), 1);
	server_forget(&desk->a);
	assert_ok(perform(registry, "GET", "a/never", NULL, &status));
	assert_int_equal(status, 401);
	assert_int_equal(server_count(&desk->a), 2);
	server_forget(&desk->a);
	assert_error(perform(registry, "GET", "a/silent", NULL, &status), ERROR_UNAUTHORIZED, "");
	assert_int_equal(server_count(&desk->a), 1);
	server_forget(&desk->a);
	assert_error(perform(registry, "GET", "a/away", NULL, &status), ERROR_UNAUTHORIZED, "");
	assert_int_equal(server_count(&desk->a), 1);
	assert_int_equal(server_count(&desk->b), 1);
	server_expect(&desk->b, 1, "Authorization", false);
	return NULL;
}

static fallible speak_once(void *context, struct remote_registry *registry)
{
	struct talk *talk = context;
	int status;

	TRY(remote_registry_ping(registry));
	talk->reached = true;
	assert_ok(perform(registry, "GET", "a/blob", NULL, &status));
	assert_int_equal(status, 200);
	assert_int_equal(server_count(&talk->desk->a), 2);
	server_expect(&talk->desk->a, 1, "Authorization", false);
	server_expect(&talk->desk->a, 2, "Authorization: Basic YW5uOnMzY3JldA==", true);
	return NULL;
}

static void who_is_asked_says_it_once(void **state)
{
	struct desk desk;
	struct talk first = {0}, second = {0};

	(void)state;
	open_desk(&desk, want_basic, want_basic);
	assert_ok(speak_with(&desk, &first, speak_once));
	server_forget(&desk.a);
	assert_ok(speak_with(&desk, &second, speak_basic));
	close_desk(&desk);
}

/* Two requests are refused before the answer to either is given. */
static void want_bearer(struct server *server, int number, const char *request, int fd)
{
	struct desk *desk = server->context;
	autofree char *head = format(
		"401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"%s/token\"", desk->base_b);

	(void)number;
	if (strstr(request, "Authorization: Bearer T\r\n")) {
		server_say(fd, "200 OK", "here", 4);
		return;
	}
	for (int i = 0; i < 100 && server_count(server) < 2; i++)
		usleep(10000);
	server_say(fd, head, "", 0);
}

struct half {
	struct remote_registry *registry;
	int status;
	struct error *e;
};

static void *half_main(void *context)
{
	struct half *half = context;

	half->e = perform(half->registry, "GET", "a/blob", NULL, &half->status);
	return NULL;
}

static fallible speak_twice(void *context, struct remote_registry *registry)
{
	struct talk *talk = context;
	struct half halves[2] = {{.registry = registry}, {.registry = registry}};
	pthread_t threads[2];

	TRY(remote_registry_ping(registry));
	talk->reached = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, half_main, &halves[i]), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_ok(halves[i].e);
		assert_int_equal(halves[i].status, 200);
	}
	return NULL;
}

static void two_threads_need_one_token(void **state)
{
	struct desk desk;
	struct talk talk = {0};

	(void)state;
	open_desk(&desk, want_bearer, give_token);
	assert_ok(speak_with(&desk, &talk, speak_twice));
	assert_int_equal(server_count(&desk.b), 1);
	server_expect(&desk.b, 1, "scope=repository%3Aa%3Apull", true);
	close_desk(&desk);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_documents_are_read),
		cmocka_unit_test(the_token_is_for_what_is_asked),
		cmocka_unit_test(each_gets_what_he_asks_for),
		cmocka_unit_test(the_realm_is_in_tls_as_the_registry),
		cmocka_unit_test(another_host_is_not_told),
		cmocka_unit_test(the_same_host_is_told_again),
		cmocka_unit_test(redirects_have_an_end),
		cmocka_unit_test(who_is_asked_says_it_once),
		cmocka_unit_test(two_threads_need_one_token),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
