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

static void test_proxies_are_settings_by_flag_and_in_an_object(void **state)
{
	(void)state;
	auto_dockerd_config config = {0}, both = {0}, wrong = {0};
	autoerror e = configure(&config, "{\"proxies\":{\"https-proxy\":\"http://p:1\"}}",
				"--http-proxy=http://q:2");

	assert_null(e);
	autojson *settings = dockerd_config_settings(&config);
	assert_string_equal(json_string_at(settings, "https-proxy", NULL), "http://p:1");
	assert_string_equal(json_string_at(settings, "http-proxy", NULL), "http://q:2");
	assert_null(json_object_get(settings, "no-proxy"));
	autoerror twice = configure(&both, "{\"proxies\":{\"no-proxy\":\"a\"}}", "--no-proxy=b");
	assert_non_null(strstr(twice->message, "no-proxy: (from flag: b, from file: a)"));
	autoerror kind = configure(&wrong, "{\"proxies\":[]}", NULL);
	assert_non_null(strstr(kind->message, "must be an object"));
}

/* What a daemon.json of Docker's may have: known to mean nothing here, or off anyway. */
static void test_what_is_let_pass(void **state)
{
	(void)state;
	auto_dockerd_config config = {0};
	autoerror e =
		configure(&config,
			  "{\"userland-proxy-path\":\"/usr/bin/docker-proxy\","
			  "\"firewall-backend\":\"nftables\",\"containerd\":\"/run/"
			  "c.sock\",\"iptables\":false,\"bridge\":\"none\","
			  "\"userland-proxy\":false,\"raw-logs\":true,\"selinux-enabled\":false}",
			  "--ipv6=false");

	assert_null(e);
}

static void test_defaults_of_containers(void **state)
{
	(void)state;
	auto_dockerd_config config = {0};
	autoerror e =
		configure(&config,
			  "{\"default-shm-size\":\"32m\",\"runtimes\":{\"crun\":{\"path\":"
			  "\"crun\",\"runtimeArgs\":[\"--debug\"]}},\"default-runtime\":\"crun\","
			  "\"no-new-privileges\":true,\"features\":{\"cdi\":false}}",
			  "--default-ulimit=nofile=100:200");

	assert_null(e);
	autojson *settings = dockerd_config_settings(&config);
	autofree char *limits = json_text(json_object_get(settings, "default-ulimits"));
	assert_string_equal(limits, "[{\"Name\":\"nofile\",\"Hard\":200,\"Soft\":100}]");
	assert_int_equal(json_integer_value(json_object_get(settings, "default-shm-size")),
			 32 << 20);
	assert_string_equal(json_string_at(settings, "runtimes", "crun", "path", NULL), "crun");
	assert_string_equal(json_string_at(settings, "default-runtime", NULL), "crun");
	assert_true(json_is_true(json_object_get(settings, "no-new-privileges")));
}

static void test_networks(void **state)
{
	(void)state;
	auto_dockerd_config config = {0}, none = {0};
	autoerror e =
		configure(&config,
			  "{\"bip\":\"10.0.0.1/8\",\"iptables\":false,\"mtu\":1400,"
			  "\"default-address-pools\":[{\"base\":\"10.0.0.0/8\",\"size\":24}]}",
			  "--default-address-pool=base=fd00::/48,size=64");

	assert_non_null(e); /* in both places */
	error_free(e);
	dockerd_config_finish(&config);
	e = configure(&config, "{\"bip\":\"10.0.0.1/8\",\"iptables\":false,\"mtu\":1400}",
		      "--default-address-pool=base=10.0.0.0/8,size=24");
	assert_null(e);
	autojson *settings = dockerd_config_settings(&config);
	autofree char *pools = json_text(json_object_get(settings, "default-address-pools"));
	assert_string_equal(pools, "[{\"base\":\"10.0.0.0/8\",\"size\":24}]");
	assert_string_equal(json_string_at(settings, "bip", NULL), "10.0.0.1/8");
	assert_int_equal(json_integer_value(json_object_get(settings, "mtu")), 1400);
	assert_true(json_is_false(json_object_get(settings, "iptables")));
	assert_true(json_is_true(json_object_get(settings, "icc")));
	assert_true(json_is_false(json_object_get(settings, "ip-forward-no-drop")));
	assert_null(json_object_get(settings, "default-network-opts"));
	autoerror plain = configure(&none, "{}", NULL);
	assert_null(plain);
	autojson *bare = dockerd_config_settings(&none);
	assert_null(json_object_get(bare, "bip"));
	assert_true(json_is_true(json_object_get(bare, "iptables")));
}

