#include "cgroup.h"
#include "spec_test.h"

static void errors_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'linux': {'cgroupsPath': 1}}", "cgroupsPath"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'memory': {'limit': '1'}}}}",
		 "linux.resources.memory"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'devices': [{'type': 'x'}]}}}",
		 "linux.resources.devices[0]"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'memory': {'limit': 2, 'swap': "
		 "1}}}}",
		 "linux.resources.memory: swap"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'hugepageLimits': [{'pageSize': "
		 "'2'}]}}}",
		 "linux.resources.hugepageLimits[0]: pageSize"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'blockIO': {'weightDevice': "
		 "[{'weight': 9}]}}}}",
		 "linux.resources.blockIO.weightDevice[0]"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'rdma': {'mlx': {}}}}}",
		 "linux.resources.rdma.mlx"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'unified': {'../x': '1'}}}}",
		 "linux.resources.unified: '../x'"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'unified': {'memory.high': 1}}}}",
		 "linux.resources.unified: 'memory.high'"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'network': {'priorities': "
		 "[{'name': 'a b'}]}}}}",
		 "linux.resources.network.priorities[0]: name"},
		{"{'linux': {'cgroupsPath': '/x', 'resources': {'devices': [{'access': 'rx'}]}}}",
		 "linux.resources.devices[0]"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void limits_are_texts_of_the_cgroup(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(with("{'linux': {'resources': {'devices': null, 'memory': {'limit': "
		     "9223372036854771712, 'swappiness': 0}, 'pids': {'limit': -1}}}}"),
		&plan, NULL);
	size_t offset = 0, found = 0;
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1) {
		static const char *const values[] = {"9223372036854771712", "0", "-1"};

		if (step.kind == STEP_CGROUP_LIMIT && step.number[0] != CGROUP_DEVICE_RULE)
			assert_string_equal(step.text[0], values[found++]);
	}
	assert_int_equal(found, 3);
}

/* Whatever config.json says or does not say, the list begins with nothing being allowed. */
static void devices_that_are_not_named_are_forbidden(void **state)
{
	static const char *const rules[] = {"null", "[]",
					    "[{'allow': true, 'type': 'c', 'major': 10}]"};

	(void)state;
	for (size_t i = 0; i < countof(rules); i++) {
		autofree char *change =
			format("{'linux': {'resources': {'devices': %s}}}", rules[i]);
		autoplan plan = {0};
		struct step step;
		size_t offset = 0;

		compile(with(change), &plan, NULL);
		do
			assert_int_equal(
				plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
		while (step.kind != STEP_CGROUP_LIMIT || step.number[0] != CGROUP_DEVICE_RULE);
		assert_string_equal(step.text[0], "d a *:* rwm");
	}
}

static void every_resource_is_a_limit(void **state)
{
	static const struct {
		const char *resources;
		enum cgroup_limit limit;
		const char *value;
	} cases[] = {
		{"{'memory': {'kernelTCP': 4096}}", CGROUP_MEMORY_KERNEL_TCP, "4096"},
		{"{'memory': {'limit': 7, 'checkBeforeUpdate': true}}", CGROUP_MEMORY_CHECK, "7"},
		{"{'cpu': {'burst': 0}}", CGROUP_CPU_BURST, "0"},
		{"{'cpu': {'idle': 1}}", CGROUP_CPU_IDLE, "1"},
		{"{'cpu': {'realtimeRuntime': 9}}", CGROUP_CPU_RT_RUNTIME, "9"},
		{"{'pids': {'limit': 0}}", CGROUP_PIDS_MAX, "0"},
		{"{'blockIO': {'weightDevice': [{'major': 8, 'minor': 0, 'weight': 500}]}}",
		 CGROUP_BLKIO_WEIGHT_DEVICE, "8:0 500"},
		{"{'blockIO': {'throttleWriteIOPSDevice': [{'major': 8, 'minor': 16, 'rate': "
		 "300}]}}",
		 CGROUP_BLKIO_WRITE_IOPS, "8:16 300"},
		{"{'hugepageLimits': [{'pageSize': '2MB', 'limit': 4194304}]}", CGROUP_HUGETLB,
		 "2MB 4194304"},
		{"{'network': {'classID': 1048577}}", CGROUP_NETWORK_CLASS, "1048577"},
		{"{'network': {'priorities': [{'name': 'eth0', 'priority': 5}]}}",
		 CGROUP_NETWORK_PRIORITY, "eth0 5"},
		{"{'rdma': {'mlx': {'hcaHandles': 3, 'hcaObjects': 9}}}", CGROUP_RDMA,
		 "mlx hca_handle=3 hca_object=9"},
		{"{'unified': {'memory.high': '1000'}}", CGROUP_UNIFIED, "memory.high 1000"},
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autojson *resources = parse(cases[i].resources);
		autoplan plan = {0};
		struct step step;
		size_t offset = 0;

		assert_null(spec_compile_resources(resources, &plan, NULL));
		assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
		assert_int_equal(step.number[0], cases[i].limit);
		assert_string_equal(step.text[0], cases[i].value);
	}
}

static void a_relative_path_is_below_the_top(void **state)
{
	static const struct {
		const char *change, *path;
	} rows[] = {{"{}", "/group"},
		    {"{'linux': {'cgroupsPath': '/a/b'}}", "/a/b"},
		    {"{'linux': {'cgroupsPath': 'a/b'}}", "/a/b"}};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoplan plan = {0};
		struct step step;

		compile(with(rows[i].change), &plan, NULL);
		assert_true(find_step(&plan, STEP_CGROUP_CREATE, &step));
		assert_string_equal(step.text[0], rows[i].path);
	}
}

/* What a user namespace's root may do with the group, by the rules of the specification. */
static void a_group_is_given_to_who_may_write_it(void **state)
{
	static const struct {
		const char *options;
		int64_t owner; /* 0: no step */
	} cases[] = {{"['rw']", 100007}, {"['nosuid', 'ro']", 0}};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *changes =
			format("{'process': {'user': {'uid': 7}}, 'linux': {'namespaces': "
			       "[{'type': 'user'}, {'type': 'mount'}, {'type': 'cgroup'}], "
			       "'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 10}], "
			       "'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': "
			       "10}]}, 'hostname': '', 'mounts': [{'type': 'cgroup', 'source': "
			       "'cgroup', 'destination': '/sys/fs/cgroup', 'options': %s}]}",
			       cases[i].options);
		autoplan plan = {0};
		struct step step;
		size_t offset = 0;
		int64_t owner = 0;

		compile(with(changes), &plan, NULL);
		while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1)
			if (step.kind == STEP_CGROUP_OWNER)
				owner = step.number[0];
		assert_int_equal(owner, cases[i].owner);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(limits_are_texts_of_the_cgroup),
		cmocka_unit_test(devices_that_are_not_named_are_forbidden),
		cmocka_unit_test(every_resource_is_a_limit),
		cmocka_unit_test(a_relative_path_is_below_the_top),
		cmocka_unit_test(a_group_is_given_to_who_may_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
