#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dockerd_config.h"
#include "memory.h"

static char path[] = "/tmp/dockerd-config-XXXXXX";

static void write_config(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Flags, then the file at `path` with this content. The caller frees the error. */
static struct error *configure(struct dockerd_config *config, const char *file, const char *flag)
{
	const char *words[] = {"mini-dockerd", "--config-file", path, flag, NULL};
	char **argv = (char **)words;
	struct error *e = dockerd_config_read_flags(config, flag ? 4 : 3, argv);

	write_config(file);
	return e ? e : dockerd_config_complete(config);
}

static void test_flags_and_file_together(void **state)
{
	(void)state;
	auto_dockerd_config config = {0};
	autoerror e = configure(&config,
				"{\"data-root\":\"/d\",\"hosts\":[\"unix:///a\",\"tcp://b:1\"],"
				"\"log-level\":\"warn\",\"registry-mirrors\":[\"http://m\"]}",
				"--exec-root=/e");

	assert_null(e);
	assert_string_equal(config.data_root, "/d");
	assert_string_equal(config.exec_root, "/e");
	assert_string_equal(config.pidfile, "/e/mini-dockerd.pid");
	assert_int_equal(config.hosts.count, 2);
	assert_string_equal(config.hosts.items[1], "tcp://b:1");
	assert_string_equal(config.mirrors.items[0], "http://m");
	assert_int_equal(config.log_level, LOG_LEVEL_WARN);
}

static void test_defaults(void **state)
{
	(void)state;
	auto_dockerd_config config = {0};
	autoerror e = configure(&config, "{}", "-D");

	assert_null(e);
	assert_int_equal(config.hosts.count, 1);
	assert_string_equal(config.hosts.items[0], DOCKERD_DEFAULT_HOST);
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *file, *flag, *message;
	} rows[] = {
		{"{\"color\":1,\"size\":2}", NULL,
		 "the following directives don't match any configuration option: color, size"},
		{"{\"debug\":false,\"hosts\":[]}", "-D",
		 "the following directives are specified both as a flag and in the configuration "
		 "file: debug: (from flag: true, from file: false)"},
		{"{\"labels\":[\"a=b\",\"c=d\"]}", "--label=x=y",
		 "labels: (from flag: [x=y], from file: [a=b c=d])"},
		{"{\"shutdown-timeout\":3}", "--shutdown-timeout=0",
		 "shutdown-timeout: (from flag: 0, from file: 3)"},
		{"{\"shutdown-timeout\":\"x\"}", NULL, "the member 'shutdown-timeout' must be"},
		{"{\"shutdown-timeout\":-2}", NULL, "invalid shutdown timeout: -2"},
		{"{\"labels\":[\"a=b\",\"a=c\"]}", NULL, "conflict labels for a=b and a=c"},
		{"{\"bip\":\"10.0.0.1/8\"}", NULL,
		 "the following directives are not built into this mini-docker yet: bip"},
		{"{\"storage-opts\":[]}", NULL,
		 "the following directives are not built into this mini-docker yet: storage-opts"},
		{"{\"hosts\":\"unix:///x\"}", NULL, "the member 'hosts' must be an array"},
		{"{\"debug\":\"yes\"}", NULL, "the member 'debug' must be true or false"},
		{"[]", NULL, "it must be a JSON object"},
		{"{\"debug\":", NULL, "is not valid JSON"},
		{"{\"log-level\":\"loud\"}", NULL, "invalid logging level: loud"},
		{"{\"data-root\":\"d\"}", NULL, "must be absolute paths"},
		{"{\"init-path\":\"tini\"}", NULL, "the path of the init 'tini' must be absolute"},
		{"{\"init\":1}", NULL, "the member 'init' must be true or false"},
		{"{}", "--label=x", "bad attribute format: x"},
		{"{}", "--iptables=false", "--iptables is not built into this mini-docker yet"},
		{"{}", "--frobnicate", "unknown flag: --frobnicate"},
		{"{}", "serve", "\"mini-dockerd\" accepts no arguments"},
		{"{}", "--storage-driver=btrfs", "driver not supported: btrfs"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		auto_dockerd_config config = {0};
		autoerror e = configure(&config, rows[i].file, rows[i].flag);

		if (!e)
			fail_msg("%s %s was accepted", rows[i].file, rows[i].flag);
		if (!strstr(e->message, rows[i].message))
			fail_msg("'%s' does not say '%s'", e->message, rows[i].message);
	}
}

static void test_a_named_file_must_be_there(void **state)
{
	(void)state;
	auto_dockerd_config config = {0};
	const char *words[] = {"mini-dockerd", "--config-file=/nonexistent/daemon.json", NULL};
	char **argv = (char **)words;

	assert_null(dockerd_config_read_flags(&config, 2, argv));
	autoerror e = dockerd_config_complete(&config);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "/nonexistent/daemon.json"));
}

static int make_file(void **state)
{
	(void)state;
	int fd = mkstemp(path);

	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags_and_file_together),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_a_named_file_must_be_there),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
