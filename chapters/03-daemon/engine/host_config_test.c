#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host_config.h"
#include "json.h"
#include "memory.h"

static json_t *made(const char *text, json_t *warnings)
{
	json_t *request, *config = NULL;

	assert_null(json_parse(text, strlen(text), "test", &request));
	assert_null(host_config_make(request, NULL, &config, warnings));
	json_decref(request);
	return config;
}

static json_int_t integer_of(const char *text, const char *member)
{
	autojson *warnings = json_array(), *config = made(text, warnings);

	return json_integer_value(json_object_get(config, member));
}

static void defaults_are_dockers(void **state)
{
	autojson *warnings = json_array(), *config = made("{}", warnings);

	(void)state;
	assert_string_equal(json_string_at(config, "NetworkMode", NULL), "bridge");
	assert_string_equal(json_string_at(config, "RestartPolicy", "Name", NULL), "no");
	assert_string_equal(json_string_at(config, "IpcMode", NULL), "private");
	assert_string_equal(json_string_at(config, "Runtime", NULL), "runc");
	assert_int_equal(json_integer_value(json_object_get(config, "ShmSize")), 64 << 20);
	assert_true(json_is_null(json_object_get(config, "PidsLimit")));
	assert_int_equal(json_array_size(warnings), 0);
	json_t *nothing = NULL;
	assert_null(host_config_make(NULL, NULL, &nothing, warnings));
	assert_true(json_equal(nothing, config));
	json_decref(nothing);
}

static void the_daemons_defaults_come_before_dockers(void **state)
{
	autojson *warnings = json_array(), *config = NULL;
	autojson *defaults = json_loads(
		"{\"default-shm-size\":4096,\"default-ipc-mode\":\"shareable\","
		"\"default-cgroupns-mode\":\"host\",\"default-runtime\":\"crun\",\"runtimes\":"
		"{\"crun\":{\"path\":\"crun\"}},\"default-ulimits\":[{\"Name\":\"core\",\"Soft\":0,"
		"\"Hard\":0},{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}]}",
		0, NULL);
	autojson *request = json_loads(
		"{\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":7,\"Hard\":7}],\"IpcMode\":\"none\"}",
		0, NULL);

	(void)state;
	assert_null(host_config_make(request, defaults, &config, warnings));
	assert_string_equal(json_string_at(config, "IpcMode", NULL), "none");
	assert_string_equal(json_string_at(config, "CgroupnsMode", NULL), "host");
	assert_string_equal(json_string_at(config, "Runtime", NULL), "crun");
	assert_int_equal(json_integer_value(json_object_get(config, "ShmSize")), 4096);
	autofree char *limits = json_text(json_object_get(config, "Ulimits"));
	assert_string_equal(limits, "[{\"Name\":\"nofile\",\"Soft\":7,\"Hard\":7},"
				    "{\"Name\":\"core\",\"Soft\":0,\"Hard\":0}]");
}

static void limits_complete_each_other(void **state)
{
	(void)state;
	assert_int_equal(integer_of("{\"Memory\":16777216}", "MemorySwap"), 33554432);
	assert_int_equal(integer_of("{\"Memory\":16777216,\"MemorySwap\":-1}", "MemorySwap"), -1);
	assert_int_equal(integer_of("{\"PidsLimit\":7}", "PidsLimit"), 7);
	assert_int_equal(integer_of("{\"PidsLimit\":-1}", "PidsLimit"), 0);
}

