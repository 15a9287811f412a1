#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "oci_spec.h"

static const char config_text[] =
	"{\"Hostname\":\"h\",\"Domainname\":\"\",\"User\":\"www\",\"Tty\":true,"
	"\"Env\":[\"A=1\"],\"Cmd\":[\"b\"],\"Entrypoint\":[\"/a\"],\"WorkingDir\":\"/srv\"}";

/* The document of a container with this HostConfig. */
static json_t *made_with(const char *host_text, struct oci_frame frame)
{
	autojson *config = json_loads(config_text, 0, NULL), *host_config = NULL;
	autojson *request = json_loads(host_text, 0, NULL), *warnings = json_array();
	json_t *spec = NULL;

	assert_non_null(request);
	assert_null(host_config_make(request, NULL, &host_config, warnings));
	frame.config = config;
	frame.host_config = host_config;
	frame.root_path = "/root-place";
	frame.cgroup_path = "/mini-docker/x";
	assert_null(oci_spec_make(&frame, &spec));
	return spec;
}

static json_t *made(const char *host_text)
{
	return made_with(host_text, (struct oci_frame){0});
}

static void assert_json(const json_t *value, const char *expected)
{
	autofree char *text = json_text(value);

	assert_string_equal(text, expected);
}

static bool holds(const json_t *array, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (array, i, item)
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

static const json_t *mount_at(const json_t *spec, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(spec, "mounts"), i, mount)
		if (strcmp(json_string_at(mount, "destination", NULL), target) == 0)
			return mount;
	return NULL;
}

static const char *namespace_path(const json_t *spec, const char *type)
{
	const json_t *namespace;
	size_t i;

	json_array_foreach (json_at(spec, "linux", "namespaces", NULL), i, namespace)
		if (strcmp(json_string_at(namespace, "type", NULL), type) == 0)
			return json_string_at(namespace, "path", NULL);
	return NULL;
}

static void the_process_is_what_config_says(void **state)
{
	autojson *spec = made("{}");
	const json_t *process = json_object_get(spec, "process");

	(void)state;
	assert_json(json_object_get(process, "args"), "[\"/a\",\"b\"]");
	assert_true(holds(json_object_get(process, "env"), "A=1"));
	assert_true(holds(json_object_get(process, "env"), "HOSTNAME=h"));
	assert_true(holds(json_object_get(process, "env"), "TERM=xterm"));
	assert_string_equal(json_string_at(process, "cwd", NULL), "/srv");
	assert_true(json_is_true(json_object_get(process, "terminal")));
	assert_string_equal(json_string_at(spec, "hostname", NULL), "h");
	assert_string_equal(json_string_at(spec, "root", "path", NULL), "/root-place");
	assert_string_equal(json_string_at(spec, "annotations", "mini-docker.user", NULL), "www");
	assert_string_equal(json_string_at(spec, "annotations", "mini-docker.rootfs", NULL),
			    "descriptor");
	assert_string_equal(json_string_at(spec, "linux", "cgroupsPath", NULL), "/mini-docker/x");
}

static void annotations_cannot_be_forged(void **state)
{
	autojson *spec =
		made("{\"Annotations\":{\"mini-docker.user\":\"0\",\"mini-docker.x\":\"1\","
		     "\"own\":\"2\"},\"GroupAdd\":[\"audio\",\"7\"]}");
	const json_t *annotations = json_object_get(spec, "annotations");

	(void)state;
	assert_string_equal(json_string_at(annotations, "mini-docker.user", NULL), "www");
	assert_null(json_object_get(annotations, "mini-docker.x"));
	assert_string_equal(json_string_at(annotations, "own", NULL), "2");
	assert_string_equal(json_string_at(annotations, "mini-docker.groups", NULL), "audio,7");
}

