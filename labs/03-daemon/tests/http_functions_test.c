/*
 * http_functions_test - functions of the lab, called alone: http_functions_test NAME
 *
 * What is in a request: its target, and the row of a table that is for it. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <sys/socket.h>

#include "http_connection.h"
#include "http_message.h"
#include "http_route.h"
#include "images_test.h"

#define PATIENCE 8 /* seconds */

/* It is refused as this class; `what` names the case. */
static void assert_refused(const char *what, struct error *e, enum error_class class)
{
	if (!e)
		fail_msg("%s: it must be refused", what);
	assert_error(e, class, "");
}

/* -- section 3.3: routes -- */

static fallible tell(void *context, struct http_exchange *ex)
{
	autofree char *text = format("%s|%d|%s", ex->route->path, ex->version, ex->path);

	(void)context;
	return error_new(ERROR_CONFLICT, "%s", text);
}

static const struct route things[] = {
	{"GET", "/things", tell, "3.3"},           {"GET", "/things/json", tell, "3.3"},
	{"GET", "/things/{id}/json", tell, "3.3"}, {"POST", "/things/{id}/start", tell, "3.3"},
	{"DELETE", "/things/{id}", tell, "3.3"},   {"GET", "/things/{id}/part/{part}", tell, "3.3"},
	{"GET", "/files/{name}.tar", tell, "3.3"}, {0},
};
static const struct route names[] = {
	{"GET", "/names/{first}/of/{second}/end", tell, "3.3"},
	{"GET", "/names/{name...}/json", tell, "3.3"},
	{"DELETE", "/names/{name...}", tell, "3.3"},
	{"GET", "/copy/{from...}/to/{to...}", tell, "3.3"},
	{0},
};
static const struct route *const tables[] = {things, names, NULL};

struct found {
	const char *method, *path;
	const char *pattern; /* NULL: no row */
	const char *values;  /* "id=abc part=x" */
};

static void assert_found(const struct found *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct http_fields fields = {0};
		autobuffer values = {0};
		const struct route *row =
			http_route_find(tables, rows[i].method, rows[i].path, &fields);

		buffer_append_string(&values, "");
		for (size_t n = 0; n < fields.count; n++)
			buffer_printf(&values, "%s%s=%s", n ? " " : "", fields.items[n].name,
				      fields.items[n].value);
		assert_text(rows[i].path, row ? row->path : "no row",
			    rows[i].pattern ? rows[i].pattern : "no row");
		assert_text(rows[i].path, values.data ? values.data : "", rows[i].values);
		http_fields_finish(&fields);
	}
}

static void a_path_finds_its_row(void **state)
{
	static const struct found rows[] = {
		{"GET", "/things", "/things", ""},
		{"GET", "/things/json", "/things/json", ""},
		{"GET", "/things/abc/json", "/things/{id}/json", "id=abc"},
		{"GET", "/things/json/json", "/things/{id}/json", "id=json"},
		{"POST", "/things/abc/start", "/things/{id}/start", "id=abc"},
		{"DELETE", "/things/abc", "/things/{id}", "id=abc"},
		{"GET", "/things/a/part/b", "/things/{id}/part/{part}", "id=a part=b"},
		{"GET", "/", NULL, ""},
		{"GET", "/thing", NULL, ""},
		{"GET", "/things/", NULL, ""},
		{"GET", "/thingsjson", NULL, ""},
		{"GET", "/things/abc/json/", NULL, ""},
		{"GET", "/things//json", NULL, ""},
		{"GET", "/things/a/b/json", NULL, ""},
		{"DELETE", "/things/", NULL, ""},
		{"DELETE", "/things/a/b", NULL, ""},
		{"PATCH", "/things/abc", NULL, ""},
		{"get", "/things", NULL, ""},
	};

	(void)state;
	assert_found(rows, countof(rows));
}

