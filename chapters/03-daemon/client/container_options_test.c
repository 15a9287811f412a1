#include "container_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

/* The body that `create WORDS` makes. */
static fallible body_of(const char *words, json_t **body)
{
	autofree char *copy = format("create %s", words);
	char *argv[64], *rest = NULL;
	auto_container_options options;
	int argc = 0, first;
	bool help;

	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	container_options_init(&options);
	TRY(options_parse(container_run_rows, &options, OPTIONS_FIRST, argc, argv, &first, &help));
	return container_options_body(&options, argv[first], argv + first + 1, argc - first - 1,
				      (struct terminal_size){0}, body);
}

/* The member at "A.B.C" as text. */
static char *member_text(const json_t *body, const char *path)
{
	autofree char *copy = duplicate(path);
	char *rest = NULL;
	const json_t *value = body;

	for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest))
		value = json_object_get(value, key);
	return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS)
		     : duplicate("(none)");
}

static const struct {
	const char *words, *path, *value;
} rows[] = {
	{"i", "Image", "\"i\""},
	{"i", "Cmd", "null"},
	{"i", "AttachStdout", "true"},
	{"i ls -l --x", "Cmd", "[\"ls\",\"-l\",\"--x\"]"},
	{"-d i", "AttachStdout", "false"},
	{"-it i", "OpenStdin", "true"},
	{"-it i", "StdinOnce", "true"},
	{"-it i", "Tty", "true"},
	{"-id i", "StdinOnce", "false"},
	{"-a stderr i", "AttachStdout", "false"},
	{"-e A=1 -e B= i", "Env", "[\"A=1\",\"B=\"]"},
	{"-l a=1 --label b i", "Labels", "{\"a\":\"1\",\"b\":\"\"}"},
	{"-u 1:2 i", "User", "\"1:2\""},
	{"--entrypoint sh i", "Entrypoint", "[\"sh\"]"},
	{"i", "StopTimeout", "(none)"},
	{"--stop-timeout 0 i", "StopTimeout", "0"},
	{"-m 64m i", "HostConfig.Memory", "67108864"},
	{"--memory-swap -1 i", "HostConfig.MemorySwap", "-1"},
	{"--cpus 1.5 i", "HostConfig.NanoCpus", "1500000000"},
	{"--cpus .5 i", "HostConfig.NanoCpus", "500000000"},
	{"--pids-limit -1 i", "HostConfig.PidsLimit", "-1"},
	{"--ulimit nofile=1:2 i", "HostConfig.Ulimits",
	 "[{\"Hard\":2,\"Name\":\"nofile\",\"Soft\":1}]"},
	{"--cap-add net_admin --cap-add all i", "HostConfig.CapAdd", "[\"CAP_NET_ADMIN\",\"ALL\"]"},
	{"--init i", "HostConfig.Init", "true"},
	{"i", "HostConfig.Init", "(none)"},
	{"--security-opt seccomp=unconfined i", "HostConfig.SecurityOpt",
	 "[\"seccomp=unconfined\"]"},
	{"--security-opt systempaths=unconfined i", "HostConfig.MaskedPaths", "[]"},
	{"--device /dev/x:/dev/y:r i", "HostConfig.Devices",
	 "[{\"CgroupPermissions\":\"r\",\"PathInContainer\":\"/dev/y\",\"PathOnHost\":\"/dev/"
	 "x\"}]"},
	{"--gpus all i", "HostConfig.DeviceRequests",
	 "[{\"Capabilities\":[[\"gpu\"]],\"Count\":-1,\"DeviceIDs\":null,\"Driver\":\"\","
	 "\"Options\":{}}]"},
	{"--gpus \"device=0,1\",capabilities=utility,driver=x i", "HostConfig.DeviceRequests",
	 "[{\"Capabilities\":[[\"utility\",\"gpu\"]],\"Count\":0,\"DeviceIDs\":[\"0\",\"1\"],"
	 "\"Driver\":\"x\",\"Options\":{}}]"},
	{"--mount type=volume,dst=/x,\"volume-opt=o=a,b\" i", "HostConfig.Mounts",
	 "[{\"Target\":\"/x\",\"Type\":\"volume\",\"VolumeOptions\":{\"DriverConfig\":"
	 "{\"Options\":{\"o\":\"a,b\"}}}}]"},
	{"--device /dev/x:rw i", "HostConfig.Devices",
	 "[{\"CgroupPermissions\":\"rw\",\"PathInContainer\":\"/dev/x\",\"PathOnHost\":\"/dev/"
	 "x\"}]"},
	{"--tmpfs /a --tmpfs /b:size=1m i", "HostConfig.Tmpfs", "{\"/a\":\"\",\"/b\":\"size=1m\"}"},
	{"--sysctl net.a=1 i", "HostConfig.Sysctls", "{\"net.a\":\"1\"}"},
	{"--pid host i", "HostConfig.PidMode", "\"host\""},
	{"--pid container:x i", "HostConfig.PidMode", "\"container:x\""},
	{"--restart on-failure:3 i", "HostConfig.RestartPolicy",
	 "{\"MaximumRetryCount\":3,\"Name\":\"on-failure\"}"},
	{"--rm i", "HostConfig.AutoRemove", "true"},
	{"--health-cmd x --health-interval 1m30s i", "Healthcheck",
	 "{\"Interval\":90000000000,\"Test\":[\"CMD-SHELL\",\"x\"]}"},
	{"--no-healthcheck i", "Healthcheck", "{\"Test\":[\"NONE\"]}"},
	{"--log-opt a=b i", "HostConfig.LogConfig", "{\"Config\":{\"a\":\"b\"},\"Type\":\"\"}"},
	{"--network host i", "HostConfig.NetworkMode", "\"host\""},
	{"--network host i", "NetworkingConfig.EndpointsConfig", "{}"},
	{"--network n i", "NetworkingConfig.EndpointsConfig", "{}"},
	{"--network name=n,gw-priority=7,driver-opt=x=y i",
	 "NetworkingConfig.EndpointsConfig.n.GwPriority", "7"},
	{"--network n --link db:sql i", "NetworkingConfig.EndpointsConfig.n.Links", "[\"db:sql\"]"},
	{"--dns ::1 --dns-opt use-vc --dns-option ndots:1 i", "HostConfig.DnsOptions",
	 "[\"use-vc\",\"ndots:1\"]"},
	{"--network n --ip 1.2.3.4 i", "NetworkingConfig.EndpointsConfig.n.IPAMConfig",
	 "{\"IPv4Address\":\"1.2.3.4\"}"},
	{"-p 8080:80 i", "HostConfig.PortBindings",
	 "{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}"},
	{"-p [::1]:1-2:3-4/udp i", "HostConfig.PortBindings",
	 "{\"3/udp\":[{\"HostIp\":\"::1\",\"HostPort\":\"1\"}],"
	 "\"4/udp\":[{\"HostIp\":\"::1\",\"HostPort\":\"2\"}]}"},
	{"--expose 80-81 i", "ExposedPorts", "{\"80/tcp\":{},\"81/tcp\":{}}"},
	{"-v /a:/b -v /anon i", "HostConfig.Binds", "[\"/a:/b\"]"},
	{"-v /a:/b -v /anon i", "Volumes", "{\"/anon\":{}}"},
	{"--mount type=bind,src=/a,dst=/b,ro i", "HostConfig.Mounts",
	 "[{\"ReadOnly\":true,\"Source\":\"/a\",\"Target\":\"/b\",\"Type\":\"bind\"}]"},
	{"--mount type=bind,src=/a,dst=/b,bind-recursive=disabled i", "HostConfig.Mounts",
	 "[{\"BindOptions\":{\"NonRecursive\":true},\"Source\":\"/a\",\"Target\":\"/b\",\"Type\":"
	 "\"bind\"}]"},
	{"--mount type=bind,src=/a,dst=/b,bind-nonrecursive i", "HostConfig.Mounts",
	 "[{\"BindOptions\":{\"NonRecursive\":true},\"Source\":\"/a\",\"Target\":\"/b\",\"Type\":"
	 "\"bind\"}]"},
	{"--mount type=bind,src=/a,dst=/b,ro,bind-recursive=writable i", "HostConfig.Mounts",
	 "[{\"BindOptions\":{\"ReadOnlyNonRecursive\":true},\"ReadOnly\":true,\"Source\":\"/a\","
	 "\"Target\":\"/b\",\"Type\":\"bind\"}]"},
	{"--mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777 i", "HostConfig.Mounts",
	 "[{\"Target\":\"/t\",\"TmpfsOptions\":{\"Mode\":1023,\"SizeBytes\":1048576},"
	 "\"Type\":\"tmpfs\"}]"},
	{"--add-host h:1.2.3.4 i", "HostConfig.ExtraHosts", "[\"h:1.2.3.4\"]"},
};