static void test_options_of_networks(void **state)
{
	(void)state;
	auto_dockerd_config file = {0}, flag = {0};
	autoerror e = configure(
		&file, "{\"default-network-opts\":{\"bridge\":{\"a\":\"1\"},\"x\":{}}}", NULL);

	assert_null(e);
	autojson *settings = dockerd_config_settings(&file);
	assert_string_equal(json_string_at(settings, "default-network-opts", "bridge", "a", NULL),
			    "1");
	e = configure(&flag, "{}", "--default-network-opt=bridge=a.b=c=d");
	assert_null(e);
	autojson *other = dockerd_config_settings(&flag);
	assert_string_equal(json_string_at(other, "default-network-opts", "bridge", "a.b", NULL),
			    "c=d");
}

static void test_marks_that_are_let_in(void **state)
{
	static const struct {
		const char *text;
		uint32_t value, mask;
	} rows[] = {{"1", 1, UINT32_MAX},
		    {"0x10/0xf0", 16, 240},
		    {"4294967295", UINT32_MAX, UINT32_MAX},
		    {"0/0X1", 0, 1},
		    {"", 0, 0}};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		auto_dockerd_config config = {0};
		autofree char *flag = format("--bridge-accept-fwmark=%s", rows[i].text);
		autoerror e = configure(&config, "{}", flag);

		assert_null(e);
		autojson *settings = dockerd_config_settings(&config);
		json_t *mark = json_object_get(settings, "bridge-accept-fwmark");
		assert_int_equal(json_integer_value(json_object_get(mark, "value")), rows[i].value);
		assert_int_equal(json_integer_value(json_object_get(mark, "mask")), rows[i].mask);
	}
}