static void names_may_have_slashes(void **state)
{
	static const struct found rows[] = {
		{"GET", "/names/box/json", "/names/{name...}/json", "name=box"},
		{"GET", "/names/host:5000/a/b:c/json", "/names/{name...}/json",
		 "name=host:5000/a/b:c"},
		{"GET", "/names/json/json", "/names/{name...}/json", "name=json"},
		{"GET", "/names/a/json/json", "/names/{name...}/json", "name=a/json"},
		{"DELETE", "/names/a/b", "/names/{name...}", "name=a/b"},
		{"GET", "/names/json", NULL, ""},
		{"GET", "/names//json", NULL, ""},
		{"DELETE", "/names/", NULL, ""},
	};

	(void)state;
	assert_found(rows, countof(rows));
}

static void what_does_not_fit_leaves_nothing(void **state)
{
	static const struct found rows[] = {
		{"GET", "/names/a/of/b/json", "/names/{name...}/json", "name=a/of/b"},
		{"GET", "/names/a/of/b/end", "/names/{first}/of/{second}/end", "first=a second=b"},
		{"GET", "/names/a/of/b/c", NULL, ""},
		{"GET", "/things/a/part/", NULL, ""},
		{"GET", "/files/a.tar", "/files/{name}.tar", "name=a"},
		{"GET", "/files/a.tar.tar", "/files/{name}.tar", "name=a.tar"},
		{"GET", "/files/.tar", NULL, ""},
		{"GET", "/files/a/b.tar", NULL, ""},
		{"GET", "/copy/x/to/y/to/z", "/copy/{from...}/to/{to...}", "from=x/to/y to=z"},
		{"GET", "/copy/x/to/", NULL, ""},
	};

	(void)state;
	assert_found(rows, countof(rows));
}

/* The message of what a router answers to a GET of this target: all comes at once, and then the
 * end. */
static char *ask(const struct http_router *router, const char *target)
{
	autofree char *request = format("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
	char answer[4096] = "";
	int ends[2];
	size_t length = 0;
	ssize_t n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	autoclose int mine = ends[1];
	assert_int_equal(write(mine, request, strlen(request)), strlen(request));
	shutdown(mine, SHUT_WR);
	struct http_connection *c = http_connection_create(ends[0]);
	http_router_serve((void *)router, c);
	http_connection_destroy(c);
	while ((n = recv(mine, answer + length, sizeof(answer) - 1 - length, 0)) > 0)
		length += n;
	const char *message = strstr(answer, "\"message\":\"");
	if (!message)
		fail_msg("GET %s: an answer without a message: %s", target, answer);
	message += strlen("\"message\":\"");
	return duplicate_range(message, strcspn(message, "\""));
}

struct asked {
	const char *target, *message;
};

static void assert_told(const struct http_router *router, const struct asked *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *message = ask(router, rows[i].target);

		assert_text(rows[i].target, message, rows[i].message);
	}
}

static const struct http_router versioned = {
	.tables = tables,
	.version_least = 24,
	.version_most = 50,
};

#define TOO_NEW(v) "client version " v " is too new. Maximum supported API version is 1.50"
#define TOO_OLD(v)                                                                                 \
	"client version " v " is too old. Minimum supported API version is 1.24, please upgrade "  \
	"your client to a newer version"

static void a_version_is_taken_off(void **state)
{
	static const struct asked rows[] = {
		{"/things", "/things|50|/things"},
		{"/v1.24/things", "/things|24|/things"},
		{"/v1.43/things/json", "/things/json|43|/things/json"},
		{"/v1.50/things/v1.43/json", "/things/{id}/json|50|/things/v1.43/json"},
		{"/v1.51/things", TOO_NEW("1.51")},
		{"/v2.30/things", TOO_NEW("2.30")},
		{"/v1.100/things", TOO_NEW("1.100")},
		{"/v1.23/things", TOO_OLD("1.23")},
		{"/v1.9/things", TOO_OLD("1.9")},
		{"/v0.30/things", TOO_OLD("0.30")},
		{"/v1.43/moon", "page not found"},
	};

	(void)state;
	assert_told(&versioned, rows, countof(rows));
}

