#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sched.h>

#include "capability.h"
#include "cgroup.h"
#include "hook.h"
#include "json.h"
#include "memory.h"
#include "runtime.h"
#include "spec.h"

/* Wants an error of spec_compile that names the member, for a default spec with one change. */
static void assert_refused(json_t *spec, const char *member)
{
	autoplan plan = {0};
	autoerror e = spec_compile(spec, NULL, &plan, NULL);

	if (!e)
		fail_msg("nothing was wrong with %s", member);
	if (!strstr(e->message, member))
		fail_msg("'%s' does not name %s", e->message, member);
	if (strncmp(e->message, "config.json: ", 13) != 0)
		fail_msg("'%s' does not say where", e->message);
	json_decref(spec);
}

static json_t *base(void)
{
	json_t *spec = spec_default();

	json_object_set_new(json_object_get(spec, "root"), "path", json_string("/bundle/rootfs"));
	return spec;
}

/* {"process": {"cwd": value}} laid over the default one; value is JSON text. */
static json_t *with(const char *text)
{
	json_t *spec = base(), *change = json_loads(text, 0, NULL);

	assert_non_null(change);
	json_object_update_recursive(spec, change);
	json_decref(change);
	return spec;
}

static void errors_name_the_member(void **state)
{
	static const struct {
		const char *change, *member;
	} rows[] = {
		{"{\"ociVersion\": \"2.0\"}", "ociVersion"},
		{"{\"ociVersion\": null}", "ociVersion"},
		{"{\"ociVersion\": \"1\"}", "ociVersion"},
		{"{\"ociVersion\": \"1.0\"}", "ociVersion"},
		{"{\"ociVersion\": \"1.0.2-\"}", "ociVersion"},
		{"{\"ociVersion\": \"1.0.x\"}", "ociVersion"},
		{"{\"ociVersion\": \"1.+2.3\"}", "ociVersion"},
		{"{\"ociVersion\": \"0.9.9\"}", "ociVersion"},
		{"{\"annotations\": {\"a\": 1}}", "annotations.a"},
		{"{\"annotations\": {\"\": \"x\"}}", "annotations."},
		{"{\"process\": {\"scheduler\": {}}}", "process.scheduler: policy"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_ISO\"}}}",
		 "process.scheduler: policy"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_OTHER\", \"nice\": 20}}}",
		 "process.scheduler: nice"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_OTHER\", \"priority\": 5}}}",
		 "process.scheduler: priority"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_FIFO\"}}}",
		 "process.scheduler: priority"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_IDLE\", \"nice\": 1}}}",
		 "process.scheduler: nice"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"runtime\": 9, "
		 "\"deadline\": 8}}}",
		 "process.scheduler: SCHED_DEADLINE"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_BATCH\", \"period\": 9}}}",
		 "process.scheduler: runtime, deadline, period"},
		{"{\"process\": {\"scheduler\": {\"policy\": \"SCHED_OTHER\", \"flags\": "
		 "[\"X\"]}}}",
		 "process.scheduler: flags[0]"},
		{"{\"process\": {\"ioPriority\": {\"class\": \"IOPRIO_CLASS_NONE\", \"priority\": "
		 "1}}}",
		 "process.ioPriority: class"},
		{"{\"process\": {\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\"}}}",
		 "process.ioPriority: priority is missing"},
		{"{\"process\": {\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": "
		 "8}}}",
		 "process.ioPriority: priority"},
		{"{\"process\": {\"consoleSize\": {\"height\": 24}}}",
		 "process.consoleSize: width is missing"},
		{"{\"linux\": {\"personality\": {\"domain\": \"BSD\"}}}",
		 "linux.personality: domain"},
		{"{\"linux\": {\"personality\": {\"domain\": \"LINUX\", \"flags\": [\"X\"]}}}",
		 "linux.personality: flags[0]"},
		{"{\"linux\": {\"memoryPolicy\": {\"mode\": \"MPOL_BIND\"}}}",
		 "linux.memoryPolicy: nodes"},
		{"{\"linux\": {\"memoryPolicy\": {\"mode\": \"MPOL_LOCAL\", \"nodes\": \"0\"}}}",
		 "linux.memoryPolicy: nodes"},
		{"{\"linux\": {\"memoryPolicy\": {\"mode\": \"MPOL_BIND\", \"nodes\": \"x\"}}}",
		 "linux.memoryPolicy: nodes"},
		{"{\"linux\": {\"memoryPolicy\": {\"nodes\": \"0\"}}}",
		 "linux.memoryPolicy: mode is missing"},
		{"{\"process\": null}", "process"},
		{"{\"process\": {\"args\": []}}", "process.args"},
		{"{\"process\": {\"args\": [1]}}", "process.args[0]"},
		{"{\"process\": {\"cwd\": \"tmp\"}}", "process.cwd"},
		{"{\"process\": {\"cwd\": 3}}", "cwd"},
		{"{\"process\": {\"env\": [\"PATH\"]}}", "process.env"},
		{"{\"process\": {\"env\": \"A=b\"}}", "env"},
		{"{\"process\": {\"user\": {\"uid\": -1}}}", "process.user"},
		{"{\"process\": {\"user\": {\"umask\": 1000}}}", "process.user: umask"},
		{"{\"process\": {\"oomScoreAdj\": 2000}}", "process.oomScoreAdj"},
		{"{\"process\": {\"consoleSize\": {\"height\": 70000}}}", "process.consoleSize"},
		{"{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_X\", \"soft\": 1, \"hard\": "
		 "1}]}}",
		 "process.rlimits[0]"},
		{"{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_CPU\", \"soft\": 2, \"hard\": "
		 "1}]}}",
		 "process.rlimits[0]"},
		{"{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_CPU\", \"soft\": 1, \"hard\": "
		 "1}, {\"type\": \"RLIMIT_CPU\", \"soft\": 1, \"hard\": 1}]}}",
		 "process.rlimits[1]"},
		{"{\"process\": {\"capabilities\": {\"bounding\": [7]}}}",
		 "process.capabilities: bounding[0]"},
		{"{\"root\": {\"path\": \"\"}}", "root.path"},
		{"{\"root\": {\"path\": \"rootfs\"}}", "root.path"},
		{"{\"hostname\": "
		 "\"01234567890123456789012345678901234567890123456789012345678901234\"}",
		 "hostname"},
		{"{\"mounts\": [{\"type\": \"tmpfs\"}]}", "mounts[0]: destination"},
		{"{\"mounts\": [{\"destination\": \"/x\"}]}", "mounts[0]: type"},
		{"{\"mounts\": [{\"destination\": \"/x\", \"type\": \"bind\", \"source\": \"y\"}]}",
		 "mounts[0]: source"},
		{"{\"mounts\": [{\"destination\": \"/x\", \"type\": \"bind\", \"source\": \"/y\", "
		 "\"options\": [\"idmap\"]}]}",
		 "mounts[0]: options"},
		{"{\"mounts\": [{\"destination\": \"/x\", \"type\": \"tmpfs\", \"options\": "
		 "[\"ridmap\"]}]}",
		 "mounts[0]: options"},
		{"{\"mounts\": [{\"destination\": \"/x\", \"type\": \"bind\", \"source\": \"/y\", "
		 "\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": 1}]}]}",
		 "mounts[0]: uidMappings: it goes with gidMappings"},
		{"{\"mounts\": [{\"destination\": \"/x\", \"type\": \"proc\", \"options\": "
		 "[\"tmpcopyup\"]}]}",
		 "mounts[0]: options: tmpcopyup"},
		{"{\"linux\": {\"mountLabel\": \"a:b:c:d\"}}", "linux.mountLabel"},
		{"{\"hooks\": {\"prestart\": [{\"path\": \"x\"}]}}", "hooks: prestart[0]: path"},
		{"{\"hooks\": {\"prestart\": [{\"args\": [\"x\"]}]}}", "hooks: prestart[0]: path"},
		{"{\"hooks\": {\"poststop\": [{\"path\": \"/x\"}, {\"path\": \"/x\", \"timeout\": "
		 "0}]}}",
		 "hooks: poststop[1]: timeout"},
		{"{\"hooks\": {\"createRuntime\": [{\"path\": \"/x\", \"args\": [1]}]}}",
		 "hooks: createRuntime[0]: args[0]"},
		{"{\"hooks\": {\"startContainer\": [{\"path\": \"/x\", \"env\": \"A=b\"}]}}",
		 "env"},
		{"{\"hooks\": {\"poststart\": {}}}", "hooks: the member 'poststart'"},
		{"{\"linux\": {\"namespaces\": [{\"type\": \"nets\"}]}}", "linux.namespaces[0]"},
		{"{\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"pid\"}]}}",
		 "linux.namespaces[1]"},
		{"{\"linux\": {\"namespaces\": [{\"type\": \"pid\", \"path\": \"x\"}]}}",
		 "linux.namespaces[0]"},
		{"{\"hostname\": null, \"linux\": {\"namespaces\": [{\"type\": \"user\"}], "
		 "\"uidMappings\": "
		 "[{\"containerID\": 0, \"hostID\": 1, \"size\": 1}]}}",
		 "linux.namespaces"},
		{"{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}}", "hostname"},
		{"{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"uts\"}, "
		 "{\"type\": \"user\"}]}}",
		 "linux.uidMappings"},
		{"{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 1, \"size\": "
		 "1}]}}",
		 "linux.uidMappings"},
		{"{\"linux\": {\"sysctl\": {\"kernel.panic\": \"1\"}}}", "linux.sysctl"},
		{"{\"linux\": {\"sysctl\": {\"net../../kernel/panic\": \"1\"}}}", "linux.sysctl"},
		{"{\"linux\": {\"sysctl\": {\"net.//.kernel.panic\": \"1\"}}}", "linux.sysctl"},
		{"{\"linux\": {\"sysctl\": {\"/net/ipv4/ip_forward\": \"1\"}}}", "linux.sysctl"},
		{"{\"linux\": {\"sysctl\": {\"kernel/panic\": \"1\"}}}", "linux.sysctl"},
		{"{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", "
		 "\"architectures\": [\"SCMP_ARCH_Z80\"]}}}",
		 "linux.seccomp: architectures[0]: 'SCMP_ARCH_Z80' is not known to libseccomp"},
		{"{\"linux\": {\"maskedPaths\": [\"proc\"]}}", "linux.maskedPaths[0]"},
		{"{\"linux\": {\"readonlyPaths\": [null]}}", "linux.readonlyPaths[0]"},
		{"{\"linux\": {\"rootfsPropagation\": \"x\"}}", "linux.rootfsPropagation"},
		{"{\"linux\": {\"cgroupsPath\": 1}}", "cgroupsPath"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"memory\": {\"limit\": "
		 "\"1\"}}}}",
		 "linux.resources.memory"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"devices\": [{\"type\": "
		 "\"x\"}]}}}",
		 "linux.resources.devices[0]"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"memory\": {\"limit\": 2, "
		 "\"swap\": 1}}}}",
		 "linux.resources.memory: swap"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"hugepageLimits\": "
		 "[{\"pageSize\": \"2\"}]}}}",
		 "linux.resources.hugepageLimits[0]: pageSize"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"blockIO\": "
		 "{\"weightDevice\": [{\"weight\": "
		 "9}]}}}}",
		 "linux.resources.blockIO.weightDevice[0]"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"rdma\": {\"mlx\": {}}}}}",
		 "linux.resources.rdma.mlx"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"unified\": {\"../x\": "
		 "\"1\"}}}}",
		 "linux.resources.unified: '../x'"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"unified\": "
		 "{\"memory.high\": 1}}}}",
		 "linux.resources.unified: 'memory.high'"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"network\": "
		 "{\"priorities\": [{\"name\": \"a "
		 "b\"}]}}}}",
		 "linux.resources.network.priorities[0]: name"},
		{"{\"linux\": {\"cgroupsPath\": \"/x\", \"resources\": {\"devices\": [{\"access\": "
		 "\"rx\"}]}}}",
		 "linux.resources.devices[0]"},
		{"{\"linux\": {\"devices\": [{\"path\": \"/dev/x\", \"type\": \"q\"}]}}",
		 "linux.devices[0]"},
		{"{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_X\"}}}",
		 "linux.seccomp: defaultAction"},
		{"{\"linux\": {\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": "
		 "[{\"names\": [\"read\"], \"action\": \"SCMP_ACT_NOTIFY\"}]}}}",
		 "linux.seccomp: listenerPath"},
		{"{\"linux\": {\"devices\": [{\"path\": \"/dev/x\", \"type\": \"c\", \"major\": "
		 "1}]}}",
		 "linux.devices[0]: minor is missing"},
		{"{\"linux\": {\"netDevices\": {\"a/b\": {}}}}", "linux.netDevices['a/b']"},
		{"{\"linux\": {\"netDevices\": {\"a%d\": {}}}}", "linux.netDevices['a%d']"},
		{"{\"linux\": {\"netDevices\": {\"a\": 1}}}", "linux.netDevices['a']"},
		{"{\"linux\": {\"netDevices\": {\"a\": {\"name\": \"sixteen-letters-\"}}}}",
		 "linux.netDevices['a']: name"},
		{"{\"linux\": {\"netDevices\": {\"a\": {\"name\": \"%d%d\"}}}}",
		 "linux.netDevices['a']: name"},
		{"{\"linux\": {\"netDevices\": {\"a\": {}, \"b\": {\"name\": \"a\"}}}}",
		 "linux.netDevices['b']: name: 'a' is there twice"},
		{"{\"linux\": {\"netDevices\": {\"a\": {}}, \"namespaces\": "
		 "[{\"type\": \"mount\"}]}}",
		 "linux.netDevices"},
		{"{\"linux\": {\"intelRdt\": {\"closID\": \"a/b\"}}}", "linux.intelRdt: closID"},
		{"{\"linux\": {\"intelRdt\": {\"closID\": \"mon_groups\"}}}",
		 "linux.intelRdt: closID"},
		{"{\"linux\": {\"intelRdt\": {\"memBwSchema\": \"L3:0=1\"}}}",
		 "linux.intelRdt: memBwSchema"},
		{"{\"linux\": {\"intelRdt\": {\"schemata\": [\"L3:0=1\\n\"]}}}",
		 "linux.intelRdt: schemata[0]"},
		{"{\"annotations\": {\"mini-docker.seccomp\": \"x\"}}", "mini-docker.seccomp"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_refused(with(rows[i].change), rows[i].member);
}

