/*
 * wire_functions_test - functions of the lab, called alone: wire_functions_test NAME
 *
 * What texts on the wire mean: names, ranges, scopes, challenges. Run by the lab's bats tests
 * (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */

#include "auth_challenge.h"
#include "auth_scope.h"
#include "content_range.h"
#include "registry_test.h"
#include "repository_name.h"

#define PATIENCE 8 /* seconds */

/* -- section 4.1: names -- */

static void assert_names(const char *const *names, size_t count, bool valid)
{
	for (size_t i = 0; i < count; i++)
		if (repository_name_is_valid(names[i]) != valid)
			fail_msg("'%s' is %s as the name of a repository", names[i],
				 valid ? "refused" : "taken");
}

static void repositories_have_names(void **state)
{
	static const char *const good[] = {
		"a",    "busybox", "library/busybox", "0/1/2", "a.b", "a_b", "a__b",
		"a-b",  "a---b",   "a.b/c__d/e---f",  "a1b2",  "0",   "z9",  "a-b.c_d__e",
		"a/b/c"};
	static const char *const bad[] = {"",      "A",        "a/B",  "a b", "a:b", "a@b",
					  "a%2fb", "a+b",      "a\nb", "/a",  "a/",  "a//b",
					  "/",     "\xc3\xa4", "a~",   "a,b", "a\\b"};
	(void)state;
	assert_names(good, countof(good), true);
	assert_names(bad, countof(bad), false);
	assert_ok(repository_name_check("a/b"));
	assert_error(repository_name_check("A"), ERROR_INVALID, "'A'");
}

static void what_leads_elsewhere_is_no_name(void **state)
{
	static const char *const bad[] = {"..",     ".",    "a/..", "../a",  "a/../b", "a/./b",
					  "a/.",    ".a",   "a.",   "a/.b",  "a./b",   "a..b",
					  "_a",     "a_",   "-a",   "a-",    "a___b",  "a_-b",
					  "a-_b",   "a.-b", "a-.b", "a._b",  "a/_b",   "a/b-",
					  "a____b", "__a",  "a__",  "a_._b", "a/b/-",  "a__/b"};
	char name[REPOSITORY_NAME_LIMIT + 2];

	(void)state;
	assert_names(bad, countof(bad), false);
	memset(name, 'a', sizeof(name));
	name[REPOSITORY_NAME_LIMIT] = '\0';
	assert_true(repository_name_is_valid(name));
	name[REPOSITORY_NAME_LIMIT] = 'a';
	name[REPOSITORY_NAME_LIMIT + 1] = '\0';
	assert_false(repository_name_is_valid(name));
}

/* -- section 4.3: ranges -- */

struct range_row {
	const char *text;
	bool good;
	int64_t first, last, total;
};

static void assert_range(const struct range_row *row, struct error *e,
			 const struct content_range *range)
{
	if (!e != row->good)
		fail_msg("'%s' is %s", row->text, e ? e->message : "taken for a range");
	if (e)
		assert_error(e, ERROR_INVALID, row->text);
	else if (range->first != row->first || range->last != row->last)
		fail_msg("'%s' is %lld to %lld", row->text, (long long)range->first,
			 (long long)range->last);
}