static void capabilities_are_dockers(void **state)
{
	autojson *plain = made("{}"), *dropped = made("{\"CapDrop\":[\"ALL\"],\"CapAdd\":"
						      "[\"chown\"]}");
	autojson *added = made("{\"CapAdd\":[\"SYS_ADMIN\"],\"CapDrop\":[\"CAP_KILL\"]}");
	const json_t *bounding = json_at(plain, "process", "capabilities", "bounding", NULL);

	(void)state;
	assert_true(holds(bounding, "CAP_CHOWN"));
	assert_false(holds(bounding, "CAP_SYS_ADMIN"));
	assert_json(json_at(dropped, "process", "capabilities", "effective", NULL),
		    "[\"CAP_CHOWN\"]");
	bounding = json_at(added, "process", "capabilities", "bounding", NULL);
	assert_true(holds(bounding, "CAP_SYS_ADMIN"));
	assert_false(holds(bounding, "CAP_KILL"));
	assert_null(json_at(plain, "process", "capabilities", "ambient", NULL));
}

static void limits_go_where_oci_has_them(void **state)
{
	autojson *spec = made(
		"{\"Memory\":16777216,\"CpuShares\":512,\"NanoCpus\":1500000000,\"PidsLimit\":9,"
		"\"CpusetCpus\":\"0\",\"MemorySwappiness\":0,\"BlkioWeight\":20,\"OomScoreAdj\":5,"
		"\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":1,\"Hard\":2}],\"Sysctls\":"
		"{\"kernel.msgmax\":\"1\"},\"ReadonlyRootfs\":true,\"OomKillDisable\":true}");
	const json_t *resources = json_at(spec, "linux", "resources", NULL);

	(void)state;
	assert_json(json_object_get(resources, "memory"),
		    "{\"limit\":16777216,\"swap\":33554432,\"swappiness\":0,"
		    "\"disableOOMKiller\":true}");
	assert_json(json_object_get(resources, "cpu"),
		    "{\"shares\":512,\"cpus\":\"0\",\"period\":100000,\"quota\":150000}");
	assert_json(json_object_get(resources, "pids"), "{\"limit\":9}");
	assert_json(json_object_get(resources, "blockIO"), "{\"weight\":20}");
	assert_json(json_at(spec, "process", "rlimits", NULL),
		    "[{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":2}]");
	assert_int_equal(json_integer_value(json_at(spec, "process", "oomScoreAdj", NULL)), 5);
	assert_string_equal(json_string_at(spec, "linux", "sysctl", "kernel.msgmax", NULL), "1");
	assert_true(json_is_true(json_at(spec, "root", "readonly", NULL)));
}

static void no_limit_is_no_member(void **state)
{
	autojson *spec = made("{}");
	const json_t *resources = json_at(spec, "linux", "resources", NULL);

	(void)state;
	assert_null(json_object_get(resources, "memory"));
	assert_null(json_object_get(resources, "cpu"));
	assert_null(json_object_get(resources, "pids"));
}

static void namespaces_follow_the_modes(void **state)
{
	autojson *own = made("{}");
	autojson *host = made("{\"NetworkMode\":\"host\",\"IpcMode\":\"host\",\"PidMode\":\"host\","
			      "\"UTSMode\":\"host\",\"CgroupnsMode\":\"host\"}");
	autojson *joined =
		made_with("{\"NetworkMode\":\"container:x\"}", (struct oci_frame){.network = 77});
	static const char *const types[] = {"network", "ipc", "pid", "uts", "cgroup"};

	(void)state;
	for (size_t i = 0; i < countof(types); i++) {
		assert_string_equal(namespace_path(own, types[i]), "");
		assert_null(namespace_path(host, types[i]));
	}
	assert_string_equal(namespace_path(host, "mount"), "");
	assert_string_equal(namespace_path(joined, "network"), "/proc/77/ns/net");
	assert_null(json_object_get(host, "hostname"));
	assert_string_equal(json_string_at(mount_at(host, "/dev/shm"), "type", NULL), "bind");
	assert_non_null(json_at(own, "linux", "sysctl", "net.ipv4.ping_group_range", NULL));
	assert_null(json_at(joined, "linux", "sysctl", "net.ipv4.ping_group_range", NULL));
}

