/*
 * functions_test - functions of the lab, called alone: functions_test NAME
 *
 * For each task one that needs no other: who has written it sees that it works before there is a
 * container. Then what a container cannot lead to, or what only a caller sees: the class of an
 * error. Run by the lab's bats tests (alone in labs/lib/lab.bash), as root in a sandbox that is
 * theirs, so they leave what they change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability.h"
#include "cgroup_tree.h"
#include "hostname.h"
#include "idmap.h"
#include "kernel_call.h"
#include "mount.h"
#include "process.h"
#include "root.h"
#include "seccomp_filter.h"

static void assert_works(struct error *e)
{
	if (e)
		fail_msg("it failed: %s", e->message);
}

static void assert_class(struct error *e, enum error_class class)
{
	assert_non_null(e);
	if (e->class != class)
		print_error("expected: an error of class '%s'\n     got: '%s', %s\n",
			    error_class_name(class), error_class_name(e->class), e->message);
	assert_int_equal(e->class, class);
	error_free(e);
}

/* Section 1.2 */
static void names_are_set(void **state)
{
	char name[65] = "";

	(void)state;
	assert_works(hostname_set("alone-7"));
	assert_return_code(gethostname(name, sizeof(name)), errno);
	assert_string_equal(name, "alone-7");
	assert_works(hostname_set_domain("alone.example"));
	assert_return_code(getdomainname(name, sizeof(name)), errno);
	assert_string_equal(name, "alone.example");
}

/* Section 1.3 */
static void program_inherits_no_signals_and_descriptors(void **state)
{
	struct sigaction action;
	sigset_t blocked;

	(void)state;
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	process_reset_signals();
	assert_return_code(sigaction(SIGUSR1, NULL, &action), errno);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
	assert_return_code(sigprocmask(SIG_BLOCK, NULL, &blocked), errno);
	assert_int_equal(sigismember(&blocked, SIGHUP), 0);

	assert_return_code(dup2(0, 3), errno);
	assert_return_code(dup2(0, 4), errno);
	assert_works(process_close_others(1));
	assert_int_equal(fcntl(3, F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(fcntl(4, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* Section 1.5. The tree is given as a descriptor, as mini-shim has it. */
static void root_is_switched(void **state)
{
	int rootfd = -1;

	(void)state;
	assert_return_code(mkdir("/tmp/new-root", 0755), errno);
	assert_return_code(mkdir("/tmp/new-root/only", 0755), errno);
	assert_return_code(unshare(CLONE_NEWNS), errno);
	assert_works(root_set_propagation(MS_SLAVE | MS_REC));
	int tree = kernel_open_tree(AT_FDCWD, "/tmp/new-root",
				    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	assert_return_code(tree, errno);
	assert_works(root_attach(tree, "/tmp/new-root", &rootfd));
	assert_works(root_pivot(rootfd));
	assert_return_code(access("/only", F_OK), errno);
	assert_int_equal(access("/tmp", F_OK), -1);
	assert_works(root_make_readonly());
	assert_int_equal(mkdir("/another", 0755), -1);
	assert_int_equal(errno, EROFS);
}

/* Section 1.4. What is mounted stays, for the bats test to see. */
static void mounts_are_made_and_placed(void **state)
{
	const struct mount_request scratch = {
		.type = "tmpfs", .source = "tmpfs", .data = "size=64k", .flags = MS_NOEXEC};
	struct statfs about;
	int fd = -1;

	(void)state;
	assert_return_code(mkdir("/tmp/inside", 0755), errno);
	assert_return_code(mkdir("/tmp/given", 0755), errno);
	assert_return_code(mkdir("/tmp/given/file", 0755), errno);
	int root = open("/tmp/inside", O_PATH | O_DIRECTORY);
	assert_works(mount_filesystem(&scratch, &fd));
	assert_works(mount_place(fd, root, "/scratch", false));
	assert_return_code(statfs("/tmp/inside/scratch", &about), errno);
	assert_int_equal(about.f_type, TMPFS_MAGIC);
	assert_works(mount_bind("/tmp/given", false, &fd));
	assert_works(mount_place(fd, root, "/data", false));
	assert_return_code(access("/tmp/inside/data/file", F_OK), errno);
}

/* Section 1.7 */
static void capabilities_become_those_given(void **state)
{
	const uint64_t chown = UINT64_C(1) << CAP_CHOWN, both = chown | UINT64_C(1) << CAP_KILL;
	cap_flag_value_t has;

	(void)state;
	assert_works(capability_keep());
	assert_return_code(prctl(PR_GET_KEEPCAPS), errno);
	assert_int_equal(prctl(PR_GET_KEEPCAPS), 1);
	assert_works(capability_limit(both));
	assert_int_equal(capability_bounding(CAPABILITY_ALL), both);
	assert_works(capability_apply(chown, both, chown, chown));
	cap_t caps = cap_get_proc();
	assert_return_code(cap_get_flag(caps, CAP_KILL, CAP_EFFECTIVE, &has), errno);
	assert_int_equal(has, CAP_CLEAR);
	assert_return_code(cap_get_flag(caps, CAP_KILL, CAP_PERMITTED, &has), errno);
	assert_int_equal(has, CAP_SET);
	assert_return_code(cap_get_flag(caps, CAP_CHOWN, CAP_EFFECTIVE, &has), errno);
	assert_int_equal(has, CAP_SET);
	assert_return_code(cap_get_flag(caps, CAP_SYS_ADMIN, CAP_PERMITTED, &has), errno);
	assert_int_equal(has, CAP_CLEAR);
	assert_int_equal(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 1);
	cap_free(caps);
}

/* Section 1.8: getppid(2) gives ENOSPC. */
static void filter_refuses_a_call(void **state)
{
	static const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	(void)state;
	assert_works(seccomp_set_no_new_privs());
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	assert_works(seccomp_filter_load(filter, sizeof(filter), 0));
	assert_int_equal(syscall(SYS_getppid), -1);
	assert_int_equal(errno, ENOSPC);
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
	assert_works(cgroup_create(&group, "/alone"));
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
		cmocka_unit_test(names_are_set),
		cmocka_unit_test(program_inherits_no_signals_and_descriptors),
		cmocka_unit_test(root_is_switched),
		cmocka_unit_test(mounts_are_made_and_placed),
		cmocka_unit_test(capabilities_become_those_given),
		cmocka_unit_test(filter_refuses_a_call),
		cmocka_unit_test(filter_of_no_length_is_invalid),
		cmocka_unit_test(limit_that_fails_says_how),
		cmocka_unit_test(ordinary_user_maps_its_own_ids),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