static const struct {
	const char *request;
	enum error_class class;
	const char *message; /* its beginning */
} refused[] = {
	{"{\"StorageOpt\":{\"size\":\"big\"}}", ERROR_INVALID, "invalid size: 'big'"},
	{"{\"StorageOpt\":{\"speed\":\"1\"}}", ERROR_INVALID, "Unknown option speed"},
	{"{\"Memory\":1}", ERROR_INVALID, "Minimum memory limit allowed is 6MB"},
	{"{\"Memory\":16777216,\"MemorySwap\":8388608}", ERROR_INVALID,
	 "Minimum memoryswap limit should be larger than memory limit, see usage"},
	{"{\"MemorySwap\":8388608}", ERROR_INVALID,
	 "You should always set the Memory limit when using Memoryswap limit, see usage"},
	{"{\"MemorySwappiness\":101}", ERROR_INVALID,
	 "invalid value: 101, valid memory swappiness range is 0-100"},
	{"{\"NanoCpus\":1,\"CpuPeriod\":1000}", ERROR_INVALID,
	 "Conflicting options: Nano CPUs and CPU Period cannot both be set"},
	{"{\"NanoCpus\":99000000000000}", ERROR_INVALID, "range of CPUs is from 0.01 to "},
	{"{\"CpuPeriod\":1}", ERROR_INVALID, "CPU cfs period can not be less than 1ms"},
	{"{\"CpusetCpus\":\"x\"}", ERROR_INVALID, "Invalid value x for cpuset cpus"},
	{"{\"BlkioWeight\":1}", ERROR_INVALID, "Range of blkio weight is from 10 to 1000"},
	{"{\"OomScoreAdj\":2000}", ERROR_INVALID,
	 "Invalid value 2000, range for oom score adj is [-1000, 1000]"},
	{"{\"ShmSize\":-1}", ERROR_INVALID, "SHM size can not be less than 0"},
	{"{\"CapAdd\":[\"NOPE\"]}", ERROR_INVALID,
	 "invalid CapAdd: unknown capability: \"CAP_NOPE\""},
	{"{\"SecurityOpt\":[\"nope=1\"]}", ERROR_INVALID, "invalid --security-opt: \"nope=1\""},
	{"{\"IpcMode\":\"nope\"}", ERROR_INVALID, "invalid IPC mode: nope"},
	{"{\"PidMode\":\"container:\"}", ERROR_INVALID, "invalid PID mode: container:"},
	{"{\"RestartPolicy\":{\"Name\":\"sometimes\"}}", ERROR_INVALID,
	 "invalid restart policy: unknown policy 'sometimes'; use one of"},
	{"{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":\"always\"}}", ERROR_INVALID,
	 "can't create 'AutoRemove' container with restart policy"},
	{"{\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":2}}", ERROR_INVALID,
	 "invalid restart policy: maximum retry count can only be used with 'on-failure'"},
	{"{\"Runtime\":\"nope\"}", ERROR_INVALID, "unknown or invalid runtime name: nope"},
	{"{\"Init\":\"yes\"}", ERROR_INVALID, "invalid JSON: HostConfig.Init must be"},
	{"{\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":9,\"Hard\":1}]}", ERROR_INVALID,
	 "ulimit soft limit must be less than or equal to hard limit: 9 > 1"},
	{"{\"DeviceRequests\":[{\"Count\":\"all\"}]}", ERROR_INVALID,
	 "invalid JSON: DeviceRequest.Count must be"},
	{"{\"DeviceRequests\":[{\"Capabilities\":[[\"gpu\"],[1]]}]}", ERROR_INVALID,
	 "invalid JSON: DeviceRequest.Capabilities must be an array of arrays of strings"},
	{"{\"Binds\":\"x\"}", ERROR_INVALID,
	 "invalid JSON: HostConfig.Binds must be an array of strings"},
};

static void what_cannot_be_is_refused_in_dockers_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(refused); i++) {
		autojson *request = json_loads(refused[i].request, 0, NULL);
		autojson *warnings = json_array();
		json_t *config = NULL;
		autoerror e = host_config_make(request, NULL, &config, warnings);

		assert_non_null(request);
		if (!e)
			fail_msg("accepted: %s", refused[i].request);
		assert_int_equal(e->class, refused[i].class);
		if (strncmp(e->message, refused[i].message, strlen(refused[i].message)) != 0)
			fail_msg("%s: %s", refused[i].request, e->message);
		assert_null(config);
	}
}

static void published_ports_are_kept(void **state)
{
	autojson *warnings = json_array();
	autojson *config =
		made("{\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]}}", warnings);

	(void)state;
	assert_non_null(json_at(config, "PortBindings", "80/tcp", NULL));
	assert_int_equal(json_array_size(warnings), 0);
}

static void security_options_are_read_in_both_spellings(void **state)
{
	autojson *warnings = json_array();
	autojson *config = made("{\"SecurityOpt\":[\"seccomp:unconfined\",\"no-new-privileges\","
				"\"label=disable\"]}",
				warnings);

	(void)state;
	assert_string_equal(host_config_security(config, "seccomp"), "unconfined");
	assert_string_equal(host_config_security(config, "no-new-privileges"), "");
	assert_null(host_config_security(config, "apparmor"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_dockers),
		cmocka_unit_test(the_daemons_defaults_come_before_dockers),
		cmocka_unit_test(limits_complete_each_other),
		cmocka_unit_test(what_cannot_be_is_refused_in_dockers_words),
		cmocka_unit_test(published_ports_are_kept),
		cmocka_unit_test(security_options_are_read_in_both_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
