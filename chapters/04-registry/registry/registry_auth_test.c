#include <crypt.h>
#include <jansson.h>

#include "registry_talk_test.h"

/* alice may push to a, everybody who has logged in may pull from it. */
static int open_users(void **state)
{
	open_bench(state);
	struct bench *bench = *state;
	autofree char *users = format("%s/users", bench->path);
	autofree char *access = format("%s/access", bench->path);
	struct crypt_data data = {0};
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	int64_t repository;

	crypt_gensalt_rn("$2b$", 4, NULL, 0, salt, sizeof(salt));
	autofree char *hash = duplicate(crypt_r("secret", salt, &data));
	autofree char *lines = format("alice:%s\nbob:%s\n", hash, hash);
	const char rules[] = "alice a pull,push\n* a pull\n";
	assert_ok(file_write_atomic(AT_FDCWD, users, lines, strlen(lines), 0600, NOT_DURABLE));
	assert_ok(file_write_atomic(AT_FDCWD, access, rules, strlen(rules), 0600, NOT_DURABLE));
	assert_ok(registry_store_create(bench->registry->store, "a", &repository));
	return 0;
}

static int close_users(void **state)
{
	struct bench *bench = *state;

	registry_auth_close(steal(&bench->registry->auth));
	return close_bench(state);
}

static void protect(struct bench *bench, bool tokens)
{
	static char users[96], access[96];
	const struct registry_auth_options options = {
		.htpasswd = users, .access = access, .realm = "here", .own_tokens = tokens};

	snprintf(users, sizeof(users), "%s/users", bench->path);
	snprintf(access, sizeof(access), "%s/access", bench->path);
	assert_ok(registry_auth_open(&options, bench->path, &bench->registry->auth));
}

/* scheme NULL: no credentials. */
static char *ask(struct bench *bench, const char *method, const char *target, const char *scheme,
		 const char *credentials)
{
	autofree char *request =
		scheme ? format("%s %s HTTP/1.1\r\nHost: h:5000\r\nAuthorization: %s %s\r\n",
				method, target, scheme, credentials)
		       : format("%s %s HTTP/1.1\r\nHost: h:5000\r\n", method, target);

	return answer_to(bench->registry, request);
}

static char *basic(const char *user, const char *password)
{
	autofree char *text = format("%s:%s", user, password);

	return base64_encode(text, strlen(text));
}

static void assert_answer(struct bench *bench, const char *method, const char *target,
			  const char *scheme, const char *credentials, const char *part)
{
	autofree char *answer = ask(bench, method, target, scheme, credentials);

	assert_says(answer, part);
}

#define TAGS   "/v2/a/tags/list"
#define UPLOAD "/v2/a/blobs/uploads/"

static void without_users_everybody_may_do_everything(void **state)
{
	struct bench *bench = *state;

	assert_answer(bench, "GET", "/v2/", NULL, NULL, "200 OK");
	assert_answer(bench, "POST", UPLOAD, NULL, NULL, "202 ");
	assert_answer(bench, "GET", "/token", NULL, NULL, "this registry gives no tokens");
}

static void with_users_each_request_shows_who_asks(void **state)
{
	struct bench *bench = *state;
	autofree char *alice = basic("alice", "secret"), *bob = basic("bob", "secret"),
		      *wrong = basic("alice", "Secret"), *nobody = basic("carol", "secret");

	protect(bench, false);
	assert_answer(bench, "GET", "/v2/", NULL, NULL, "401 ");
	assert_answer(bench, "GET", "/v2/", NULL, NULL, "WWW-Authenticate: Basic realm=\"here\"");
	assert_answer(bench, "GET", "/v2/", "Basic", wrong, "401 ");
	assert_answer(bench, "GET", "/v2/", "Basic", nobody, "401 ");
	assert_answer(bench, "GET", "/v2/", "Basic", "not base64 at all", "401 ");
	assert_answer(bench, "GET", "/v2/", "Bearer", alice, "401 ");
	assert_answer(bench, "GET", "/v2/", "basic", alice, "200 OK");
	assert_answer(bench, "GET", "/healthz", NULL, NULL, "200 OK");
	assert_answer(bench, "GET", TAGS, "Basic", bob, "200 OK");
	assert_answer(bench, "POST", UPLOAD, "Basic", bob, "403 ");
	assert_answer(bench, "POST", UPLOAD, "Basic", alice, "202 ");
	assert_answer(bench, "GET", "/v2/b/tags/list", "Basic", alice, "\"DENIED\"");
}

