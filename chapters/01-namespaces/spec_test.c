#include <sched.h>

#include "capability.h"
#include "hook.h"
#include "runtime.h"
#include "spec_test.h"

static void errors_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'ociVersion': '2.0'}", "ociVersion"},
		{"{'ociVersion': null}", "ociVersion"},
		{"{'ociVersion': '1'}", "ociVersion"},
		{"{'ociVersion': '1.0'}", "ociVersion"},
		{"{'ociVersion': '1.0.2-'}", "ociVersion"},
		{"{'ociVersion': '1.0.x'}", "ociVersion"},
		{"{'ociVersion': '1.+2.3'}", "ociVersion"},
		{"{'ociVersion': '0.9.9'}", "ociVersion"},
		{"{'annotations': {'a': 1}}", "annotations.a"},
		{"{'annotations': {'': 'x'}}", "annotations."},
		{"{'process': null}", "process"},
		{"{'root': {'path': ''}}", "root.path"},
		{"{'root': {'path': 'rootfs'}}", "root.path"},
		{"{'hostname': "
		 "'01234567890123456789012345678901234567890123456789012345678901234'}",
		 "hostname"},
		{"{'annotations': {'mini-docker.seccomp': 'x'}}", "mini-docker.seccomp"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void errors_of_hooks_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'hooks': {'prestart': [{'path': 'x'}]}}", "hooks: prestart[0]: path"},
		{"{'hooks': {'prestart': [{'args': ['x']}]}}", "hooks: prestart[0]: path"},
		{"{'hooks': {'poststop': [{'path': '/x'}, {'path': '/x', 'timeout': 0}]}}",
		 "hooks: poststop[1]: timeout"},
		{"{'hooks': {'createRuntime': [{'path': '/x', 'args': [1]}]}}",
		 "hooks: createRuntime[0]: args[0]"},
		{"{'hooks': {'startContainer': [{'path': '/x', 'env': 'A=b'}]}}", "env"},
		{"{'hooks': {'poststart': {}}}", "hooks: the member 'poststart'"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void the_default_spec_is_what_docker_does(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(spec_default(), &plan, NULL);
	assert_true(find_step(&plan, STEP_CLONE, &step));
	assert_int_equal(step.number[0],
			 CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	assert_true(find_step(&plan, STEP_BOUNDING, &step));
	assert_int_equal(step.number[0], CAPABILITY_DOCKER);
	assert_true(find_step(&plan, STEP_ROOT, &step));
	assert_string_equal(step.text[0], "/bundle/rootfs");
	assert_true(find_step(&plan, STEP_CGROUP_CREATE, &step));
	assert_string_equal(step.text[0], "/group");
	assert_true(find_step(&plan, STEP_SECCOMP, &step));
	assert_true(step.bytes_length > 1000);
	assert_true(find_step(&plan, STEP_ROOT_READONLY, &step));
}

/* What has to be done before what: each row is a step and one that must come later. */
static void steps_are_in_an_order_that_works(void **state)
{
	static const enum step_kind order[] = {
		STEP_SESSION, STEP_HOSTNAME,      STEP_WAIT,         STEP_UNSHARE, STEP_PROPAGATION,
		STEP_ROOT,    STEP_MOUNT,         STEP_CGROUP_MOUNT, STEP_DEVICE,  STEP_CONSOLE,
		STEP_PIVOT,   STEP_ROOT_READONLY, STEP_READONLY,     STEP_MASK,    STEP_BOUNDING,
		STEP_CWD,     STEP_USER,          STEP_CAPABILITIES, STEP_SECCOMP, STEP_EXEC,
	};
	autoplan plan = {0};
	struct step step;
	size_t offset = 0, next = 0;

	(void)state;
	compile(spec_default(), &plan, NULL);
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1)
		if (next < countof(order) && step.kind == order[next])
			next++;
	if (next < countof(order))
		fail_msg("%s does not come after %s", step_name(order[next]),
			 step_name(order[next - 1]));
}

/* How many steps of hiding come before the first of another kind. */
static int hidden_before(const char *change, enum step_kind kind)
{
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;
	int hidden = 0;

	compile(with(change), &plan, NULL);
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1 &&
	       step.kind != kind)
		hidden += step.kind == STEP_HIDE;
	return hidden;
}

static void who_is_seen_by_others_hides_at_once(void **state)
{
	static const char joined[] =
		"{'linux': {'namespaces': [{'type': 'mount'}, {'type': 'uts'}, {'type': "
		"'network'}, {'type': 'pid', 'path': '/proc/1/ns/pid'}]}}";

	(void)state;
	assert_int_equal(hidden_before("{}", STEP_SESSION), 0);
	assert_int_equal(hidden_before("{}", STEP_CAPABILITIES), 1);
	assert_int_equal(hidden_before(joined, STEP_SESSION), 1);
}

