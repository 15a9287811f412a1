#include "mount_source.h"
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

/* Only of those that the caller has named: any other descriptor is a path like any other. */
static void a_mount_may_come_as_a_descriptor(void **state)
{
	static const int mounts[] = {7, 9};
	const struct spec_options options = {.mounts = mounts, .mount_count = countof(mounts)};
	autojson *spec = with("{'mounts': [{'destination': '/a', 'type': 'tmpfs'}, {'destination': "
			      "'/b', 'type': 'bind', 'source': '/proc/self/fd/9'}]}");
	autojson *other = with("{'mounts': [{'destination': '/b', 'type': 'bind', 'source': "
			       "'/proc/self/fd/8'}]}");
	autoplan plan = {0}, path = {0};
	struct step step;

	(void)state;
	assert_null(spec_compile(spec, &options, &plan, NULL));
	assert_true(find_step(&plan, STEP_SOURCE_GIVEN, &step));
	assert_int_equal(step.number[0], 1);
	assert_int_equal(step.number[1], 1);
	assert_null(spec_compile(other, &options, &path, NULL));
	assert_false(find_step(&path, STEP_SOURCE_GIVEN, &step));
}

static void descriptors_are_known_by_their_path(void **state)
{
	(void)state;
	assert_int_equal(mount_source_descriptor("/proc/self/fd/12"), 12);
	assert_int_equal(mount_source_descriptor("/proc/self/fd/"), -1);
	assert_int_equal(mount_source_descriptor("/proc/self/fd/1x"), -1);
	assert_int_equal(mount_source_descriptor("/proc/self/fd/-1"), -1);
	assert_int_equal(mount_source_descriptor("/proc/1/fd/1"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(a_mount_has_its_options),
		cmocka_unit_test(a_mount_may_come_as_a_descriptor),
		cmocka_unit_test(descriptors_are_known_by_their_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
