/*
 * seccomp_default.h - Docker's default profile: what a container may call
 *
 * Data and the two functions that turn it into BPF, all in a header: seccomp_default_gen.c uses
 * it at build time, for the filter that nearly every container has, and seccomp_profile.c at run
 * time, for other sets of capabilities. Making the filter takes some 10 ms, loading it one.
 *
 * A call that no rule allows fails with EPERM. One that is newer than the library knows fails
 * with ENOSYS, so that a C library falls back to what it did before there was that call.
 *
 * Standard: Docker's documentation, "Seccomp security profiles". Book: 1.8
 */
#ifndef MINI_SECCOMP_DEFAULT_H
#define MINI_SECCOMP_DEFAULT_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "error.h"
#include "memory.h"

#define SECCOMP_NO_CAPABILITY -1

/* Names, and what has to be so for them to be allowed. */
struct seccomp_default_row {
	const char *names; /* separated by spaces; those that an architecture lacks are skipped */
	int capability;    /* in the bounding set */
	bool without;      /* the rule is for those who do not have it */
	bool not_there;    /* ENOSYS instead of allowed */
	int condition;     /* rows of seccomp_default_conditions from here; 0: none */
	int condition_count;
};

/* Namespaces of one's own need CAP_SYS_ADMIN; AF_VSOCK reaches the host of a virtual machine;
 * personalities other than these switch off address randomisation. */
static const struct scmp_arg_cmp seccomp_default_conditions[] = {
	{0},
	{0, SCMP_CMP_MASKED_EQ,
	 CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		 CLONE_NEWPID | CLONE_NEWNET,
	 0},
	{0, SCMP_CMP_NE, 40 /* AF_VSOCK */, 0},
	{0, SCMP_CMP_EQ, 0x0, 0},
	{0, SCMP_CMP_EQ, 0x0008, 0},
	{0, SCMP_CMP_EQ, 0x20000, 0},
	{0, SCMP_CMP_EQ, 0x20008, 0},
	{0, SCMP_CMP_EQ, 0xffffffff, 0},
};