static bool find_step(const struct plan *plan, enum step_kind kind, struct step *step)
{
	size_t offset = 0;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, step) == 1)
		if (step->kind == kind)
			return true;
	return false;
}

static void compile(json_t *spec, struct plan *plan, struct buffer *warnings)
{
	const struct spec_options options = {
		.bundle = "/bundle", .cgroup_default = "/group", .id = "web"};
	autoerror e = spec_compile(spec, &options, plan, warnings);

	json_decref(spec);
	if (e)
		fail_msg("%s", e->message);
}

static void sysctls_have_dots_or_slashes(void **state)
{
	static const struct {
		const char *change, *name;
	} rows[] = {
		{"{\"linux\": {\"sysctl\": {\"net/ipv4/conf/eth0.100/x\": \"1\"}}}",
		 "net.ipv4.conf.eth0/100.x"},
		{"{\"linux\": {\"sysctl\": {\"net.ipv4.conf.eth0/100.x\": \"1\"}}}",
		 "net.ipv4.conf.eth0/100.x"},
		{"{\"linux\": {\"sysctl\": {\"kernel/shmmax\": \"1\"}}}", "kernel.shmmax"},
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
	compile(with("{\"process\": {\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 3, "
		     "\"hard\": 4}]}}"),
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
	compile(with("{\"process\": {\"env\": [\"A=1\", \"AB=\", \"B=2\", \"A=3\"]}}"), &plan,
		NULL);
	assert_true(find_step(&plan, STEP_ENVIRONMENT, &step));
	assert_int_equal(step.bytes_length, sizeof(kept));
	assert_memory_equal(step.bytes, kept, sizeof(kept));
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
	static const char shared[] = "{\"linux\": {\"namespaces\": [{\"type\": \"mount\"}, "
				     "{\"type\": \"uts\"}, {\"type\": \"network\"}, "
				     "{\"type\": \"pid\", \"path\": \"/proc/1/ns/pid\"}]}}";

	(void)state;
	assert_int_equal(hidden_before("{}", STEP_SESSION), 0);
	assert_int_equal(hidden_before("{}", STEP_CAPABILITIES), 1);
	assert_int_equal(hidden_before(shared, STEP_SESSION), 1);
}

/* Without no_new_privs the filter can only be loaded while there is CAP_SYS_ADMIN. */
static json_t *with_hooks(void)
{
	return with("{\"hooks\": {\"createRuntime\": [{\"path\": \"/a\", \"args\": [\"a\", \"b\"], "
		    "\"env\": [\"X=y\"], \"timeout\": 5}], \"createContainer\": [{\"path\": "
		    "\"/b\"}], \"startContainer\": [{\"path\": \"/c\", \"env\": []}], \"nosuch\": "
		    "[{}]}, \"annotations\": {\"k\": \"v\"}}");
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
	assert_string_equal(
		step.text[0],
		"\"ociVersion\":\"1.0.2\",\"id\":\"web\",\"bundle\":"
		"\"/bundle\",\"annotations\":{\"mini-docker.seccomp\":\"default\",\"k\":\"v\"}");
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

static void without_no_new_privs_the_filter_comes_first(void **state)
{
	autoplan plan = {0};
	struct step step;
	size_t offset = 0;
	bool loaded = false;

	(void)state;
	compile(with("{\"process\": {\"noNewPrivileges\": false}}"), &plan, NULL);
	while (plan_next(plan.steps.data, plan.steps.length, &offset, &step) == 1) {
		loaded |= step.kind == STEP_SECCOMP;
		assert_int_not_equal(step.kind, STEP_NO_NEW_PRIVS);
		if (step.kind == STEP_CAPABILITIES)
			assert_true(loaded);
	}
	assert_true(loaded);
}

static void a_mount_has_its_options(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(with("{\"mounts\": [{\"destination\": \"x\", \"type\": \"tmpfs\", \"source\": "
		     "\"s\", "
		     "\"options\": [\"nosuid\", \"ro\", \"size=1k\", \"rw\", \"mode=700\", "
		     "\"rslave\"]}]}"),
		&plan, NULL);
	assert_true(find_step(&plan, STEP_MOUNT, &step));
	assert_string_equal(step.text[2], "/x");
	assert_string_equal(step.text[3], "size=1k,mode=700");
	assert_int_equal(step.number[0], 2 /* MS_NOSUID */);
	assert_int_equal(step.number[1], 1 /* MS_RDONLY */);
	assert_int_equal(step.bytes_length, sizeof(uint32_t));
	assert_int_equal(*(const uint32_t *)step.bytes, (1 << 19) | 16384 /* MS_SLAVE | MS_REC */);
}

static void what_cannot_be_is_warned_about(void **state)
{
	autoplan plan = {0};
	autobuffer warnings = {0};

	(void)state;
	compile(with("{\"process\": {\"capabilities\": {\"effective\": [\"CAP_FLY\"]}}, \"linux\": "
		     "{\"resources\": {\"memory\": {\"useHierarchy\": false}}}}"),
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
		json_t *spec = base();

		json_object_set_new(spec, "ociVersion", json_string(rows[i].version));
		compile(spec, &plan, &warnings);
		assert_int_equal(warnings.data && strstr(warnings.data, "ociVersion"),
				 rows[i].warned);
	}
}

static void limits_are_texts_of_the_cgroup(void **state)
{
	autoplan plan = {0};
	struct step step;

	(void)state;
	compile(with("{\"linux\": {\"resources\": {\"devices\": null, \"memory\": {\"limit\": "
		     "9223372036854771712, \"swappiness\": 0}, \"pids\": {\"limit\": -1}}}}"),
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
					    "[{\"allow\": true, \"type\": \"c\", \"major\": 10}]"};

	(void)state;
	for (size_t i = 0; i < countof(rules); i++) {
		autofree char *change =
			format("{\"linux\": {\"resources\": {\"devices\": %s}}}", rules[i]);
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
		{"{\"memory\": {\"kernelTCP\": 4096}}", CGROUP_MEMORY_KERNEL_TCP, "4096"},
		{"{\"memory\": {\"limit\": 7, \"checkBeforeUpdate\": true}}", CGROUP_MEMORY_CHECK,
		 "7"},
		{"{\"cpu\": {\"burst\": 0}}", CGROUP_CPU_BURST, "0"},
		{"{\"cpu\": {\"idle\": 1}}", CGROUP_CPU_IDLE, "1"},
		{"{\"cpu\": {\"realtimeRuntime\": 9}}", CGROUP_CPU_RT_RUNTIME, "9"},
		{"{\"pids\": {\"limit\": 0}}", CGROUP_PIDS_MAX, "0"},
		{"{\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, \"weight\": "
		 "500}]}}",
		 CGROUP_BLKIO_WEIGHT_DEVICE, "8:0 500"},
		{"{\"blockIO\": {\"throttleWriteIOPSDevice\": [{\"major\": 8, \"minor\": 16, "
		 "\"rate\": 300}]}}",
		 CGROUP_BLKIO_WRITE_IOPS, "8:16 300"},
		{"{\"hugepageLimits\": [{\"pageSize\": \"2MB\", \"limit\": 4194304}]}",
		 CGROUP_HUGETLB, "2MB 4194304"},
		{"{\"network\": {\"classID\": 1048577}}", CGROUP_NETWORK_CLASS, "1048577"},
		{"{\"network\": {\"priorities\": [{\"name\": \"eth0\", \"priority\": 5}]}}",
		 CGROUP_NETWORK_PRIORITY, "eth0 5"},
		{"{\"rdma\": {\"mlx\": {\"hcaHandles\": 3, \"hcaObjects\": 9}}}", CGROUP_RDMA,
		 "mlx hca_handle=3 hca_object=9"},
		{"{\"unified\": {\"memory.high\": \"1000\"}}", CGROUP_UNIFIED, "memory.high 1000"},
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autojson *resources = json_loads(cases[i].resources, 0, NULL);
		autoplan plan = {0};
		struct step step;
		size_t offset = 0;

		assert_null(spec_compile_resources(resources, &plan, NULL));
		assert_int_equal(plan_next(plan.steps.data, plan.steps.length, &offset, &step), 1);
		assert_int_equal(step.number[0], cases[i].limit);
		assert_string_equal(step.text[0], cases[i].value);
	}
}

/* What a user namespace's root may do with the group, by the rules of the specification. */
static void a_group_is_given_to_who_may_write_it(void **state)
{
	static const struct {
		const char *options;
		int64_t owner; /* 0: no step */
	} cases[] = {{"[\"rw\"]", 100007}, {"[\"nosuid\", \"ro\"]", 0}};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *changes = format("{\"process\": {\"user\": {\"uid\": 7}}, "
						"\"linux\": {\"namespaces\": [{\"type\": "
						"\"user\"}, {\"type\": \"mount\"}, {\"type\": "
						"\"cgroup\"}], \"uidMappings\": "
						"[{\"containerID\": 0, \"hostID\": 100000, "
						"\"size\": 10}], \"gidMappings\": "
						"[{\"containerID\": 0, \"hostID\": 100000, "
						"\"size\": 10}]}, \"hostname\": \"\", "
						"\"mounts\": [{\"type\": \"cgroup\", \"source\": "
						"\"cgroup\", \"destination\": "
						"\"/sys/fs/cgroup\", \"options\": %s}]}",
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

static void an_exec_joins_what_the_container_has(void **state)
{
	autojson *spec = with("{\"linux\": {\"cgroupsPath\": \"/g\"}}");
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
		cmocka_unit_test(sysctls_have_dots_or_slashes),
		cmocka_unit_test(few_files_come_last),
		cmocka_unit_test(the_last_value_of_a_variable_is_kept),
		cmocka_unit_test(the_default_spec_is_what_docker_does),
		cmocka_unit_test(steps_are_in_an_order_that_works),
		cmocka_unit_test(hooks_are_told_before_they_are_run),
		cmocka_unit_test(without_hooks_there_is_no_state),
		cmocka_unit_test(without_no_new_privs_the_filter_comes_first),
		cmocka_unit_test(a_mount_has_its_options),
		cmocka_unit_test(what_cannot_be_is_warned_about),
		cmocka_unit_test(newer_versions_are_taken_with_a_warning),
		cmocka_unit_test(who_is_seen_by_others_hides_at_once),
		cmocka_unit_test(limits_are_texts_of_the_cgroup),
		cmocka_unit_test(devices_that_are_not_named_are_forbidden),
		cmocka_unit_test(every_resource_is_a_limit),
		cmocka_unit_test(a_group_is_given_to_who_may_write_it),
		cmocka_unit_test(an_exec_joins_what_the_container_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