static json_t *with_hooks(void)
{
	return with(
		"{'hooks': {'createRuntime': [{'path': '/a', 'args': ['a', 'b'], 'env': ['X=y'], "
		"'timeout': 5}], 'createContainer': [{'path': '/b'}], 'startContainer': [{'path': "
		"'/c', 'env': []}], 'nosuch': [{}]}, 'annotations': {'k': 'v'}}");
}

static void hooks_are_told_before_they_are_run(void **state)
{
	static const enum step_kind order[] = {STEP_STATE, STEP_HOOK,         STEP_HOOK,
					       STEP_HOOK,  STEP_WAIT,         STEP_RUN_HOOKS,
					       STEP_PIVOT, STEP_CAPABILITIES, STEP_RUN_HOOKS,
					       STEP_EXEC};
	autoplan plan = {0};
	struct step step;
	size_t offset = 0, at = 0;

	(void)state;
	compile(with_hooks(), &plan, NULL);
	assert_true(find_step(&plan, STEP_STATE, &step));
	assert_string_equal(step.text[0],
			    "\"ociVersion\":\"1.0.2\",\"id\":\"web\",\"bundle\":\"/bundle\","
			    "\"annotations\":{\"mini-docker.seccomp\":\"default\",\"k\":\"v\"}");
	assert_true(find_step(&plan, STEP_HOOK, &step));
	assert_string_equal(step.text[0], "/a");
	assert_int_equal(step.number[0], HOOK_CREATE_RUNTIME);
	assert_int_equal(step.number[1], 5);
	assert_memory_equal(step.bytes, "a\0b\0X=y", 8);
	while (at < countof(order) &&
	       plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1)
		at += step.kind == order[at] &&
		      (step.kind != STEP_WAIT || step.number[0] == RUNTIME_HOOKS_RUN);
	assert_int_equal(at, countof(order));
}

static void without_hooks_there_is_no_state(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(spec_default(), &plan, NULL);
	assert_false(find_step(&plan, STEP_STATE, &step));
	assert_false(find_step(&plan, STEP_RUN_HOOKS, &step));
}

static void what_cannot_be_is_warned_about(void **state)
{
	autoplan plan = {0};
	autobuffer warnings = {0};

	(void)state;
	compile(with("{'process': {'capabilities': {'effective': ['CAP_FLY']}}, 'linux': "
		     "{'resources': {'memory': {'useHierarchy': false}}}}"),
		&plan, &warnings);
	assert_non_null(strstr(warnings.data, "CAP_FLY"));
	assert_non_null(strstr(warnings.data, "linux.resources.memory.useHierarchy"));
}

static void newer_versions_are_taken_with_a_warning(void **state)
{
	static const struct {
		const char *version;
		bool warned;
	} rows[] = {{"1.0.0", false},
		    {"1.3.0", false},
		    {"1.0.2-dev", false},
		    {"1.2.0-rc.1+git5", false},
		    {"1.9.0", true}};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoplan plan = {0};
		autobuffer warnings = {0};
		json_t *spec = with("{}");

		json_object_set_new(spec, "ociVersion", json_string(rows[i].version));
		compile(spec, &plan, &warnings);
		assert_int_equal(warnings.data && strstr(warnings.data, "ociVersion"),
				 rows[i].warned);
	}
}

static void an_exec_joins_what_the_container_has(void **state)
{
	autojson *spec = with("{'linux': {'cgroupsPath': '/g'}}");
	autojson *process = json_deep_copy(json_object_get(spec, "process"));
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;
	int joins = 0;
	bool root = false;

	(void)state;
	assert_null(spec_compile_exec(spec, process, 77, NULL, &plan, NULL));
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1) {
		if (step.kind == STEP_JOIN) {
			joins++;
			assert_false(root);
			root = step.number[0] == CLONE_NEWNS; /* the last one */
		}
		assert_int_not_equal(step.kind, STEP_PIVOT);
		assert_int_not_equal(step.kind, STEP_CGROUP_CREATE);
	}
	assert_int_equal(joins, 5);
	assert_true(find_step(&plan, STEP_JOIN_PID, &step));
	assert_string_equal(step.text[0], "/proc/77/ns/pid");
	assert_true(find_step(&plan, STEP_CGROUP_JOIN, &step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(errors_of_hooks_name_the_member),
		cmocka_unit_test(the_default_spec_is_what_docker_does),
		cmocka_unit_test(steps_are_in_an_order_that_works),
		cmocka_unit_test(who_is_seen_by_others_hides_at_once),
		cmocka_unit_test(hooks_are_told_before_they_are_run),
		cmocka_unit_test(without_hooks_there_is_no_state),
		cmocka_unit_test(what_cannot_be_is_warned_about),
		cmocka_unit_test(newer_versions_are_taken_with_a_warning),
		cmocka_unit_test(an_exec_joins_what_the_container_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
