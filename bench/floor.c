/*
 * floor - the physical limit: what a container costs when nobody does anything but the kernel
 *
 *	floor ROOT WORK FILTER GROUP COMMAND [ARGUMENT...]
 *
 * Makes what `docker run --rm --network none` makes, with bare system calls, nothing prepared: an
 * overlay on ROOT with its upper and work folders below WORK, a cgroup GROUP in every hierarchy,
 * mount, PID, UTS, IPC, network and cgroup namespaces, the mounts of a container, pivot_root,
 * Docker's capabilities, no_new_privs and the seccomp program in FILTER (filter.c), then execve. It
 * waits, prints CLOCK_MONOTONIC in nanoseconds, and removes what it made. No daemon, configuration,
 * log or state, and of errors only "it did not work": what mini-docker takes on top of this is what
 * mini-docker does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* From sys/mount.h, which cannot be included beside linux/mount.h everywhere. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);
#define MNT_DETACH 2

static const char *const hierarchies[] = {
	"memory", "cpu", "cpuacct", "pids", "cpuset", "blkio", "devices", "freezer", "unified", ".",
};
/* The one of "." is a hierarchy only where it is version 2's. */
static char groups[countof(hierarchies)][256];
static size_t group_count;

static void check(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void find_groups(const char *name)
{
	for (size_t i = 0; i < countof(hierarchies); i++) {
		char procs[256];

		snprintf(procs, sizeof(procs), "/sys/fs/cgroup/%s/cgroup.procs", hierarchies[i]);
		if (access(procs, F_OK) < 0)
			continue;
		snprintf(groups[group_count++], sizeof(groups[0]), "/sys/fs/cgroup/%s/%s",
			 hierarchies[i], name);
	}
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	check(write(fd, text, strlen(text)), path);
	close(fd);
}

static void copy_of_parent(const char *group, const char *file)
{
	char path[512], text[256];
	const char *end = strrchr(group, '/');
	int fd;
	ssize_t length;

	snprintf(path, sizeof(path), "%.*s/%s", (int)(end - group), group, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return;
	text[length] = '\0';
	snprintf(path, sizeof(path), "%s/%s", group, file);
	write_text(path, text);
}

static void make_groups(void)
{
	for (size_t i = 0; i < group_count; i++) {
		check(mkdir(groups[i], 0755), groups[i]);
		/* A group of v1's cpuset takes no process before these are set. */
		copy_of_parent(groups[i], "cpuset.cpus");
		copy_of_parent(groups[i], "cpuset.mems");
	}
}

/* The dearest step where there is version 1: before a process moves, the kernel waits until every
 * processor has passed a quiet moment, up to 10 ms unless another move has just been made. */
static void join_groups(void)
{
	char path[512];

	for (size_t i = 0; i < group_count; i++) {
		snprintf(path, sizeof(path), "%.255s/cgroup.procs", groups[i]);
		write_text(path, "0");
	}
}

static int overlay(const char *root, const char *work)
{
	char upper[512], inner[512];
	int fs = syscall(SYS_fsopen, "overlay", 1), tree;

	check(fs, "fsopen");
	snprintf(upper, sizeof(upper), "%s/upper", work);
	snprintf(inner, sizeof(inner), "%s/work", work);
	check(mkdir(upper, 0755), upper);
	check(mkdir(inner, 0755), inner);
	check(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", root, 0), "lowerdir");
	check(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "upperdir", upper, 0), "upperdir");
	check(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "workdir", inner, 0), "workdir");
	check(syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0), "volatile");
	check(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "overlay");
	tree = syscall(SYS_fsmount, fs, 1, 0);
	check(tree, "fsmount");
	close(fs);
	return tree;
}

static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{"proc", "proc", NULL, 2 | 4 | 8},
	{"tmpfs", "dev", "mode=755,size=65536k", 2},
	{"devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", 2 | 8},
	{"sysfs", "sys", NULL, 1 | 2 | 4 | 8},
	{"tmpfs", "sys/fs/cgroup", "mode=755", 2 | 4 | 8},
	{"mqueue", "dev/mqueue", NULL, 2 | 4 | 8},
	{"tmpfs", "dev/shm", "mode=1777,size=65536k", 2 | 4 | 8},
};

static const struct {
	const char *name;
	unsigned int minor;
} devices[] = {{"dev/null", 3},   {"dev/zero", 5},    {"dev/full", 7},
	       {"dev/random", 8}, {"dev/urandom", 9}, {"dev/tty", 0}};

static const char *const masked[] = {"proc/acpi",       "proc/kcore", "proc/keys",
				     "proc/timer_list", "proc/scsi",  "sys/firmware"};