static void what_is_no_version_is_a_path(void **state)
{
	static const struct asked rows[] = {
		{"/v1/things", TOO_OLD("1")},        {"/v1.43", "page not found"},
		{"/v/things", "page not found"},     {"/v1.43x/things", "page not found"},
		{"/x1.43/things", "page not found"}, {"/1.43/things", "page not found"},
	};
	static const struct asked plain[] = {
		{"/things", "/things|0|/things"},
		{"/v1.43/things", "page not found"},
	};
	static const struct http_router unversioned = {.tables = tables};

	(void)state;
	assert_told(&versioned, rows, countof(rows));
	assert_told(&unversioned, plain, countof(plain));
}

/* -- section 3.2: targets -- */

static void bytes_are_unescaped(void **state)
{
	static const struct {
		const char *text, *path, *query; /* NULL: refused */
	} rows[] = {
		{"", "", ""},
		{"abc", "abc", "abc"},
		{"a%20b", "a b", "a b"},
		{"%41%7a%7A", "Azz", "Azz"},
		{"%2f%2F%25", "//%", "//%"},
		{"a+b%2B", "a+b+", "a b+"},
		{"%c3%BC", "\xc3\xbc", "\xc3\xbc"},
		{"%", NULL, NULL},
		{"%4", NULL, NULL},
		{"a%4", NULL, NULL},
		{"%4g", NULL, NULL},
		{"%g4", NULL, NULL},
		{"% 41", NULL, NULL},
		{"a%00b", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < 2 * countof(rows); i++) {
		bool plus = i % 2;
		const char *text = rows[i / 2].text;
		const char *wanted = plus ? rows[i / 2].query : rows[i / 2].path;
		autofree char *plain = NULL;
		struct error *e = http_unescape(text, strlen(text), plus, &plain);

		if (!wanted) {
			assert_refused(text, e, ERROR_INVALID);
			continue;
		}
		assert_ok(e);
		assert_text(text, plain, wanted);
	}
	autofree char *part = NULL;
	assert_refused("%4, and then 1", http_unescape("%41", 2, false, &part), ERROR_INVALID);
	assert_ok(http_unescape("a%41b", 4, false, &part));
	assert_text("four bytes of a%41b", part, "aA");
}

static void bytes_are_escaped(void **state)
{
	static const struct {
		const char *text, *with_slash, *without;
	} rows[] = {
		{"aZ09-._~", "aZ09-._~", "aZ09-._~"},
		{"a/b", "a/b", "a%2Fb"},
		{"a b+c&d=e?f%", "a%20b%2Bc%26d%3De%3Ff%25", "a%20b%2Bc%26d%3De%3Ff%25"},
		{"\n\xff", "%0A%FF", "%0A%FF"},
	};
	autobuffer target = {0};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer kept = {0}, all = {0};

		http_escape(&kept, rows[i].text, true);
		http_escape(&all, rows[i].text, false);
		assert_text("with slashes kept", kept.data, rows[i].with_slash);
		assert_text("with slashes escaped", all.data, rows[i].without);
	}
	buffer_append_string(&target, "/things");
	http_query_add(&target, "none", NULL);
	http_query_add(&target, "a b", "c/d");
	http_query_add(&target, "what", "?");
	http_query_add(&target, "empty", "");
	assert_text("a target", target.data, "/things?a%20b=c%2Fd&what=%3F&empty=");
}

