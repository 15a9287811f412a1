#include "spec_test.h"

static void errors_of_namespaces_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'linux': {'namespaces': [{'type': 'nets'}]}}", "linux.namespaces[0]"},
		{"{'linux': {'namespaces': [{'type': 'pid'}, {'type': 'pid'}]}}",
		 "linux.namespaces[1]"},
		{"{'linux': {'namespaces': [{'type': 'pid', 'path': 'x'}]}}",
		 "linux.namespaces[0]"},
		{"{'hostname': null, 'linux': {'namespaces': [{'type': 'user'}], 'uidMappings': "
		 "[{'containerID': 0, 'hostID': 1, 'size': 1}]}}",
		 "linux.namespaces"},
		{"{'linux': {'namespaces': [{'type': 'mount'}]}}", "hostname"},
		{"{'linux': {'namespaces': [{'type': 'mount'}, {'type': 'uts'}, {'type': "
		 "'user'}]}}",
		 "linux.uidMappings"},
		{"{'linux': {'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}]}}",
		 "linux.uidMappings"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void errors_of_the_kernels_settings_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'linux': {'sysctl': {'kernel.panic': '1'}}}", "linux.sysctl"},
		{"{'linux': {'sysctl': {'net../../kernel/panic': '1'}}}", "linux.sysctl"},
		{"{'linux': {'sysctl': {'net.//.kernel.panic': '1'}}}", "linux.sysctl"},
		{"{'linux': {'sysctl': {'/net/ipv4/ip_forward': '1'}}}", "linux.sysctl"},
		{"{'linux': {'sysctl': {'kernel/panic': '1'}}}", "linux.sysctl"},
		{"{'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': "
		 "['SCMP_ARCH_Z80']}}}",
		 "linux.seccomp: architectures[0]: 'SCMP_ARCH_Z80' is not known to libseccomp"},
		{"{'linux': {'devices': [{'path': '/dev/x', 'type': 'q'}]}}", "linux.devices[0]"},
		{"{'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_X'}}}",
		 "linux.seccomp: defaultAction"},
		{"{'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "
		 "['read'], 'action': 'SCMP_ACT_NOTIFY'}]}}}",
		 "linux.seccomp: listenerPath"},
		{"{'linux': {'devices': [{'path': '/dev/x', 'type': 'c', 'major': 1}]}}",
		 "linux.devices[0]: minor is missing"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void errors_of_what_is_given_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'linux': {'netDevices': {'a/b': {}}}}", "linux.netDevices['a/b']"},
		{"{'linux': {'netDevices': {'a%d': {}}}}", "linux.netDevices['a%d']"},
		{"{'linux': {'netDevices': {'a': 1}}}", "linux.netDevices['a']"},
		{"{'linux': {'netDevices': {'a': {'name': 'sixteen-letters-'}}}}",
		 "linux.netDevices['a']: name"},
		{"{'linux': {'netDevices': {'a': {'name': '%d%d'}}}}",
		 "linux.netDevices['a']: name"},
		{"{'linux': {'netDevices': {'a': {}, 'b': {'name': 'a'}}}}",
		 "linux.netDevices['b']: name: 'a' is there twice"},
		{"{'linux': {'netDevices': {'a': {}}, 'namespaces': [{'type': 'mount'}]}}",
		 "linux.netDevices"},
		{"{'linux': {'intelRdt': {'closID': 'a/b'}}}", "linux.intelRdt: closID"},
		{"{'linux': {'intelRdt': {'closID': 'mon_groups'}}}", "linux.intelRdt: closID"},
		{"{'linux': {'intelRdt': {'memBwSchema': 'L3:0=1'}}}",
		 "linux.intelRdt: memBwSchema"},
		{"{'linux': {'intelRdt': {'schemata': ['L3:0=1\\n']}}}",
		 "linux.intelRdt: schemata[0]"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void sysctls_have_dots_or_slashes(void **state)
{
	static const struct {
		const char *change, *name;
	} rows[] = {
		{"{'linux': {'sysctl': {'net/ipv4/conf/eth0.100/x': '1'}}}",
		 "net.ipv4.conf.eth0/100.x"},
		{"{'linux': {'sysctl': {'net.ipv4.conf.eth0/100.x': '1'}}}",
		 "net.ipv4.conf.eth0/100.x"},
		{"{'linux': {'sysctl': {'kernel/shmmax': '1'}}}", "kernel.shmmax"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoplan plan = {0};
		struct step step;

		compile(with(rows[i].change), &plan, NULL);
		assert_true(find_step(&plan, STEP_SYSCTL, &step));
		assert_string_equal(step.text[0], rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_namespaces_name_the_member),
		cmocka_unit_test(errors_of_the_kernels_settings_name_the_member),
		cmocka_unit_test(errors_of_what_is_given_name_the_member),
		cmocka_unit_test(sysctls_have_dots_or_slashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