static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
					"proc/sysrq-trigger"};

static void furnish(void)
{
	for (size_t i = 0; i < countof(mounts); i++) {
		if (strncmp(mounts[i].target, "dev/", 4) == 0)
			check(mkdir(mounts[i].target, 0755), mounts[i].target);
		check(mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			    mounts[i].data),
		      mounts[i].target);
	}
	for (size_t i = 0; i < countof(devices); i++)
		check(mknod(devices[i].name, S_IFCHR | 0666,
			    makedev(devices[i].minor ? 1 : 5, devices[i].minor)),
		      devices[i].name);
	check(symlink("pts/ptmx", "dev/ptmx"), "dev/ptmx");
	check(symlink("/proc/self/fd", "dev/fd"), "dev/fd");
	for (size_t i = 0; i < countof(masked); i++) {
		struct stat found;

		if (stat(masked[i], &found) < 0)
			continue;
		if (S_ISDIR(found.st_mode))
			check(mount("tmpfs", masked[i], "tmpfs", 1, NULL), masked[i]);
		else
			check(mount("dev/null", masked[i], NULL, 4096, NULL), masked[i]);
	}
	for (size_t i = 0; i < countof(read_only); i++) {
		if (mount(read_only[i], read_only[i], NULL, 4096 | 16384, NULL) == 0)
			check(mount(NULL, read_only[i], NULL, 1 | 2 | 4 | 8 | 32 | 4096, NULL),
			      read_only[i]);
	}
}

static void give_up_rights(void)
{
	const uint64_t kept = 0xa80425fb; /* Docker's fourteen capabilities */
	struct {
		uint32_t version;
		int pid;
	} header = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} sets[2] = {{(uint32_t)kept, (uint32_t)kept, 0}, {0, 0, 0}};

	for (int i = 0; i < 41; i++) {
		if (!(kept >> i & 1))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	}
	check(syscall(SYS_capset, &header, sets), "capset");
}

static void filter(const char *path)
{
	static struct sock_filter program[4096];
	struct sock_fprog load = {.filter = program};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	check(fd, path);
	length = read(fd, program, sizeof(program));
	check(length, path);
	close(fd);
	load.len = length / sizeof(program[0]);
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &load), "seccomp");
}

static void child(int tree, const char *filter_path, char **command)
{
	static char empty[] = "PATH=/bin";
	char *environment[] = {empty, NULL};

	join_groups();
	check(unshare(CLONE_NEWCGROUP), "unshare");
	check(mount(NULL, "/", NULL, 1 << 19 | 16384, NULL), "slave");
	check(syscall(SYS_move_mount, tree, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH),
	      "move_mount");
	check(chdir("/proc"), "chdir");
	furnish();
	check(sethostname("floor", 5), "sethostname");
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount");
	check(chdir("/"), "chdir /");
	give_up_rights();
	filter(filter_path);
	execve(command[0], command, environment);
	check(-1, command[0]);
}

/* Of the upper and the work folder only what an overlay itself leaves there. */
static void remove_layers(const char *work)
{
	static const char *const left[] = {"work/work/incompat/volatile/dirty",
					   "work/work/incompat/volatile",
					   "work/work/incompat",
					   "work/work",
					   "work",
					   "upper"};
	char path[512];

	for (size_t i = 0; i < countof(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", work, left[i]);
		if (remove(path) < 0 && errno != ENOENT)
			check(-1, path);
	}
}

int main(int argc, char **argv)
{
	struct clone_args how = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	char filter_path[64];
	int tree, filter_fd, status;
	struct timespec ended;
	pid_t pid;

	if (argc < 6) {
		fprintf(stderr, "usage: floor ROOT WORK FILTER GROUP COMMAND [ARGUMENT...]\n");
		return 2;
	}
	find_groups(argv[4]);
	make_groups();
	tree = overlay(argv[1], argv[2]);
	filter_fd = open(argv[3], O_RDONLY);
	check(filter_fd, argv[3]);
	snprintf(filter_path, sizeof(filter_path), "/proc/self/fd/%d", filter_fd);
	pid = syscall(SYS_clone3, &how, sizeof(how));
	check(pid, "clone3");
	if (pid == 0)
		child(tree, filter_path, argv + 5);
	close(tree);
	check(waitpid(pid, &status, 0), "waitpid");
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("%lld%09ld\n", (long long)ended.tv_sec, ended.tv_nsec);
	for (size_t i = 0; i < group_count; i++)
		check(rmdir(groups[i]), groups[i]);
	remove_layers(argv[2]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
