#include "spec_test.h"

static void errors_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'mounts': [{'type': 'tmpfs'}]}", "mounts[0]: destination"},
		{"{'mounts': [{'destination': '/x'}]}", "mounts[0]: type"},
		{"{'mounts': [{'destination': '/x', 'type': 'bind', 'source': 'y'}]}",
		 "mounts[0]: source"},
		{"{'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/y', 'options': "
		 "['idmap']}]}",
		 "mounts[0]: options"},
		{"{'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': ['ridmap']}]}",
		 "mounts[0]: options"},
		{"{'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/y', 'uidMappings': "
		 "[{'containerID': 0, 'hostID': 1, 'size': 1}]}]}",
		 "mounts[0]: uidMappings: it goes with gidMappings"},
		{"{'mounts': [{'destination': '/x', 'type': 'proc', 'options': ['tmpcopyup']}]}",
		 "mounts[0]: options: tmpcopyup"},
		{"{'linux': {'mountLabel': 'a:b:c:d'}}", "linux.mountLabel"},
		{"{'linux': {'maskedPaths': ['proc']}}", "linux.maskedPaths[0]"},
		{"{'linux': {'readonlyPaths': [null]}}", "linux.readonlyPaths[0]"},
		{"{'linux': {'rootfsPropagation': 'x'}}", "linux.rootfsPropagation"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void a_mount_has_its_options(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(with("{'mounts': [{'destination': 'x', 'type': 'tmpfs', 'source': 's', 'options': "
		     "['nosuid', 'ro', 'size=1k', 'rw', 'mode=700', 'rslave']}]}"),
		&plan, NULL);
	assert_true(find_step(&plan, STEP_MOUNT, &step));
	assert_string_equal(step.text[2], "/x");
	assert_string_equal(step.text[3], "size=1k,mode=700");
	assert_int_equal(step.number[0], 2 /* MS_NOSUID */);
	assert_int_equal(step.number[1], 1 /* MS_RDONLY */);
	assert_int_equal(step.bytes_length, sizeof(uint32_t));
	assert_int_equal(*(const uint32_t *)step.bytes, (1 << 19) | 16384 /* MS_SLAVE | MS_REC */);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(a_mount_has_its_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
