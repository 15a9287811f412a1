/*
 * floor - the physical limit: what a container costs when nobody does anything but the kernel
 *
 *	floor ROOT WORK FILTER GROUP COMMAND [ARGUMENT...]     `docker run --rm --network none`
 *	floor ROOT - FILTER GROUP COMMAND [ARGUMENT...]        `runc run` of a bundle
 *
 * Bare system calls, nothing prepared, and of the kernel's work what Docker's configuration makes
 * every runtime do, no more: a cgroup GROUP in every hierarchy with the rules about devices (those
 *of version 1; a program of version 2 is left out), mount, PID, UTS, IPC and network namespaces and
 * a loopback device that is up, the mounts of a container with its own groups read-only among them,
 * device nodes, masked and read-only paths, pivot_root, two sysctls, Docker's capabilities,
 * no_new_privs and the seccomp program in FILTER (filter.c), then execve. It waits, and removes
 * what it made. No daemon, configuration, log or state, and of errors only "it did not work": what
 * mini-docker and mini-runc take on top of this is what they do.
 *
 * With WORK the root is an overlay on ROOT, its upper and work folders below WORK. With "-" it is
 * ROOT, bind mounted.
 *
 * When the container has ended it prints CLOCK_MONOTONIC in nanoseconds. That is the floor of a
 * daemon's client, whose reply comes before the cleaning up; a runtime's `run` has to have removed
 * the groups when it ends, so its floor is the whole time of this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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
	"memory",  "cpu",     "cpuacct", "pids",    "cpuset", "blkio",
	"devices", "freezer", "systemd", "unified", ".",
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

/* Nothing but what Docker allows: to make any node, and to use these. */
static void allow_devices(const char *group)
{
	static const char *const rules[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm",  "c 1:5 rwm",
					    "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",  "c 5:0 rwm",
					    "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%.255s/devices.deny", group);
	write_text(path, "a");
	snprintf(path, sizeof(path), "%.255s/devices.allow", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && i < countof(rules); i++)
		check(write(fd, rules[i], strlen(rules[i])), path);
	close(fd);
}

static void make_groups(void)
{
	for (size_t i = 0; i < group_count; i++) {
		check(mkdir(groups[i], 0755), groups[i]);
		/* A group of v1's cpuset takes no process before these are set. */
		copy_of_parent(groups[i], "cpuset.cpus");
		copy_of_parent(groups[i], "cpuset.mems");
		allow_devices(groups[i]);
	}
}

/* By thread: a whole process moves only after the kernel has waited until every processor has
 * passed a quiet moment, up to 10 ms. A group of version 2 has no such file; one is born in it. */
static void join_groups(void)
{
	char path[512];

	for (size_t i = 0; i < group_count; i++) {
		snprintf(path, sizeof(path), "%.255s/tasks", groups[i]);
		write_text(path, "0");
	}
}

/* The group of version 2, -1 where there is none. */
static int open_unified(void)
{
	const char *group = groups[group_count - 1];
	char tasks[512];

	snprintf(tasks, sizeof(tasks), "%.255s/tasks", group);
	return access(tasks, F_OK) < 0 ? open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
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

/* The root of a bundle: it becomes a mount, as pivot_root wants. */
static int bind_mount(const char *root)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	check(tree, root);
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

static const char *const links[][2] = {{"pts/ptmx", "dev/ptmx"},
				       {"/proc/self/fd", "dev/fd"},
				       {"/proc/self/fd/0", "dev/stdin"},
				       {"/proc/self/fd/1", "dev/stdout"},
				       {"/proc/self/fd/2", "dev/stderr"}};

/* What of the hierarchies is the container's own, to be read. */
static void show_groups(void)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

	for (size_t i = 0; i < group_count; i++) {
		const char *group = groups[i], *name = group + strlen("/sys/fs/cgroup/");
		char target[64];
		int tree = bind_mount(group);

		snprintf(target, sizeof(target), "sys/fs/cgroup/%.*s", (int)strcspn(name, "/"),
			 name);
		check(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)),
		      target);
		if (*name != '.')
			check(mkdir(target, 0755), target);
		check(syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH),
		      target);
		close(tree);
	}
	check(mount(NULL, "sys/fs/cgroup", NULL, 1 | 2 | 4 | 8 | 32 | 4096, NULL), "sys/fs/cgroup");
}

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
	for (size_t i = 0; i < countof(links); i++)
		check(symlink(links[i][0], links[i][1]), links[i][1]);
	show_groups();
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

static void bring_up_loopback(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	check(fd, "socket");
	check(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
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
	write_text("/proc/self/oom_score_adj", "0");
	bring_up_loopback();
	check(mount(NULL, "/", NULL, 1 << 19 | 16384, NULL), "slave");
	check(syscall(SYS_move_mount, tree, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH),
	      "move_mount");
	check(chdir("/proc"), "chdir");
	furnish();
	check(sethostname("floor", 5), "sethostname");
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount");
	check(chdir("/"), "chdir /");
	write_text("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	write_text("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
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
	int tree, filter_fd, unified, status;
	struct timespec ended;
	bool is_bundle;
	pid_t pid;

	if (argc < 6) {
		fprintf(stderr, "usage: floor ROOT WORK FILTER GROUP COMMAND [ARGUMENT...]\n");
		return 2;
	}
	is_bundle = strcmp(argv[2], "-") == 0;
	find_groups(argv[4]);
	make_groups();
	tree = is_bundle ? bind_mount(argv[1]) : overlay(argv[1], argv[2]);
	filter_fd = open(argv[3], O_RDONLY);
	check(filter_fd, argv[3]);
	snprintf(filter_path, sizeof(filter_path), "/proc/self/fd/%d", filter_fd);
	unified = open_unified();
	if (unified >= 0) {
		how.flags |= CLONE_INTO_CGROUP;
		how.cgroup = unified;
	}
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
	if (!is_bundle)
		remove_layers(argv[2]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