static const struct seccomp_default_row seccomp_default_rows[] = {
	/* files */
	{"access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 "
	 "faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 "
	 "fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr "
	 "fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 "
	 "futimesat getcwd getdents getdents64 getxattr getxattrat ioctl lchown lchown32 lgetxattr "
	 "link linkat listmount listxattr listxattrat llistxattr _llseek lremovexattr lseek "
	 "lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open "
	 "openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink "
	 "readlinkat readv removexattr removexattrat rename renameat renameat2 rmdir sendfile "
	 "sendfile64 setxattr setxattrat splice stat stat64 statfs statfs64 statmount statx "
	 "symlink "
	 "symlinkat sync sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat "
	 "utime "
	 "utimensat utimensat_time64 utimes vmsplice write writev cachestat",
	 SECCOMP_NO_CAPABILITY},
	/* waiting for files, signals, time */
	{"epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
	 "epoll_wait_old eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init "
	 "inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents "
	 "io_pgetevents_time64 io_setup io_submit _newselect pipe pipe2 poll ppoll ppoll_time64 "
	 "pselect6 pselect6_time64 select signalfd signalfd4 timerfd_create timerfd_gettime "
	 "timerfd_gettime64 timerfd_settime timerfd_settime64",
	 SECCOMP_NO_CAPABILITY},
	/* processes, threads and their rights */
	{"capget capset execve execveat exit exit_group fork futex futex_requeue futex_time64 "
	 "futex_wait futex_waitv futex_wake getcpu getegid getegid32 geteuid geteuid32 getgid "
	 "getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid "
	 "getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid "
	 "get_thread_area gettid getuid getuid32 ioprio_get ioprio_set kill landlock_add_rule "
	 "landlock_create_ruleset landlock_restrict_self membarrier pause pidfd_open "
	 "pidfd_send_signal prctl prlimit64 process_mrelease process_vm_readv process_vm_writev "
	 "ptrace restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
	 "rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
	 "sched_getaffinity sched_getattr sched_getparam sched_get_priority_max "
	 "sched_get_priority_min sched_getscheduler sched_rr_get_interval "
	 "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	 "sched_setscheduler sched_yield seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid "
	 "setgid32 setgroups setgroups32 setpgid setpriority setregid setregid32 setresgid "
	 "setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid "
	 "set_thread_area set_tid_address setuid setuid32 sigaltstack sigprocmask sigreturn tgkill "
	 "tkill ugetrlimit vfork wait4 waitid waitpid",
	 SECCOMP_NO_CAPABILITY},
	/* memory */
	{"brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall "
	 "mmap "
	 "mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free "
	 "pkey_mprotect remap_file_pages",
	 SECCOMP_NO_CAPABILITY},
	/* sockets, and System V and POSIX messages */
	{"accept accept4 bind connect getpeername getsockname getsockopt ipc listen mq_getsetattr "
	 "mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	 "mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd recv recvfrom recvmmsg "
	 "recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg "
	 "sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown socketcall socketpair",
	 SECCOMP_NO_CAPABILITY},
	/* time and the machine */
	{"adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	 "clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer getrandom "
	 "gettimeofday nanosleep setitimer sysinfo time timer_create timer_delete timer_getoverrun "
	 "timer_gettime timer_gettime64 timer_settime timer_settime64 times uname",
	 SECCOMP_NO_CAPABILITY},
	/* of one architecture */
	{"arch_prctl modify_ldt arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls "
	 "sync_file_range2",
	 SECCOMP_NO_CAPABILITY},
	/* with conditions */
	{"socket", SECCOMP_NO_CAPABILITY, .condition = 2, .condition_count = 1},
	{"personality", SECCOMP_NO_CAPABILITY, .condition = 3, .condition_count = 5},
	{"clone", CAP_SYS_ADMIN, .without = true, .condition = 1, .condition_count = 1},
	/* Its flags are in memory, where a filter cannot look: programs then use clone. */
	{"clone3", CAP_SYS_ADMIN, .without = true, .not_there = true},
	/* for those who have the capability */
	{"bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount "
	 "mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname "
	 "sethostname setns syslog umount umount2 unshare",
	 CAP_SYS_ADMIN},
	{"open_by_handle_at", CAP_DAC_READ_SEARCH},
	{"reboot", CAP_SYS_BOOT},
	{"chroot", CAP_SYS_CHROOT},
	{"delete_module init_module finit_module", CAP_SYS_MODULE},
	{"acct", CAP_SYS_PACCT},
	{"kcmp pidfd_getfd process_madvise", CAP_SYS_PTRACE},
	{"iopl ioperm", CAP_SYS_RAWIO},
	{"settimeofday stime clock_settime clock_settime64", CAP_SYS_TIME},
	{"vhangup", CAP_SYS_TTY_CONFIG},
	{"get_mempolicy mbind set_mempolicy set_mempolicy_home_node", CAP_SYS_NICE},
	{"syslog", CAP_SYSLOG},
	{"bpf", CAP_BPF},
	{"perf_event_open", CAP_PERFMON},
};

/* What a machine can also run, beside its own kind of program. */
static inline int seccomp_default_architectures(scmp_filter_ctx filter)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return seccomp_arch_add(filter, SCMP_ARCH_X86) ||
		       seccomp_arch_add(filter, SCMP_ARCH_X32);
	case SCMP_ARCH_AARCH64:
		return seccomp_arch_add(filter, SCMP_ARCH_ARM);
	default:
		return 0;
	}
}

static inline int seccomp_default_add_name(scmp_filter_ctx filter,
					   const struct seccomp_default_row *row, const char *name)
{
	uint32_t action = row->not_there ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW;
	int number = seccomp_syscall_resolve_name(name), result = 0;

	if (number == __NR_SCMP_ERROR)
		return 0;
	if (!row->condition_count)
		return seccomp_rule_add(filter, action, number, 0);
	for (int i = 0; i < row->condition_count && result == 0; i++)
		result = seccomp_rule_add_array(filter, action, number, 1,
						&seccomp_default_conditions[row->condition + i]);
	return result;
}