static void shared_memory_has_its_size_or_is_not_there(void **state)
{
	autojson *sized = made("{\"ShmSize\":1048576}"), *none = made("{\"IpcMode\":\"none\"}");

	(void)state;
	assert_true(holds(json_object_get(mount_at(sized, "/dev/shm"), "options"), "size=1048576"));
	assert_null(mount_at(none, "/dev/shm"));
}

static const json_t *last_rule(const json_t *spec)
{
	const json_t *rules = json_at(spec, "linux", "resources", "devices", NULL);

	return json_array_get(rules, json_array_size(rules) - 1);
}

static void devices_are_nodes_and_rules(void **state)
{
	autojson *spec = made("{\"Devices\":[{\"PathOnHost\":\"/dev/null\",\"PathInContainer\":"
			      "\"/dev/mine\",\"CgroupPermissions\":\"r\"}],"
			      "\"DeviceCgroupRules\":[\"b 8:* rw\"]}");
	const json_t *rules = json_at(spec, "linux", "resources", "devices", NULL);
	const json_t *node = json_array_get(json_at(spec, "linux", "devices", NULL), 0);

	(void)state;
	assert_json(json_array_get(rules, 0),
		    "{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"}");
	assert_json(last_rule(spec),
		    "{\"allow\":true,\"type\":\"b\",\"access\":\"rw\",\"major\":8}");
	assert_json(json_array_get(rules, json_array_size(rules) - 2),
		    "{\"allow\":true,\"type\":\"c\",\"access\":\"r\",\"major\":1,\"minor\":3}");
	assert_string_equal(json_string_at(node, "path", NULL), "/dev/mine");
	assert_int_equal(json_integer_value(json_object_get(node, "minor")), 3);
}

static void bad_devices_are_told(void **state)
{
	static const char *const bad[] = {
		"{\"Devices\":[{\"PathOnHost\":\"/dev/nope-nope\"}]}",
		"{\"Devices\":[{\"PathOnHost\":\"/etc/passwd\"}]}",
		"{\"Devices\":[{\"PathOnHost\":\"null\"}]}",
		"{\"Devices\":[{\"PathOnHost\":\"/dev/null\",\"CgroupPermissions\":\"q\"}]}",
		"{\"DeviceCgroupRules\":[\"x 1:1 r\"]}",
		"{\"DeviceCgroupRules\":[\"c 1:1\"]}",
		"{\"DeviceCgroupRules\":[\"c 1*:1 r\"]}",
		"{\"DeviceCgroupRules\":[\"c 1:1 rx\"]}",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		autojson *host = json_loads(bad[i], 0, NULL), *spec = json_object();

		json_object_set_new(spec, "linux", json_object());
		autoerror e = oci_resources_add(host, spec);
		if (!e)
			fail_msg("accepted: %s", bad[i]);
	}
}

static void privileged_hides_and_limits_nothing(void **state)
{
	autojson *plain = made("{}"), *spec = made("{\"Privileged\":true}");

	(void)state;
	assert_true(json_array_size(json_at(plain, "linux", "maskedPaths", NULL)) > 5);
	assert_int_equal(json_array_size(json_at(spec, "linux", "maskedPaths", NULL)), 0);
	assert_int_equal(json_array_size(json_at(spec, "linux", "readonlyPaths", NULL)), 0);
	assert_json(last_rule(spec), "{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}");
	assert_false(holds(json_object_get(mount_at(spec, "/sys"), "options"), "ro"));
	assert_true(holds(json_object_get(mount_at(plain, "/sys"), "options"), "ro"));
	assert_null(json_at(spec, "linux", "seccomp", NULL));
	assert_null(json_at(spec, "annotations", "mini-docker.seccomp", NULL));
	assert_string_equal(json_string_at(plain, "annotations", "mini-docker.seccomp", NULL),
			    "default");
}

