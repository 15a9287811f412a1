#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "client.h"
#include "context_store.h"
#include "dial.h"
#include "endpoint.h"
#include "file.h"
#include "memory.h"

static char folder[] = "/tmp/endpoint-test-XXXXXX";

static void add_context(const char *name, const char *host)
{
	autojson *meta = json_pack("{s:s, s:{}, s:{s:{s:s, s:b}}}", "Name", name, "Metadata",
				   "Endpoints", "docker", "Host", host, "SkipTLSVerify", 0);

	assert_null(context_store_write(folder, name, meta));
}

static void expect(const struct endpoint_flags *flags, const char *context, const char *host)
{
	struct endpoint endpoint;
	autoerror e = endpoint_choose(folder, flags, &endpoint);

	assert_null(e);
	assert_string_equal(endpoint.context, context);
	assert_string_equal(endpoint.host, host);
	endpoint_finish(&endpoint);
}

static void test_who_decides(void **state)
{
	const struct endpoint_flags none = {0}, host = {.host = "tcp://flag:1"},
				    context = {.context = "one"};

	(void)state;
	add_context("one", "tcp://one:1");
	add_context("two", "tcp://two:2");
	expect(&none, "default", CLIENT_DEFAULT_HOST);
	assert_null(context_store_choose(folder, "two"));
	expect(&none, "two", "tcp://two:2");
	setenv("DOCKER_CONTEXT", "one", 1);
	expect(&none, "one", "tcp://one:1");
	setenv("DOCKER_HOST", "tcp://variable:1", 1);
	expect(&none, "default", "tcp://variable:1");
	expect(&context, "one", "tcp://one:1");
	expect(&host, "default", "tcp://flag:1");
	unsetenv("DOCKER_HOST");
	unsetenv("DOCKER_CONTEXT");
	assert_null(context_store_choose(folder, NULL));
	expect(&none, "default", CLIENT_DEFAULT_HOST);
}

static void test_keys_of_a_context(void **state)
{
	const struct endpoint_flags flags = {.context = "keys"};
	struct endpoint endpoint;

	(void)state;
	add_context("keys", "tcp://far:2376");
	assert_null(context_store_tls_write(folder, "keys", "ca.pem", "x", 1));
	assert_null(endpoint_choose(folder, &flags, &endpoint));
	assert_true(endpoint.tls && endpoint.verify);
	assert_non_null(endpoint.ca);
	assert_null(endpoint.key);
	endpoint_finish(&endpoint);
	assert_null(context_store_remove(folder, "keys"));
	autoerror e = endpoint_choose(folder, &flags, &endpoint);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "context \"keys\": context not found"));
	endpoint_finish(&endpoint);
}

static void test_names(void **state)
{
	static const char *const good[] = {"ab", "a.b-c_d+e", "9x"};
	static const char *const bad[] = {"", "a", ".a", "a/b", "a b", "-x"};

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_null(context_name_check(good[i]));
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = context_name_check(bad[i]);

		assert_non_null(e);
	}
}

/* The command line for a host, in one line; the caller frees. NULL: it is refused. */
static char *line_for(const char *host)
{
	const struct endpoint endpoint = {.host = (char *)host};
	struct dial dial;
	autobuffer line = {0};
	autoerror e = dial_prepare(&dial, &endpoint, "docker");

	for (size_t i = 0; dial.program[i]; i++)
		buffer_printf(&line, "%s%s", i ? " " : "", dial.program[i]);
	dial_finish(&dial);
	return e ? NULL : buffer_take(&line);
}

static void test_ssh(void **state)
{
	static const struct {
		const char *host, *line;
	} rows[] = {
		{"ssh://h", "ssh -o ConnectTimeout=30 -T -- h docker system dial-stdio"},
		{"ssh://me@h:22",
		 "ssh -o ConnectTimeout=30 -T -l me -p 22 -- h docker system dial-stdio"},
		{"ssh://h/run/d.sock", "ssh -o ConnectTimeout=30 -T -- h docker --host "
				       "unix:///run/d.sock system dial-stdio"},
		{"ssh://", NULL},
		{"ssh://me:word@h", NULL},
		{"ssh://-oProxyCommand=x", NULL},
		{"ssh://me@-x", NULL},
		{"ssh://h/a b", NULL},
		{"ssh://h/$(x)", NULL},
		{"unix:///x", ""},
		{"ftp://x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *line = line_for(rows[i].host);

		if (rows[i].line)
			assert_string_equal(line, rows[i].line);
		else
			assert_null(line);
	}
}

static int make_folder(void **state)
{
	static const char *const variables[] = {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS",
						"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"};
	(void)state;

	for (size_t i = 0; i < countof(variables); i++)
		unsetenv(variables[i]);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	error_free(tree_remove(AT_FDCWD, folder));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_decides),
		cmocka_unit_test(test_keys_of_a_context),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ssh),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
