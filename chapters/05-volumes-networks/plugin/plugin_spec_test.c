#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "plugin_spec.h"

/* run/ has sockets; etc/ and lib/ have files. The test is in the folder of these. */
static const char *const sockets[] = {"run", NULL};
static const char *const files[] = {"etc", "lib", NULL};
static const struct plugin_folders folders = {sockets, files};

static int make_folders(void **state)
{
	char *top = duplicate("/tmp/plugin-spec-test.XXXXXX");

	*state = top;
	return !mkdtemp(top) || chdir(top) < 0 || mkdir("run", 0755) < 0 ||
	       mkdir("etc", 0755) < 0 || mkdir("lib", 0755) < 0;
}

static int remove_folders(void **state)
{
	int left = chdir("/") < 0;

	error_free(tree_remove(AT_FDCWD, *state));
	free(*state);
	return left;
}

static void put_file(const char *path, const char *text)
{
	autoerror e = file_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, NOT_DURABLE);

	assert_null(e);
}

static void put_socket(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(name.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
}

/* Its address, or what was wrong. The caller frees. */
static char *where(const char *name)
{
	auto_plugin_spec spec = {0};
	autoerror e = plugin_spec_find(&folders, name, &spec);

	return duplicate(e ? e->message : spec.address.text);
}

static void assert_where(const char *name, const char *expected)
{
	autofree char *text = where(name);

	assert_string_equal(text, expected);
}

static void the_first_in_dockers_order_is_taken(void **state)
{
	(void)state;
	assert_where("a", "plugin \"a\" not found");
	put_file("lib/a.json", "{\"Name\": \"other\", \"Addr\": \"tcp://lib.json:1\"}");
	assert_where("a", "tcp://lib.json:1");
	put_file("lib/a.spec", " tcp://lib.spec:1 \n");
	assert_where("a", "tcp://lib.spec:1");
	assert_int_equal(mkdir("etc/a", 0755), 0);
	put_file("etc/a/a.spec", "unix:///etc.sock\n");
	assert_where("a", "unix:///etc.sock");
	put_file("run/a.sock", "no socket");
	assert_where("a", "unix:///etc.sock");
	assert_int_equal(mkdir("run/a", 0755), 0);
	put_socket("run/a/a.sock");
	assert_where("a", "unix://run/a/a.sock");
}

static void names_do_not_lead_out(void **state)
{
	(void)state;
	put_file("secret.spec", "tcp://secret:1");
	put_file("etc/.hidden.spec", "tcp://secret:1");
	assert_where("../secret", "plugin \"../secret\" not found");
	assert_where(".hidden", "plugin \".hidden\" not found");
	assert_where("", "plugin \"\" not found");
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *host, *port;
		bool tls;
	} rows[] = {
		{"http://one", "one", "80", false},
		{"https://two/docker/plugin", "two", "443", true},
		{"https://three:8443/", "three", "8443", true},
		{"https://[::1]:9", "::1", "9", true},
		{"http://[::1]", "::1", "80", false},
		{"tcp://four:7", "four", "7", false},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_plugin_spec spec = {0};
		autoerror e = plugin_spec_read(rows[i].text, &spec);

		assert_null(e);
		assert_string_equal(spec.address.host, rows[i].host);
		assert_string_equal(spec.address.port, rows[i].port);
		assert_int_equal(spec.tls, rows[i].tls);
		assert_int_equal(spec.verify, rows[i].tls);
	}
}

static void files_that_make_no_sense_are_told(void **state)
{
	static const struct {
		const char *name, *text, *words;
	} rows[] = {
		{"etc/b.spec", "gopher://x", "invalid address 'gopher://x'"},
		{"etc/c.spec", "", "invalid address ''"},
		{"etc/d.json", "{", "d.json"},
		{"etc/e.json", "{}", "invalid address ''"},
		{"etc/f.json", "{\"Addr\": \"tcp://x:1\", \"TLSConfig\": {\"CAFile\": \"/x\"}}",
		 "write https://"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		char name[] = {rows[i].name[4], '\0'};

		put_file(rows[i].name, rows[i].text);
		autofree char *text = where(name);
		assert_non_null(strstr(text, rows[i].words));
		assert_non_null(strstr(text, rows[i].name));
	}
}

/* As Docker: with a CA it is verified, a TLSConfig without one believes anybody. */
static void tls(void **state)
{
	static const struct {
		const char *config;
		bool verify;
	} rows[] = {
		{"{\"CAFile\": \"/ca\", \"CertFile\": \"/cert\", \"KeyFile\": \"/key\"}", true},
		{"{\"CAFile\": \"/ca\", \"InsecureSkipVerify\": true}", false},
		{"{\"CertFile\": \"/cert\"}", false},
		{"null", true},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *text =
			format("{\"Addr\": \"https://x:1\", \"TLSConfig\": %s}", rows[i].config);
		auto_plugin_spec spec = {0};

		put_file("etc/t.json", text);
		autoerror e = plugin_spec_find(&folders, "t", &spec);
		assert_null(e);
		assert_true(spec.tls);
		assert_int_equal(spec.verify, rows[i].verify);
		if (i == 0)
			assert_string_equal(spec.key, "/key");
	}
}

static void all_names(void **state)
{
	(void)state;
	put_socket("run/z.sock");
	assert_int_equal(mkdir("etc/m", 0755) | mkdir("etc/empty", 0755), 0);
	put_file("etc/m/m.json", "{}");
	put_file("lib/m.spec", "x");
	put_file("lib/b.spec", "x");
	put_file("lib/.spec", "x");
	put_file("lib/README", "x");
	autojson *names = plugin_spec_names(&folders);
	autofree char *text = json_text(names);
	assert_string_equal(text, "[\"b\",\"m\",\"z\"]");
}

#define in_folders(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folders(the_first_in_dockers_order_is_taken),
		in_folders(names_do_not_lead_out),
		cmocka_unit_test(addresses),
		in_folders(files_that_make_no_sense_are_told),
		in_folders(tls),
		in_folders(all_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
