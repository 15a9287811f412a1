#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup_device.h"
#include "cgroup_tree.h"
#include "memory.h"

/* Real groups, of a name that only this process has. */
static char *group_path(void)
{
	return format("/mini-cgroup-test-%d", getpid());
}

static int make_group(void **state)
{
	struct cgroup *cgroup = allocate(sizeof(*cgroup));
	autofree char *path = group_path();

	*state = cgroup;
	if (geteuid() != 0 || cgroup_layout() == CGROUP_NONE)
		return 0;
	assert_null(cgroup_create(cgroup, path));
	return 0;
}

static int drop_group(void **state)
{
	struct cgroup *cgroup = *state;

	assert_null(cgroup_remove(cgroup));
	cgroup_finish(cgroup);
	free(cgroup);
	return 0;
}

static void assert_file(const struct cgroup *cgroup, const char *controller, const char *v1,
			const char *v2, const char *want)
{
	const char *file = cgroup_layout() == CGROUP_V2 ? v2 : v1;
	autobuffer text = {0};
	autoerror e = cgroup_read(cgroup, controller, file, &text);

	if (e)
		fail_msg("%s", e->message);
	text.data[strcspn(text.data, "\n")] = '\0';
	assert_string_equal(text.data, want);
}

static void set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	autoerror e = cgroup_set(cgroup, limit, value);

	if (e && e->class != ERROR_UNAVAILABLE)
		fail_msg("%s", e->message);
}

static void limits_reach_the_kernel(void **state)
{
	const struct cgroup *cgroup = *state;
	bool v2 = cgroup_layout() == CGROUP_V2;

	if (!cgroup->path)
		skip();
	set(cgroup, CGROUP_MEMORY_MAX, "67108864");
	assert_file(cgroup, "memory", "memory.limit_in_bytes", "memory.max", "67108864");
	set(cgroup, CGROUP_PIDS_MAX, "17");
	assert_file(cgroup, "pids", "pids.max", "pids.max", "17");
	set(cgroup, CGROUP_PIDS_MAX, "-1");
	assert_file(cgroup, "pids", "pids.max", "pids.max", "max");
	set(cgroup, CGROUP_CPU_PERIOD, "50000");
	set(cgroup, CGROUP_CPU_QUOTA, "20000");
	assert_file(cgroup, "cpu", "cpu.cfs_quota_us", "cpu.max", v2 ? "20000 50000" : "20000");
	set(cgroup, CGROUP_CPU_SHARES, "512");
	assert_file(cgroup, "cpu", "cpu.shares", "cpu.weight", v2 ? "59" : "512");
}

static void wrong_values_are_the_callers_fault(void **state)
{
	const struct cgroup *cgroup = *state;

	if (!cgroup->path)
		skip();
	autoerror pids = cgroup_set(cgroup, CGROUP_PIDS_MAX, "many");
	assert_int_equal(pids->class, ERROR_INVALID);
	autoerror cpus = cgroup_set(cgroup, CGROUP_CPUSET_CPUS, "9999");
	assert_non_null(cpus);
	autoerror e = cgroup_set(cgroup, CGROUP_DEVICE_RULE, "x c 1:3 rwm");
	assert_non_null(e);
}

static void paths_stay_below_the_trees(void **state)
{
	static const char *const paths[] = {"",      "/",     "x",   "/..",       "/../x",
					    "/a/..", "/a//b", "/a/", "/a/../../b"};

	(void)state;
	for (size_t i = 0; i < countof(paths); i++) {
		struct cgroup cgroup = {0};
		autoerror e = cgroup_create(&cgroup, paths[i]);

		if (!e)
			fail_msg("'%s' was taken", paths[i]);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_null(cgroup.path);
	}
}

static void a_group_in_use_is_not_taken_over(void **state)
{
	struct cgroup *cgroup = *state, again = {0};

	if (!cgroup->path)
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_null(cgroup_add(cgroup, pid));
	autoerror e = cgroup_create(&again, cgroup->path);
	assert_int_equal(e->class, ERROR_CONFLICT);
	assert_null(cgroup_kill(cgroup, SIGKILL));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Two starts at once: one has just made the group that both want to be below, and no more. */
static void a_group_that_is_half_made_is_made_whole(void **state)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of("cpuset");
	struct cgroup *cgroup = *state, below = {0};
	size_t count;

	if (!cgroup->path)
		skip();
	if (!tree)
		tree = cgroup_hierarchies(&count);
	autofree char *half = format("%s/half", cgroup->path);
	autofree char *folder = cgroup_file(tree, half, NULL);
	autofree char *path = format("%s/own", half);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_null(cgroup_create(&below, path));
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	autoerror e = cgroup_add(&below, pid);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (e)
		fail_msg("%s", e->message);
	cgroup_finish(&below);
}

/* Members also in groups that a container made below; all of it goes. */
static void removal_kills_what_is_left(void **state)
{
	struct cgroup *cgroup = *state, below = {0};
	autobuffer pids = {0}, none = {0};
	int status;

	if (!cgroup->path)
		skip();
	autofree char *path = format("%s/deep/er", cgroup->path);
	assert_null(cgroup_create(&below, path));
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_null(cgroup_add(&below, pid));
	assert_null(cgroup_processes(cgroup, &pids));
	assert_int_equal(pids.length, sizeof(pid_t));
	assert_memory_equal(pids.data, &pid, sizeof(pid));
	assert_null(cgroup_remove(cgroup));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_null(cgroup_processes(cgroup, &none));
	assert_int_equal(none.length, 0);
	cgroup_finish(&below);
}