static inline int seccomp_default_add_row(scmp_filter_ctx filter,
					  const struct seccomp_default_row *row)
{
	autofree char *names = duplicate(row->names);
	char *save = NULL;
	int result = 0;

	for (char *name = strtok_r(names, " ", &save); name && result == 0;
	     name = strtok_r(NULL, " ", &save))
		result = seccomp_default_add_name(filter, row, name);
	return result;
}

static inline bool seccomp_default_applies(const struct seccomp_default_row *row,
					   uint64_t capabilities)
{
	bool any = row->capability == SECCOMP_NO_CAPABILITY;
	bool held = !any && capabilities & UINT64_C(1) << row->capability;

	return any || held != row->without;
}

static inline int seccomp_default_fill(scmp_filter_ctx filter, uint64_t capabilities)
{
	int result = seccomp_default_architectures(filter);

	for (size_t i = 0; i < countof(seccomp_default_rows) && result == 0; i++)
		if (seccomp_default_applies(&seccomp_default_rows[i], capabilities))
			result = seccomp_default_add_row(filter, &seccomp_default_rows[i]);
	return result;
}

/* ---- out of the library, as BPF ---- */

/* The highest number that the library has a name for. */
static inline int seccomp_highest_call(uint32_t architecture)
{
	for (int number = 600; number > 0; number--) {
		autofree char *name = seccomp_syscall_resolve_num_arch(architecture, number);

		if (name)
			return number;
	}
	return INT32_MAX;
}

/* Before the filter: "newer than that, ENOSYS", for one architecture. x32 has the numbers of
 * x86_64 with a bit above all of them, and is left to the filter. */
static inline void seccomp_append_newer(struct buffer *bpf, uint32_t audit, uint32_t architecture)
{
	const struct sock_filter block[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, seccomp_highest_call(architecture), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	buffer_append(bpf, block, sizeof(block));
}

static inline void seccomp_append_all_newer(struct buffer *bpf, scmp_filter_ctx filter)
{
	static const struct {
		uint32_t audit, architecture;
	} known[] = {
		{AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64},
		{AUDIT_ARCH_I386, SCMP_ARCH_X86},
		{AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64},
		{AUDIT_ARCH_ARM, SCMP_ARCH_ARM},
	};

	for (size_t i = 0; i < countof(known); i++)
		if (seccomp_arch_exist(filter, known[i].architecture) == 0)
			seccomp_append_newer(bpf, known[i].audit, known[i].architecture);
}

/* The library writes to descriptors only. */
static inline fallible seccomp_export(scmp_filter_ctx filter, bool newer_is_missing,
				      struct buffer *bpf)
{
	autoclose int fd = memfd_create("seccomp", MFD_CLOEXEC);

	/* A binary tree instead of a list of comparisons: 8 instead of 300 for a call. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (fd < 0)
		return error_system("cannot make a memory file for the seccomp filter");
	int result = seccomp_export_bpf(filter, fd);
	if (result < 0)
		return error_errno(ERROR_SYSTEM, -result, "cannot make the seccomp filter");
	off_t size = lseek(fd, 0, SEEK_END);
	if (newer_is_missing)
		seccomp_append_all_newer(bpf, filter);
	void *at = buffer_reserve(bpf, size);
	if (pread(fd, at, size, 0) != size)
		return error_system("cannot read the seccomp filter back");
	bpf->length += size;
	bpf->data[bpf->length] = '\0';
	return NULL;
}

static inline fallible seccomp_default_make(uint64_t capabilities, struct buffer *bpf)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return error_new(ERROR_SYSTEM, "cannot begin a seccomp filter");
	int result = seccomp_default_fill(filter, capabilities);
	struct error *e = result ? error_errno(ERROR_SYSTEM, -result,
					       "cannot add a rule to the default seccomp filter")
				 : seccomp_export(filter, true, bpf);
	seccomp_release(filter);
	return e;
}

#endif
