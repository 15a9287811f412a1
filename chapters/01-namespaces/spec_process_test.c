#include <sys/resource.h>

#include "runtime.h"
#include "spec_test.h"

static void errors_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'process': {'consoleSize': {'height': 24}}}",
		 "process.consoleSize: width is missing"},
		{"{'process': {'args': []}}", "process.args"},
		{"{'process': {'args': [1]}}", "process.args[0]"},
		{"{'process': {'cwd': 'tmp'}}", "process.cwd"},
		{"{'process': {'cwd': 3}}", "cwd"},
		{"{'process': {'env': ['PATH']}}", "process.env"},
		{"{'process': {'env': 'A=b'}}", "env"},
		{"{'process': {'user': {'uid': -1}}}", "process.user"},
		{"{'process': {'user': {'umask': 1000}}}", "process.user: umask"},
		{"{'process': {'oomScoreAdj': 2000}}", "process.oomScoreAdj"},
		{"{'process': {'consoleSize': {'height': 70000}}}", "process.consoleSize"},
		{"{'process': {'rlimits': [{'type': 'RLIMIT_X', 'soft': 1, 'hard': 1}]}}",
		 "process.rlimits[0]"},
		{"{'process': {'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 2, 'hard': 1}]}}",
		 "process.rlimits[0]"},
		{"{'process': {'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1}, {'type': "
		 "'RLIMIT_CPU', 'soft': 1, 'hard': 1}]}}",
		 "process.rlimits[1]"},
		{"{'process': {'capabilities': {'bounding': [7]}}}",
		 "process.capabilities: bounding[0]"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

static void errors_of_scheduling_name_the_member(void **state)
{
	static const struct refusal rows[] = {
		{"{'process': {'scheduler': {}}}", "process.scheduler: policy"},
		{"{'process': {'scheduler': {'policy': 'SCHED_ISO'}}}",
		 "process.scheduler: policy"},
		{"{'process': {'scheduler': {'policy': 'SCHED_OTHER', 'nice': 20}}}",
		 "process.scheduler: nice"},
		{"{'process': {'scheduler': {'policy': 'SCHED_OTHER', 'priority': 5}}}",
		 "process.scheduler: priority"},
		{"{'process': {'scheduler': {'policy': 'SCHED_FIFO'}}}",
		 "process.scheduler: priority"},
		{"{'process': {'scheduler': {'policy': 'SCHED_IDLE', 'nice': 1}}}",
		 "process.scheduler: nice"},
		{"{'process': {'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 9, 'deadline': "
		 "8}}}",
		 "process.scheduler: SCHED_DEADLINE"},
		{"{'process': {'scheduler': {'policy': 'SCHED_BATCH', 'period': 9}}}",
		 "process.scheduler: runtime, deadline, period"},
		{"{'process': {'scheduler': {'policy': 'SCHED_OTHER', 'flags': ['X']}}}",
		 "process.scheduler: flags[0]"},
		{"{'process': {'ioPriority': {'class': 'IOPRIO_CLASS_NONE', 'priority': 1}}}",
		 "process.ioPriority: class"},
		{"{'process': {'ioPriority': {'class': 'IOPRIO_CLASS_BE'}}}",
		 "process.ioPriority: priority is missing"},
		{"{'process': {'ioPriority': {'class': 'IOPRIO_CLASS_BE', 'priority': 8}}}",
		 "process.ioPriority: priority"},
		{"{'linux': {'personality': {'domain': 'BSD'}}}", "linux.personality: domain"},
		{"{'linux': {'personality': {'domain': 'LINUX', 'flags': ['X']}}}",
		 "linux.personality: flags[0]"},
		{"{'linux': {'memoryPolicy': {'mode': 'MPOL_BIND'}}}", "linux.memoryPolicy: nodes"},
		{"{'linux': {'memoryPolicy': {'mode': 'MPOL_LOCAL', 'nodes': '0'}}}",
		 "linux.memoryPolicy: nodes"},
		{"{'linux': {'memoryPolicy': {'mode': 'MPOL_BIND', 'nodes': 'x'}}}",
		 "linux.memoryPolicy: nodes"},
		{"{'linux': {'memoryPolicy': {'nodes': '0'}}}",
		 "linux.memoryPolicy: mode is missing"},
	};

	(void)state;
	assert_refusals(rows, countof(rows));
}

/* Files are opened up to execve(2): a limit that leaves no room for them is set last. */
static void few_files_come_last(void **state)
{
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;
	int64_t soft[3] = {0}, hard[3] = {0};
	int found = 0;
	bool started = false;

	(void)state;
	compile(with("{'process': {'rlimits': [{'type': 'RLIMIT_NOFILE', 'soft': 3, 'hard': 4}]}}"),
		&plan, NULL);
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1) {
		started |= step.kind == STEP_WAIT && step.number[0] == RUNTIME_START;
		if (step.kind != STEP_RLIMIT)
			continue;
		assert_int_equal(started, found);
		soft[found] = step.number[1];
		hard[found++] = step.number[2];
	}
	assert_int_equal(found, 2);
	assert_true(soft[0] >= 64 && hard[0] >= 64);
	assert_int_equal(soft[1], 3);
	assert_int_equal(hard[1], 4);
}

static void the_last_value_of_a_variable_is_kept(void **state)
{
	static const char kept[] = "A=3\0AB=\0B=2";
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(with("{'process': {'env': ['A=1', 'AB=', 'B=2', 'A=3']}}"), &plan, NULL);
	assert_true(find_step(&plan, STEP_ENVIRONMENT, &step));
	assert_int_equal(step.bytes_length, sizeof(kept));
	assert_memory_equal(step.bytes, kept, sizeof(kept));
}

/* Without no_new_privs the filter can only be loaded while there is CAP_SYS_ADMIN. */
static void without_no_new_privs_the_filter_comes_first(void **state)
{
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;
	bool loaded = false;

	(void)state;
	compile(with("{'process': {'noNewPrivileges': false}}"), &plan, NULL);
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1) {
		loaded |= step.kind == STEP_SECCOMP;
		assert_int_not_equal(step.kind, STEP_NO_NEW_PRIVS);
		if (step.kind == STEP_CAPABILITIES)
			assert_true(loaded);
	}
	assert_true(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(errors_of_scheduling_name_the_member),
		cmocka_unit_test(few_files_come_last),
		cmocka_unit_test(the_last_value_of_a_variable_is_kept),
		cmocka_unit_test(without_no_new_privs_the_filter_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