/* Into its groups of version 1; where there are none it stays where it is. */
static void a_process_moves_itself(void **state)
{
	const struct cgroup *cgroup = *state;
	autobuffer members = {0};
	int status;

	if (!cgroup->path)
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		if (!cgroup_enter(cgroup))
			raise(SIGSTOP);
		_exit(1);
	}
	autofree char *moved = format("%d\n", pid);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_null(cgroup_read(cgroup, "pids", "cgroup.procs", &members));
	assert_string_equal(members.length ? members.data : "",
			    cgroup_layout() == CGROUP_V2 ? "" : moved);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void frozen_processes_stand_still(void **state)
{
	const struct cgroup *cgroup = *state;

	if (!cgroup->path)
		skip();
	volatile int *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (;; usleep(1000))
			(*count)++;
	}
	assert_null(cgroup_add(cgroup, pid));
	assert_null(cgroup_freeze(cgroup, true));
	int before = *count;
	usleep(30000);
	assert_int_equal(*count, before);
	assert_null(cgroup_freeze(cgroup, false));
	for (int i = 0; i < 1000 && *count == before; i++)
		usleep(1000);
	assert_true(*count > before);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	munmap((void *)count, sizeof(*count));
}

static void memory_over_the_limit_is_counted(void **state)
{
	const struct cgroup *cgroup = *state;
	uint64_t kills = 77;
	int status;

	if (!cgroup->path)
		skip();
	set(cgroup, CGROUP_MEMORY_MAX, "8388608");
	assert_null(cgroup_oom_kills(cgroup, &kills));
	assert_int_equal(kills, 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (cgroup_add(cgroup, getpid()))
			_exit(3);
		volatile char *much = malloc(64 << 20);
		for (int i = 0; i < 64 << 20; i += 4096)
			much[i] = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_null(cgroup_oom_kills(cgroup, &kills));
	assert_int_equal(kills, 1);
}

/* The errno of a program in the group that opens the device; 0 when it may. */
static int opens(const struct cgroup *cgroup, const char *path, int flags)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (cgroup_add(cgroup, getpid()))
			_exit(200);
		_exit(open(path, flags | O_CLOEXEC) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static const char rules[] = "a c 1:9 rwm\n" /* taken back by the next one */
			    "d a *:* rwm\n"
			    "a c 1:3 rwm\n"
			    "a c 1:5 r\n"
			    "a c 1:7 rwm\n"
			    "d c 1:7 w\n";

static void assert_devices(const struct cgroup *cgroup)
{
	assert_int_equal(opens(cgroup, "/dev/null", O_RDWR), 0);
	assert_int_equal(opens(cgroup, "/dev/zero", O_RDONLY), 0);
	assert_int_equal(opens(cgroup, "/dev/zero", O_RDWR), EPERM);
	assert_int_equal(opens(cgroup, "/dev/urandom", O_RDONLY), EPERM);
	assert_int_equal(opens(cgroup, "/dev/full", O_RDONLY), 0);
	assert_int_equal(opens(cgroup, "/dev/full", O_WRONLY), EPERM);
	assert_int_equal(opens(cgroup, "/etc/passwd", O_RDONLY), 0);
}

static void devices_are_refused(void **state)
{
	const struct cgroup *cgroup = *state;

	if (!cgroup->path)
		skip();
	autoerror e = cgroup_set_devices(cgroup, rules);
	if (e && e->class == ERROR_UNAVAILABLE)
		skip();
	assert_null(e);
	assert_devices(cgroup);
}

/* Also where version 1 limits devices: the program works in any version 2 group. */
static void devices_are_refused_by_a_program(void **state)
{
	const struct cgroup *cgroup = *state;
	autoclose int group = cgroup_v2_fd(cgroup);

	if (group < 0)
		skip();
	autoerror e = cgroup_device_attach(group, rules);
	if (e && e->class == ERROR_UNAVAILABLE)
		skip();
	assert_null(e);
	assert_devices(cgroup);
}

static void wrong_device_rules_are_told(void **state)
{
	static const char *const wrong[] = {"x",           "a c 1:3",    "a c 1:3 x", "z c 1:3 r",
					    "a d 1:3 rwm", "a c -1:3 r", "a c 1.3 r", "a c 1:3 "};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		autoerror e = cgroup_device_attach(-1, wrong[i]);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

#define group_test(f) cmocka_unit_test_setup_teardown(f, make_group, drop_group)

int main(void)
{
	const struct CMUnitTest tests[] = {
		group_test(limits_reach_the_kernel),
		group_test(wrong_values_are_the_callers_fault),
		cmocka_unit_test(paths_stay_below_the_trees),
		group_test(a_group_in_use_is_not_taken_over),
		group_test(a_group_that_is_half_made_is_made_whole),
		group_test(removal_kills_what_is_left),
		group_test(a_process_moves_itself),
		group_test(frozen_processes_stand_still),
		group_test(memory_over_the_limit_is_counted),
		group_test(devices_are_refused),
		group_test(devices_are_refused_by_a_program),
		cmocka_unit_test(wrong_device_rules_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