static void a_target_is_cut_first(void **state)
{
	static const struct {
		const char *target, *path, *query; /* [name=value] each */
	} rows[] = {
		{"/", "/", ""},
		{"/a%3Fb/c+d", "/a?b/c+d", ""},
		{"/a?", "/a", ""},
		{"/a?x=1&y=2", "/a", "[x=1][y=2]"},
		{"/a?x", "/a", "[x=]"},
		{"/a?=1", "/a", "[=1]"},
		{"/a?x=1=2", "/a", "[x=1=2]"},
		{"/a?x=a%26y%3D2&z=1+2", "/a", "[x=a&y=2][z=1 2]"},
		{"/a?&&x=1&", "/a", "[x=1]"},
		{"/a?x=1#y=2", "/a", "[x=1]"},
		{"/a?x=b/c?d", "/a", "[x=b/c?d]"},
		{"/a#x?y=2", "/a", ""},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_http_request request = {.target = duplicate(rows[i].target)};
		autobuffer query = {0};

		assert_ok(http_request_split_target(&request));
		for (size_t n = 0; n < request.query.count; n++)
			buffer_printf(&query, "[%s=%s]", request.query.items[n].name,
				      request.query.items[n].value);
		assert_text(rows[i].target, request.path, rows[i].path);
		assert_text(rows[i].target, query.data ? query.data : "", rows[i].query);
	}
}

static void a_target_has_limits(void **state)
{
	static const char *const bad[] = {"", "a", "*", "http://x/", "/%", "/a?%zz=1", "/a?x=%0"};
	autobuffer most = {0};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		auto_http_request request = {.target = duplicate(bad[i])};

		assert_refused(bad[i], http_request_split_target(&request), ERROR_INVALID);
	}
	buffer_append_string(&most, "/?");
	for (int i = 0; i < HTTP_HEADERS_LIMIT * 10; i++)
		buffer_append_string(&most, "x&");
	auto_http_request full = {.target = duplicate(most.data)};
	assert_ok(http_request_split_target(&full));
	assert_int_equal(full.query.count, HTTP_HEADERS_LIMIT * 10);
	buffer_append_string(&most, "x");
	auto_http_request over = {.target = buffer_take(&most)};
	assert_refused("1001 parameters", http_request_split_target(&over), ERROR_TOO_LARGE);
	char text[300];
	memset(text, 'y', sizeof(text));
	text[250] = '%';
	autofree char *plain = NULL;
	autoerror e = http_unescape(text, sizeof(text), false, &plain);
	assert_non_null(e);
	const char *first = strchr(strchr(e->message, '"'), 'y');
	assert_non_null(first);
	if (strspn(first, "y") != 200)
		fail_msg("%zu bytes of a bad text are shown, not 200", strspn(first, "y"));
}

static void words_of_a_list(void **state)
{
	static const struct {
		const char *list, *word;
		bool has;
	} rows[] = {
		{"close", "close", true},
		{"keep-alive, Upgrade", "upgrade", true},
		{"keep-alive,\tUPGRADE", "Upgrade", true},
		{" , close ,", "close", true},
		{"keep-alive", "keep", false},
		{"keep", "keep-alive", false},
		{"not-close", "close", false},
		{"", "close", false},
		{"closed, unclose", "close", false},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct http_fields fields = {0};

		http_fields_add(&fields, "Connection", rows[i].list);
		if (http_fields_has_word(&fields, "connection", rows[i].word) != rows[i].has)
			fail_msg("is '%s' a word of '%s'? it must be %d", rows[i].word,
				 rows[i].list, rows[i].has);
		http_fields_finish(&fields);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_its_row),
		cmocka_unit_test(names_may_have_slashes),
		cmocka_unit_test(what_does_not_fit_leaves_nothing),
		cmocka_unit_test(a_version_is_taken_off),
		cmocka_unit_test(what_is_no_version_is_a_path),
		cmocka_unit_test(bytes_are_unescaped),
		cmocka_unit_test(bytes_are_escaped),
		cmocka_unit_test(a_target_is_cut_first),
		cmocka_unit_test(a_target_has_limits),
		cmocka_unit_test(words_of_a_list),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