static const struct {
	const char *file, *flag, *message;
} refused[] = {
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
	{"{\"node-generic-resources\":[],\"metrics-addr\":\"x\"}", NULL,
	 "the following directives are not built into this mini-docker: "
	 "node-generic-resources "
	 "(chapter 07 brings it), metrics-addr (chapter 07 brings it)"},
	{"{\"cdi-spec-dirs\":[]}", NULL, "not built into this mini-docker: cdi-spec-dirs (give"},
	{"{}", "--cpu-rt-runtime=9",
	 "--cpu-rt-runtime is not built into this mini-docker: control"},
	{"{}", "--cdi-spec-dir", "--cdi-spec-dir is not built into this mini-docker: give"},
	{"{}", "--builder=x", "--builder is not built into this mini-docker: chapter 06 brings it"},
	{"{\"default-address-pools\":{}}", NULL, "must be an array"},
	{"{\"mtu\":\"x\"}", NULL, "the member 'mtu' must be"},
	{"{\"icc\":true}", "--icc=false", "icc: (from flag: false, from file: true)"},
	{"{}", "--default-address-pool=10.0.0.0/8",
	 "invalid default-address-pool argument: 10.0.0.0/8"},
	{"{\"firewall-backend\":\"iptables\"}", NULL, "and never touches iptables"},
	{"{\"bridge-accept-fwmark\":\"x\"}", NULL, "it is MARK or MARK/MASK"},
	{"{\"bridge-accept-fwmark\":1}", NULL, "the member 'bridge-accept-fwmark' must be"},
	{"{}", "--bridge-accept-fwmark=4294967296", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=-1", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=0x", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=1/", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=1/2/3", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=/1", "it is MARK or MARK/MASK"},
	{"{}", "--bridge-accept-fwmark=3/1", "that the mask takes away"},
	{"{}", "--bridge-accept-fwmark=0/0", "the mask 0 lets in everything"},
	{"{}", "--firewall-backend=ipfw", "invalid firewall-backend 'ipfw'"},
	{"{}", "--default-network-opt=bridge=mtu",
	 "invalid argument \"bridge=mtu\" for \"--default-network-opt\" flag: it is "
	 "DRIVER=OPTION=VALUE"},
	{"{}", "--default-network-opt==a=b", "it is DRIVER=OPTION=VALUE"},
	{"{}", "--default-network-opt=bridge==b", "it is DRIVER=OPTION=VALUE"},
	{"{\"default-network-opts\":[]}", NULL, "must be an object"},
	{"{\"default-network-opts\":{\"bridge\":\"a\"}}", NULL,
	 "the options of the driver 'bridge' must be an object"},
	{"{\"default-network-opts\":{\"bridge\":{\"a\":1}}}", NULL,
	 "the option 'a' of the driver 'bridge' must be a text"},
	{"{\"dns\":[\"x\"]}", NULL, "dns: 'x' is not an IP address"},
	{"{\"host-gateway-ip\":\"1.2.3\"}", NULL, "host-gateway-ip: '1.2.3' is not an IP address"},
	{"{\"runtimes\":{\"runc\":{\"path\":\"x\"}}}", NULL, "runtime name 'runc' is reserved"},
	{"{\"runtimes\":{\"a\":{\"runtimeType\":\"x\"}}}", NULL,
	 "the runtime 'a' has a runtimeType"},
	{"{\"runtimes\":{\"a\":{}}}", NULL, "the runtime 'a' has no path"},
	{"{\"runtimes\":[]}", NULL, "the member 'runtimes' must be an object"},
	{"{\"default-runtime\":\"nope\"}", NULL, "specified default runtime 'nope' does not exist"},
	{"{\"default-ulimits\":{\"a\":{\"Name\":\"a\"}}}", NULL, "invalid ulimit type: a"},
	{"{\"default-shm-size\":\"x\"}", NULL, "the member 'default-shm-size'"},
	{"{\"default-shm-size\":true}", NULL, "must be a size"},
	{"{\"default-ipc-mode\":\"host\"}", NULL,
	 "invalid value 'host' for default-ipc-mode: it takes private or shareable"},
	{"{\"log-format\":\"xml\"}", NULL, "for log-format: it takes text or json"},
	{"{\"max-concurrent-downloads\":-1}", NULL,
	 "invalid max concurrent downloads: -1: it is not negative"},
	{"{\"max-download-attempts\":0}", NULL, "invalid max download attempts: 0"},
	{"{\"oom-score-adjust\":2000}", NULL, "invalid oom score adjust: 2000"},
	{"{\"features\":{\"a\":1}}", NULL, "the feature 'a' must be true or false"},
	{"{\"seccomp-profile\":\"/nonexistent/p\"}", NULL,
	 "opening seccomp profile (/nonexistent/p) failed"},
	{"{\"runtimes\":{}}", "--add-runtime=a=b", "runtimes: (from flag: [a=b], from file: {})"},
	{"{}", "--add-runtime=a", "invalid runtime argument: a"},
	{"{}", "--default-ulimit=nofile=3:2",
	 "invalid argument \"nofile=3:2\" for \"--default-ulimit\" flag: ulimit soft "
	 "limit"},
	{"{}", "--feature=x", "invalid feature argument: x"},
	{"{\"hosts\":\"unix:///x\"}", NULL, "the member 'hosts' must be an array"},
	{"{\"debug\":\"yes\"}", NULL, "the member 'debug' must be true or false"},
	{"[]", NULL, "it must be a JSON object"},
	{"{\"debug\":", NULL, "is not valid JSON"},
	{"{\"log-level\":\"loud\"}", NULL, "invalid logging level: loud"},
	{"{\"data-root\":\"d\"}", NULL, "must be absolute paths"},
	{"{\"init-path\":\"tini\"}", NULL, "the path of the init 'tini' must be absolute"},
	{"{\"init\":1}", NULL, "the member 'init' must be true or false"},
	{"{}", "--label=x", "bad attribute format: x"},
	{"{}", "--storage-opt=dm.basesize=1g",
	 "error initializing graphdriver: overlay2: unknown option dm.basesize=1g"},
	{"{\"storage-opts\":[\"overlay2.size=much\"]}", NULL,
	 "error initializing graphdriver: --storage-opt overlay2.size=much: invalid size: "
	 "'much'"},
	{"{}", "--rootless", "start it with mini-dockerd-rootless"},
	{"{}", "--frobnicate", "unknown flag: --frobnicate"},
	{"{}", "serve", "\"mini-dockerd\" accepts no arguments"},
	{"{}", "--storage-driver=btrfs", "driver not supported: btrfs"},
};

static void test_what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(refused); i++) {
		auto_dockerd_config config = {0};
		autoerror e = configure(&config, refused[i].file, refused[i].flag);

		if (!e)
			fail_msg("%s %s was accepted", refused[i].file, refused[i].flag);
		if (!strstr(e->message, refused[i].message))
			fail_msg("'%s' does not say '%s'", e->message, refused[i].message);
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
		cmocka_unit_test(test_proxies_are_settings_by_flag_and_in_an_object),
		cmocka_unit_test(test_what_is_let_pass),
		cmocka_unit_test(test_defaults_of_containers),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_options_of_networks),
		cmocka_unit_test(test_marks_that_are_let_in),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_a_named_file_must_be_there),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