/* The token of an answer of /token. */
static char *token_for(struct bench *bench, const char *who, const char *scope)
{
	autofree char *target = format("/token?service=mini-registry&scope=%s", scope);
	autofree char *answer = ask(bench, "GET", target, "Basic", who);
	const char *body = strstr(answer, "\r\n\r\n");

	assert_says(answer, "200 OK");
	assert_says(answer, "Cache-Control: no-store");
	autojson *json = json_loads(body + 4, 0, NULL);
	assert_non_null(json);
	return duplicate(json_string_at(json, "token", NULL));
}

static void a_token_says_what_may_be_done_and_no_more(void **state)
{
	struct bench *bench = *state;
	autofree char *alice = basic("alice", "secret"), *bob = basic("bob", "secret"),
		      *wrong = basic("bob", "x");

	protect(bench, true);
	assert_answer(
		bench, "GET", TAGS, NULL, NULL,
		"WWW-Authenticate: Bearer realm=\"http://h:5000/token\",service=\"mini-registry"
		"\",scope=\"repository:a:pull\"");
	assert_answer(bench, "GET", TAGS, "Basic", alice, "401 "); /* a password is no token */
	assert_answer(bench, "GET", "/token", "Basic", wrong, "401 ");
	assert_answer(bench, "GET", "/token", "Basic", wrong, "Basic realm=\"here\"");

	autofree char *pull = token_for(bench, alice, "repository:a:pull");
	assert_answer(bench, "GET", TAGS, "Bearer", pull, "200 OK");
	assert_answer(bench, "POST", UPLOAD, "Bearer", pull, "error=\"insufficient_scope\"");
	autofree char *push = token_for(bench, alice, "repository:a:pull,push");
	assert_answer(bench, "POST", UPLOAD, "Bearer", push, "202 ");
	/* What bob asks for is one thing, what he may do another. */
	autofree char *much = token_for(bench, bob, "repository:a:pull,push,delete");
	assert_answer(bench, "GET", TAGS, "Bearer", much, "200 OK");
	assert_answer(bench, "POST", UPLOAD, "Bearer", much, "error=\"insufficient_scope\"");
	/* The signature covers all of it. */
	pull[strlen(pull) / 2] ^= 1;
	assert_answer(bench, "GET", TAGS, "Bearer", pull, "401 ");
}

static void a_form_is_another_way_to_ask_for_a_token(void **state)
{
	struct bench *bench = *state;
	static const struct {
		const char *form, *part;
	} rows[] = {
		{"grant_type=password&username=alice&password=secret&scope=repository:a:pull",
		 "\"access_token\""},
		{"grant_type=password&username=ali%63e&password=secr%65t", "200 OK"},
		{"grant_type=password&username=alice&password=", "401 "},
		{"grant_type=refresh_token&refresh_token=x", "the only grant_type here"},
		{"grant_type=password&username=%zz", "400 "},
		{"", "the only grant_type here"},
	};

	protect(bench, true);
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *request =
			format("POST /token HTTP/1.1\r\nHost: h\r\nContent-Length: "
			       "%zu\r\n\r\n%s",
			       strlen(rows[i].form), rows[i].form);
		autofree char *answer = answer_to(bench->registry, request);

		assert_says(answer, rows[i].part);
	}
}

#define with_users(test) cmocka_unit_test_setup_teardown(test, open_users, close_users)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_users(without_users_everybody_may_do_everything),
		with_users(with_users_each_request_shows_who_asks),
		with_users(a_token_says_what_may_be_done_and_no_more),
		with_users(a_form_is_another_way_to_ask_for_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