static void no_new_privileges_is_an_option(void **state)
{
	autojson *plain = made("{}"), *on = made("{\"SecurityOpt\":[\"no-new-privileges\"]}");
	autojson *off = made("{\"SecurityOpt\":[\"no-new-privileges=false\"]}");

	(void)state;
	assert_false(json_is_true(json_at(plain, "process", "noNewPrivileges", NULL)));
	assert_true(json_is_true(json_at(on, "process", "noNewPrivileges", NULL)));
	assert_false(json_is_true(json_at(off, "process", "noNewPrivileges", NULL)));
}

static void a_mount_takes_the_place_of_a_default_one_and_parents_come_first(void **state)
{
	autojson *spec = made("{}");
	size_t before = json_array_size(json_object_get(spec, "mounts")), depth = 0, i;
	const json_t *mount;

	(void)state;
	oci_spec_add_mount(spec, "bind", "/a", "/etc/hosts", json_array());
	oci_spec_add_mount(spec, "bind", "/b", "/etc", json_array());
	oci_spec_add_mount(spec, "bind", "/c", "/dev/shm", json_array());
	assert_int_equal(json_array_size(json_object_get(spec, "mounts")), before + 2);
	assert_string_equal(json_string_at(mount_at(spec, "/dev/shm"), "source", NULL), "/c");
	oci_spec_sort_mounts(spec);
	assert_int_equal(json_array_size(json_object_get(spec, "mounts")), before + 2);
	json_array_foreach (json_object_get(spec, "mounts"), i, mount) {
		size_t slashes = 0;

		for (const char *c = json_string_at(mount, "destination", NULL); *c; c++)
			slashes += *c == '/';
		assert_true(slashes >= depth);
		depth = slashes;
	}
}

static void dockers_seccomp_profile_becomes_ocis(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"archMap\":["
		"{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]},"
		"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}]"
		","
		"\"syscalls\":["
		"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":"
		"[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"caps\":"
		"[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"s390x_only\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{"
		"\"arches\":"
		"[\"s390x\"]}}]}";
	autojson *none = json_array(), *admin = json_pack("[s]", "CAP_SYS_ADMIN");
	autojson *plain = NULL, *power = NULL, *profile = json_loads(text, 0, NULL);
	autojson *empty = json_object();

	(void)state;
	assert_null(oci_seccomp_convert(profile, none, &plain));
	assert_null(oci_seccomp_convert(profile, admin, &power));
	assert_json(json_object_get(plain, "syscalls"),
		    "[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		    "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\"}]");
	assert_json(json_object_get(power, "syscalls"),
		    "[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		    "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\"}]");
	assert_int_equal(json_array_size(json_object_get(plain, "architectures")), 2);
	json_t *nothing = NULL;
	autoerror e = oci_seccomp_convert(empty, none, &nothing);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_process_is_what_config_says),
		cmocka_unit_test(annotations_cannot_be_forged),
		cmocka_unit_test(capabilities_are_dockers),
		cmocka_unit_test(limits_go_where_oci_has_them),
		cmocka_unit_test(no_limit_is_no_member),
		cmocka_unit_test(namespaces_follow_the_modes),
		cmocka_unit_test(shared_memory_has_its_size_or_is_not_there),
		cmocka_unit_test(devices_are_nodes_and_rules),
		cmocka_unit_test(bad_devices_are_told),
		cmocka_unit_test(privileged_hides_and_limits_nothing),
		cmocka_unit_test(no_new_privileges_is_an_option),
		cmocka_unit_test(a_mount_takes_the_place_of_a_default_one_and_parents_come_first),
		cmocka_unit_test(dockers_seccomp_profile_becomes_ocis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
