/*
 * functions_test - functions of the lab, called alone: functions_test NAME
 *
 * What a container cannot lead to, or what only a caller sees: the class of an error. Run by the
 * lab's bats tests (alone in labs/lib/lab.bash), as root in a sandbox.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_tree.h"
#include "idmap.h"
#include "seccomp_filter.h"

static void assert_class(struct error *e, enum error_class class)
{
	assert_non_null(e);
	if (e->class != class)
		print_error("expected: an error of class '%s'\n     got: '%s', %s\n",
			    error_class_name(class), error_class_name(e->class), e->message);
	assert_int_equal(e->class, class);
	error_free(e);
}

/* Section 1.8: a plan that is damaged. */
static void filter_of_no_length_is_invalid(void **state)
{
	static const struct sock_filter allow[BPF_MAXINSNS + 1] = {
		{.code = BPF_RET | BPF_K, .k = 0x7fff0000}};

	(void)state;
	assert_class(seccomp_filter_load(allow, 0, 0), ERROR_INVALID);
	assert_class(seccomp_filter_load(allow, sizeof(allow[0]) + 1, 0), ERROR_INVALID);
	assert_class(seccomp_filter_load(allow, sizeof(allow), 0), ERROR_INVALID);
}

/* Section 1.6: the caller's fault, or the kernel's. */
static void limit_that_fails_says_how(void **state)
{
	const struct cgroup_hierarchy *pids = cgroup_hierarchy_of("pids");
	const struct cgroup_hierarchy *cpus = cgroup_hierarchy_of("cpuset");
	struct cgroup group;

	(void)state;
	pids = pids ? pids : cgroup_hierarchy_of(NULL);
	cpus = cpus ? cpus : cgroup_hierarchy_of(NULL);
	assert_non_null(pids);
	struct error *e = cgroup_create(&group, "/alone");
	assert_null(e);
	assert_class(cgroup_write_limit(pids, &group, "pids.max", CGROUP_PIDS_MAX, "many"),
		     ERROR_INVALID); /* EINVAL */
	assert_class(cgroup_write_limit(cpus, &group, "cpuset.cpus", CGROUP_CPUSET_CPUS, "99999"),
		     ERROR_INVALID); /* ERANGE */
	assert_class(cgroup_write_limit(pids, &group, "no.such.file", CGROUP_PIDS_MAX, "9"),
		     ERROR_UNAVAILABLE); /* ENOENT */
	assert_class(cgroup_write_limit(pids, &group, "cgroup.procs", CGROUP_PIDS_MAX, "999999"),
		     ERROR_SYSTEM); /* ESRCH */
	error_free(cgroup_remove(&group));
	cgroup_finish(&group);
}

/* Section 1.9: who is not root gives up setgroups(2) in there first. */
static void ordinary_user_maps_its_own_ids(void **state)
{
	int ready[2], status;

	(void)state;
	assert_return_code(pipe(ready), 0);
	pid_t ordinary = fork();
	if (ordinary == 0) {
		/* After a change of user its files in /proc are root's, unless it says this. */
		if (setresgid(7, 7, 7) < 0 || setresuid(7, 7, 7) < 0 ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
			_exit(2);
		pid_t child = fork();
		if (child == 0) {
			(void)!write(ready[1], unshare(CLONE_NEWUSER) < 0 ? "n" : "y", 1);
			pause();
		}
		char unshared = 'n';
		(void)!read(ready[0], &unshared, 1);
		struct error *e = unshared == 'y' ? idmap_write(child, "0 7 1\n", "0 7 1\n") : NULL;
		if (e)
			print_error("%s\n", e->message);
		kill(child, SIGKILL);
		_exit(unshared != 'y' ? 3 : e ? 1 : 0);
	}
	assert_int_equal(waitpid(ordinary, &status, 0), ordinary);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_of_no_length_is_invalid),
		cmocka_unit_test(limit_that_fails_says_how),
		cmocka_unit_test(ordinary_user_maps_its_own_ids),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