static void test_options_become_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *body = NULL;
		autoerror e = body_of(rows[i].words, &body);

		if (e)
			fail_msg("%s: %s", rows[i].words, e->message);
		autofree char *value = member_text(body, rows[i].path);
		if (strcmp(value, rows[i].value) != 0)
			fail_msg("%s: %s is %s", rows[i].words, rows[i].path, value);
	}
}

static const struct {
	const char *words, *message;
} bad[] = {
	{"-m foo i", "invalid argument \"foo\" for \"-m, --memory\" flag: invalid size: 'foo'"},
	{"-e =x i",
	 "invalid argument \"=x\" for \"-e, --env\" flag: invalid environment variable: =x"},
	{"--cpus x i", "failed to parse x as a rational number"},
	{"--ulimit foo=1 i", "invalid ulimit type: foo"},
	{"--ulimit nofile=2:1 i", "soft limit must be less than or equal to hard limit: 2 > 1"},
	{"--security-opt foo i", "Invalid --security-opt: \"foo\""},
	{"--device foo i", "foo is not an absolute path"},
	{"--pid foo i", "--pid: invalid PID mode"},
	{"--restart always --rm i", "conflicting options: cannot specify both --restart and --rm"},
	{"--restart on-failure:x i", "maximum retry count must be an integer"},
	{"--health-retries -1 i", "--health-retries cannot be negative"},
	{"--health-interval 1x i", "time: invalid duration \"1x\""},
	{"--no-healthcheck --health-cmd x i", "--no-healthcheck conflicts with --health-* options"},
	{"-p x i", "invalid containerPort: x"},
	{"-p 80:80/foo i", "invalid proto: foo"},
	{"-p 99999:80 i", "invalid hostPort: 99999"},
	{"-p 1-3:1-2 i", "invalid ranges specified for container and host Ports"},
	{"--mount foo i", "invalid field 'foo' must be a key=value pair"},
	{"--mount type=volume i", "target is required"},
	{"--mount type=bind,dst=/x,volume-nocopy i", "cannot mix 'volume-*' options"},
	{"--mount type=bind,src=/a,dst=/b,bind-recursive=writable i",
	 "option 'bind-recursive=writable' requires 'readonly'"},
	{"--mount type=bind,src=/a,dst=/b,ro,bind-recursive=readonly i",
	 "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate'"},
	{"--mount type=bind,src=/a,dst=/b,bind-recursive=x i",
	 "invalid value for bind-recursive: x (must be \"enabled\", "},
	{"-v :/x i", "invalid spec: :/x: empty section between colons"},
	{"--mount type=volume,a\"b i", "bare \" in non-quoted-field"},
	{"--gpus x i", "invalid count (x): value must be either"},
	{"--gpus 1,count=2 i", "gpu request key 'count' can be specified only once"},
	{"--gpus foo=1 i", "unexpected key 'foo' in 'foo=1'"},
	{"-a foo i", "valid streams are STDIN, STDOUT and STDERR"},
	{"--add-host h:x i", "invalid IP address in add-host: \"x\""},
	{"--network name=n,ip=1.2.3.4 --ip 1.2.3.5 i",
	 "conflicting options: cannot specify both --ip and per-network IPv4 address"},
	{"--network name=n,alias=a --network-alias b i",
	 "conflicting options: cannot specify both --network-alias and per-network alias"},
	{"--network host --network n i",
	 "conflicting options: cannot attach both user-defined and non-user-defined network-modes"},
	{"--network n --network n i", "network \"n\" is specified multiple times"},
	{"--network name=n,foo=x i",
	 "invalid argument \"name=n,foo=x\" for \"--network\" flag: invalid field key foo"},
	{"--dns x i", "IP address is not correctly formatted: x"},
	{"--network-alias x i", "network-scoped aliases are only supported"},
	{"--sysctl kernel.foo=1 i", "sysctl 'kernel.foo=1' is not allowed"},
	{"--env-file /nonexistent i", "open /nonexistent: no such file or directory"},
};

static void test_bad_values_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		autojson *body = NULL;
		autoerror e = body_of(bad[i].words, &body);

		if (!e)
			fail_msg("accepted: %s", bad[i].words);
		if (!strstr(e->message, bad[i].message))
			fail_msg("%s: %s", bad[i].words, e->message);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_become_fields),
		cmocka_unit_test(test_bad_values_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