static void a_chunk_says_where_it_begins(void **state)
{
	static const struct range_row rows[] = {
		{"0-0", true, 0, 0, 0},
		{"0-1023", true, 0, 1023, 0},
		{"1024-2047", true, 1024, 2047, 0},
		{"bytes 5-9/*", true, 5, 9, 0},
		{"bytes 5-9/10", true, 5, 9, 0},
		{"BYTES 5-9/10", true, 5, 9, 0},
		{.text = ""},
		{.text = "-"},
		{.text = "5"},
		{.text = "5-"},
		{.text = "-5"},
		{.text = "9-5"},
		{.text = "5-9/10"},
		{.text = "bytes 5-9"},
		{.text = "bytes=5-9"},
		{.text = "0-9 "},
		{.text = " 0-9"},
		{.text = "0 - 9"},
		{.text = "+0-9"},
		{.text = "0-9x"},
		{.text = "0x0-0x9"},
		{.text = "0-9,20-29"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct content_range range;

		assert_range(&rows[i], content_range_parse_chunk(rows[i].text, &range), &range);
	}
	struct content_range range;
	assert_code(content_range_parse_chunk("x", &range), distribution_upload_invalid);
}

static void an_answer_says_which_part_it_has(void **state)
{
	static const struct range_row rows[] = {
		{"bytes 0-0/1", true, 0, 0, 1},
		{"bytes 512-1023/1024", true, 512, 1023, 1024},
		{"bytes 5-9/*", true, 5, 9, -1},
		{"Bytes 5-9/10", true, 5, 9, 10},
		{.text = ""},
		{.text = "5-9/10"},
		{.text = "bytes 5-9"},
		{.text = "bytes 5-9/"},
		{.text = "bytes 9-5/10"},
		{.text = "bytes 5-10/10"},
		{.text = "bytes 5-11/10"},
		{.text = "bytes */10"},
		{.text = "bytes 5-9/10 "},
		{.text = "bytes 5-9/10x"},
		{.text = "bytes -5/10"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct content_range range;
		int64_t total = 7;
		struct error *e = content_range_parse_part(rows[i].text, &range, &total);

		if (!e)
			assert_int_equal(total, rows[i].total);
		assert_range(&rows[i], e, &range);
	}
}

struct ask_row {
	const char *text;
	int64_t size;
	enum range_answer answer;
	int64_t first, last;
};

static void assert_asked(const struct ask_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct content_range part = {0};
		enum range_answer answer = content_range_ask(rows[i].text, rows[i].size, &part);

		if (answer != rows[i].answer)
			fail_msg("'%s' of %lld bytes is answered %d, not %d", rows[i].text,
				 (long long)rows[i].size, answer, rows[i].answer);
		if (answer == RANGE_PART &&
		    (part.first != rows[i].first || part.last != rows[i].last))
			fail_msg("'%s' of %lld bytes is %lld to %lld", rows[i].text,
				 (long long)rows[i].size, (long long)part.first,
				 (long long)part.last);
	}
}

static void a_client_asks_for_a_part(void **state)
{
	static const struct ask_row rows[] = {
		{NULL, 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-0", 10, RANGE_PART, 0, 0},
		{"bytes=2-4", 10, RANGE_PART, 2, 4},
		{"bytes=2-", 10, RANGE_PART, 2, 9},
		{"bytes=9-", 10, RANGE_PART, 9, 9},
		{"bytes=9-9", 10, RANGE_PART, 9, 9},
		{"bytes=2-9", 10, RANGE_PART, 2, 9},
		{"bytes=2-10", 10, RANGE_PART, 2, 9},
		{"bytes=2-99", 10, RANGE_PART, 2, 9},
		{"Bytes=2-4", 10, RANGE_PART, 2, 4},
		{"bytes=-3", 10, RANGE_PART, 7, 9},
		{"bytes=-10", 10, RANGE_PART, 0, 9},
		{"bytes=-99", 10, RANGE_PART, 0, 9},
		{"bytes=10-", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=10-12", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=99-", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=-0", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=0-", 0, RANGE_UNSATISFIED, 0, 0},
		{"bytes=4-2", 10, RANGE_WHOLE, 0, 0},
		{"bytes=12-11", 10, RANGE_WHOLE, 0, 0},
		{"bytes=", 10, RANGE_WHOLE, 0, 0},
		{"bytes=-", 10, RANGE_WHOLE, 0, 0},
		{"bytes=a-", 10, RANGE_WHOLE, 0, 0},
		{"bytes=2", 10, RANGE_WHOLE, 0, 0},
		{"bytes=2-4x", 10, RANGE_WHOLE, 0, 0},
		{"bytes=2-x", 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0},
		{"2-4", 10, RANGE_WHOLE, 0, 0},
		{"lines=2-4", 10, RANGE_WHOLE, 0, 0},
	};

	(void)state;
	assert_asked(rows, countof(rows));
}

static void positions_have_an_end(void **state)
{
	static const struct ask_row rows[] = {
		{"bytes=9223372036854775807-", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=9223372036854775808-", 10, RANGE_WHOLE, 0, 0},
		{"bytes=2-9223372036854775807", 10, RANGE_PART, 2, 9},
		{"bytes=2-18446744073709551618", 10, RANGE_WHOLE, 0, 0},
		{"bytes=18446744073709551617-", 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-36893488147419103232", 10, RANGE_WHOLE, 0, 0},
	};
	struct content_range range;

	(void)state;
	assert_asked(rows, countof(rows));
	assert_ok(content_range_parse_chunk("9223372036854775807-9223372036854775807", &range));
	assert_int_equal(range.first, INT64_MAX);
	assert_error(content_range_parse_chunk("0-9223372036854775808", &range), ERROR_INVALID, "");
	assert_error(content_range_parse_chunk("0-99999999999999999999", &range), ERROR_INVALID,
		     "");
	assert_error(content_range_parse_chunk("18446744073709551616-18446744073709551617", &range),
		     ERROR_INVALID, "");
}

/* -- section 4.5: scopes -- */

static void a_scope_is_read_from_both_ends(void **state)
{
	static const struct {
		const char *text, *type, *name; /* NULL: no scope */
		unsigned actions;
	} rows[] = {
		{"repository:team/app:pull", "repository", "team/app", AUTH_PULL},
		{"repository:a:pull,push", "repository", "a", AUTH_PULL | AUTH_PUSH},
		{"repository:a:push,delete,pull", "repository", "a",
		 AUTH_PULL | AUTH_PUSH | AUTH_DELETE},
		{"repository:host:5000/a:pull", "repository", "host:5000/a", AUTH_PULL},
		{"repository(plugin):a:pull", "repository", "a", AUTH_PULL},
		{"registry:catalog:*", "registry", "catalog", AUTH_ALL},
		{"repository:a:", "repository", "a", 0},
		{"repository:a:fly,pull", "repository", "a", AUTH_PULL},
		{"repository:a:PULL", "repository", "a", 0},
		{"r:n:pull", "r", "n", AUTH_PULL},
		{"", NULL, NULL, 0},
		{"repository", NULL, NULL, 0},
		{"repository:a", NULL, NULL, 0},
		{"repository::pull", NULL, NULL, 0},
		{":a:pull", NULL, NULL, 0},
		{"(plugin):a:pull", NULL, NULL, 0},
		{"::", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_auth_scope scope = {0};
		struct error *e = auth_scope_parse(rows[i].text, &scope);

		if (!e != !!rows[i].type)
			fail_msg("'%s' is %s", rows[i].text, e ? e->message : "taken for a scope");
		if (e) {
			assert_error(e, ERROR_INVALID, rows[i].text);
			assert_null(scope.type);
			assert_null(scope.name);
			continue;
		}
		assert_text(rows[i].text, scope.type, rows[i].type);
		assert_text(rows[i].text, scope.name, rows[i].name);
		assert_int_equal(scope.actions, rows[i].actions);
	}
}

static void less_does_not_cover_more(void **state)
{
	(void)state;
	assert_true(auth_actions_cover(AUTH_PULL | AUTH_PUSH, AUTH_PUSH));
	assert_true(auth_actions_cover(AUTH_PULL | AUTH_PUSH, AUTH_PULL | AUTH_PUSH));
	assert_true(auth_actions_cover(AUTH_ALL, AUTH_PULL | AUTH_PUSH | AUTH_DELETE));
	assert_true(auth_actions_cover(AUTH_ALL, AUTH_ALL));
	assert_false(auth_actions_cover(AUTH_PULL, AUTH_PULL | AUTH_PUSH));
	assert_false(auth_actions_cover(AUTH_PULL, AUTH_PUSH));
	assert_false(auth_actions_cover(0, AUTH_PULL));
	assert_false(auth_actions_cover(AUTH_PULL | AUTH_PUSH | AUTH_DELETE, AUTH_ALL));
}

/* -- section 4.5: challenges -- */

static void a_challenge_is_taken_apart(void **state)
{
	static const struct {
		const char *header;
		enum auth_scheme scheme;
		const char *realm, *service, *scope, *error; /* NULL: none */
	} rows[] = {
		{"Basic realm=\"x\"", AUTH_BASIC, "x", NULL, NULL, NULL},
		{"basic realm=x", AUTH_BASIC, "x", NULL, NULL, NULL},
		{"Basic", AUTH_BASIC, NULL, NULL, NULL, NULL},
		{"Bearer realm=\"https://r/t\",service=\"s\",scope=\"repository:a:pull,push\"",
		 AUTH_BEARER, "https://r/t", "s", "repository:a:pull,push", NULL},
		{"bearer REALM=\"https://r/t\" , Service=s , ERROR=invalid_token", AUTH_BEARER,
		 "https://r/t", "s", NULL, "invalid_token"},
		{"Bearer realm = \"r\",\tservice\t=\t\"s\"", AUTH_BEARER, "r", "s", NULL, NULL},
		{"Bearer realm=\"a \\\"b\\\" \\\\ c\"", AUTH_BEARER, "a \"b\" \\ c", NULL, NULL,
		 NULL},
		{"Bearer realm=\"r\",realm=\"other\"", AUTH_BEARER, "r", NULL, NULL, NULL},
		{"Bearer realm=\"\"", AUTH_BEARER, "", NULL, NULL, NULL},
		{"Bearer realm=\"r\",charset=\"UTF-8\",x=y", AUTH_BEARER, "r", NULL, NULL, NULL},
		{"Basic realm=\"x\", Bearer realm=\"r\",service=\"s\"", AUTH_BEARER, "r", "s", NULL,
		 NULL},
		{"Bearer realm=\"r\",service=\"s\", Basic realm=\"x\"", AUTH_BEARER, "r", "s", NULL,
		 NULL},
		{"Negotiate, Basic realm=\"x\"", AUTH_BASIC, "x", NULL, NULL, NULL},
		{"Digest realm=\"d\",nonce=\"n, Bearer realm=q\", Basic realm=\"x\"", AUTH_BASIC,
		 "x", NULL, NULL, NULL},
		{"Basic realm=\"x\", Basic realm=\"y\"", AUTH_BASIC, "x", NULL, NULL, NULL},
		{", ,Bearer ,realm=\"r\",,", AUTH_BEARER, "r", NULL, NULL, NULL},
		{"  Bearer realm=\"r\"  ", AUTH_BEARER, "r", NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_auth_challenge got = {0};

		assert_ok(error_wrap(auth_challenge_parse(rows[i].header, &got), "refused"));
		const char *const found[] = {got.realm, got.service, got.scope, got.error};
		const char *const wanted[] = {rows[i].realm, rows[i].service, rows[i].scope,
					      rows[i].error};
		assert_int_equal(got.scheme, rows[i].scheme);
		for (size_t k = 0; k < countof(found); k++)
			assert_text(rows[i].header, found[k] ? found[k] : "none",
				    wanted[k] ? wanted[k] : "none");
	}
}

static void what_is_no_challenge_is_refused(void **state)
{
	static const char *const headers[] = {
		"",
		" , ",
		"Negotiate",
		"Digest realm=\"d\"",
		"Bearer",
		"Bearer service=\"s\"",
		"Bearer realm=\"r",
		"Bearer realm=\"r\\",
		"Bearer realm=\"r\\\"",
		"Bearer realm=",
		"Bearer realm=\"r\",service=",
		"Bearer realm=\"r\",service=\"s",
		"Basic realm=\"x\" \"y\"",
		"\"Basic\" realm=\"x\"",
		"Basic realm=\"x\";q=1",
		"(Basic) realm=x",
	};

	(void)state;
	for (size_t i = 0; i < countof(headers); i++) {
		struct auth_challenge got = {0};
		struct error *e = auth_challenge_parse(headers[i], &got);

		if (!e)
			fail_msg("'%s' is taken for a challenge", headers[i]);
		assert_error(e, ERROR_INVALID, "");
		assert_null(got.realm);
		assert_null(got.service);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repositories_have_names),
		cmocka_unit_test(what_leads_elsewhere_is_no_name),
		cmocka_unit_test(a_chunk_says_where_it_begins),
		cmocka_unit_test(an_answer_says_which_part_it_has),
		cmocka_unit_test(a_client_asks_for_a_part),
		cmocka_unit_test(positions_have_an_end),
		cmocka_unit_test(a_scope_is_read_from_both_ends),
		cmocka_unit_test(less_does_not_cover_more),
		cmocka_unit_test(a_challenge_is_taken_apart),
		cmocka_unit_test(what_is_no_challenge_is_refused),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
