#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroup_mount.h"
#include "console.h"
#include "device.h"
#include "explain.h"
#include "hook.h"
#include "hostname.h"
#include "idmap.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"
#include "namespace.h"
#include "root.h"
#include "runtime_channel.h"
#include "runtime_child.h"
#include "sysctl.h"

static fallible step_cgroup(struct runtime_child *child, const struct step *step)
{
	const struct cgroup cgroup = {.path = (char *)child->cgroup};

	(void)step;
	return *child->cgroup ? cgroup_enter(&cgroup) : NULL;
}

static fallible step_cgroup_single(struct runtime_child *child, const struct step *step)
{
	const struct cgroup cgroup = {.path = (char *)step->text[1]};

	(void)child;
	return cgroup_enter_single(&cgroup, step->text[0]);
}

/* The one who creates has gone, perhaps; the one who starts becomes the other side. Who connects
 * and goes without a word only looked whether we wait. */
static fallible accept_starter(struct runtime_child *child)
{
	char byte = 0;
	int fd = -1;

	if (listen(child->files.start, SOMAXCONN) < 0)
		return error_system("cannot wait for the start");
	TRY(channel_send(child->channel, MESSAGE_READY, -1));
	while (byte != RUNTIME_START) {
		close_fd(&child->channel);
		child->channel = accept4(child->files.start, NULL, NULL, SOCK_CLOEXEC);
		if (child->channel < 0 && errno != EINTR && errno != ECONNABORTED)
			return error_system("cannot wait for the start");
		if (child->channel >= 0)
			TRY(channel_receive(child->channel, &byte, &fd));
		close_fd(&fd);
	}
	close_fd(&child->files.start);
	/* It started us, and has gone since, perhaps: that is no reason not to run. */
	error_free(channel_send(child->channel, MESSAGE_GO, -1));
	return NULL;
}

static fallible wait_for(struct runtime_child *child, char signal)
{
	char byte;
	int fd;

	do {
		TRY(channel_receive(child->channel, &byte, &fd));
		close_fd(&fd);
		if (!byte)
			return error_new(ERROR_UNAVAILABLE, "the container's parent has gone");
	} while (byte != signal);
	return NULL;
}

static fallible step_wait(struct runtime_child *child, const struct step *step)
{
	bool start = step->number[0] == RUNTIME_START;

	if (start && child->files.start >= 0)
		return accept_starter(child);
	if (start)
		TRY(channel_send(child->channel, MESSAGE_READY, -1));
	if (step->number[0] == RUNTIME_HOOKS_RUN)
		TRY(channel_send(child->channel, MESSAGE_HOOKS, -1));
	TRY(wait_for(child, step->number[0]));
	if (start)
		return channel_send(child->channel, MESSAGE_GO, -1);
	child->ids_mapped |= step->number[0] == RUNTIME_IDS_MAPPED;
	return NULL;
}

static fallible step_run_hooks(struct runtime_child *child, const struct step *step)
{
	bool inside = step->number[0] == HOOK_START_CONTAINER;
	const struct hook_scene scene = {.pid = getpid(),
					 .pidfd = -1,
					 .folder = inside ? AT_FDCWD : child->rootfd,
					 .environment = inside ? child->environment : environ};

	return hook_run_all(child->plan, child->plan_length, step->number[0], &scene, NULL);
}

static fallible step_join(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return namespace_join(step->text[0], step->number[0]);
}

/* It was born in there. */
static fallible step_join_user(struct runtime_child *child, const struct step *step)
{
	(void)step;
	child->ids_mapped = true;
	return NULL;
}

static fallible step_unshare(struct runtime_child *child, const struct step *step)
{
	TRY(namespace_unshare(step->number[0]));
	if (step->number[0] & CLONE_NEWCGROUP)
		child->own_cgroup = true;
	return NULL;
}

static fallible step_time_namespace(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return namespace_unshare_time(step->text[0]);
}

static fallible step_session(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return setsid() < 0 ? error_system("cannot start a session") : NULL;
}

static fallible step_hostname(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return hostname_set(step->text[0]);
}

static fallible step_domainname(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return hostname_set_domain(step->text[0]);
}

static fallible step_loopback(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return namespace_loopback_up();
}

static fallible step_propagation(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return root_set_propagation(step->number[0]);
}

static fallible step_root(struct runtime_child *child, const struct step *step)
{
	if (step->number[0] && child->files.root < 0)
		return error_new(ERROR_INVALID, "the plan wants the root as a descriptor, and none "
						"was handed over");
	child->root_path = step->text[0];
	TRY(root_attach(step->number[0] ? child->files.root : -1, step->text[0], &child->rootfd));
	/* Not earlier: the way to the root may have folders that only the host's root may pass,
	 * whom a process in a new user namespace still is for files until it changes its ids. */
	return child->ids_mapped ? idmap_become_root() : NULL;
}

static fallible step_source(struct runtime_child *child, const struct step *step)
{
	const struct mount_source source = {
		.number = step->number[0],
		.path = step->text[0],
		.recursive = step->number[1],
	};

	return mount_source_open(&child->sources, &source);
}

static bool is_root(const char *path)
{
	while (*path == '/' || (*path == '.' && (!path[1] || path[1] == '/')))
		path++;
	return !*path;
}

/* What is mounted on the root is the root from then on: ours is now below it. */
static fallible take_new_root(struct runtime_child *child)
{
	close_fd(&child->rootfd);
	child->rootfd = open(child->root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return child->rootfd < 0 ? error_system("cannot enter what is mounted on '/'") : NULL;
}

static fallible step_mount(struct runtime_child *child, const struct step *step)
{
	int64_t source = step->number[5];
	const struct mount_request request = {
		.type = step->text[0],
		.source = step->text[1],
		.target = step->text[2],
		.data = step->text[3],
		.label = step->text[4],
		.flags = step->number[0],
		.cleared = step->number[1],
		.tree_flags = step->number[2],
		.tree_cleared = step->number[3],
		.file = step->number[4],
		.copy_up = step->number[6],
		.propagations = step->bytes,
		.propagation_count = step->bytes_length / sizeof(uint32_t),
		.sourcefd = source ? mount_source_fd(&child->sources, source - 1) : 0,
	};

	TRY(mount_attach(child->rootfd, &request));
	return is_root(request.target) ? take_new_root(child) : NULL;
}

static fallible step_cgroup_mount(struct runtime_child *child, const struct step *step)
{
	const struct cgroup_mount_request request = {
		.target = step->text[0],
		.group = child->cgroup,
		.own_namespace = child->own_cgroup,
		.readonly = step->number[0],
	};

	return cgroup_mount(child->rootfd, &request);
}

static fallible step_device(struct runtime_child *child, const struct step *step)
{
	const struct device_request request = {
		.path = step->text[0],
		.mode = step->number[0],
		.major = step->number[1],
		.minor = step->number[2],
		.uid = step->number[3],
		.gid = step->number[4],
	};

	return device_create(child->rootfd, &request);
}

static fallible step_symlink(struct runtime_child *child, const struct step *step)
{
	return device_link(child->rootfd, step->text[0], step->text[1]);
}

static fallible step_console(struct runtime_child *child, const struct step *step)
{
	const struct console_request request = {
		.height = step->number[0],
		.width = step->number[1],
		.uid = step->number[2],
		.device = !child->joined,
	};
	autoclose int master = -1;

	TRY(console_create(child->rootfd, &request, &master));
	return channel_send(child->channel, MESSAGE_CONSOLE, master);
}

static fallible step_pivot(struct runtime_child *child, const struct step *step)
{
	static root_way_function *const ways[ROOT_WAY_COUNT] = {
		[ROOT_PIVOT] = root_pivot,
		[ROOT_MOVE] = root_move,
		[ROOT_CHROOT] = root_chroot,
	};

	if (step->number[0] < 0 || step->number[0] >= ROOT_WAY_COUNT)
		return error_new(ERROR_CORRUPT, "the plan has a way to the root that is none");
	return ways[step->number[0]](child->rootfd);
}

static fallible step_chroot_joined(struct runtime_child *child, const struct step *step)
{
	child->joined = true;
	TRY(root_enter_joined(*step->text[0] ? step->text[0] : "/", &child->rootfd));
	return child->ids_mapped ? idmap_become_root() : NULL;
}

static fallible step_root_readonly(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return root_make_readonly();
}

static fallible step_sysctl(struct runtime_child *child, const struct step *step)
{
	return sysctl_set(child->rootfd, step->text[0], step->text[1]);
}

static fallible step_mask(struct runtime_child *child, const struct step *step)
{
	child->mask.rootfd = child->rootfd;
	return mask_hide(&child->mask, step->text[0]);
}

static fallible step_readonly(struct runtime_child *child, const struct step *step)
{
	child->mask.rootfd = child->rootfd;
	return mask_readonly(&child->mask, step->text[0]);
}

/* What is neither here nor in runtime_step_process.c is the runtime's (runtime.c). */
static runtime_step_function *const functions[STEP_KIND_COUNT] = {
	[STEP_CGROUP_CREATE] = step_cgroup,
	[STEP_CGROUP_JOIN] = step_cgroup,
	[STEP_CGROUP_SINGLE] = step_cgroup_single,
	[STEP_JOIN_USER] = step_join_user,
	[STEP_WAIT] = step_wait,
	[STEP_RUN_HOOKS] = step_run_hooks,
	[STEP_JOIN] = step_join,
	[STEP_UNSHARE] = step_unshare,
	[STEP_TIME_NAMESPACE] = step_time_namespace,
	[STEP_SESSION] = step_session,
	[STEP_HOSTNAME] = step_hostname,
	[STEP_DOMAINNAME] = step_domainname,
	[STEP_LOOPBACK] = step_loopback,
	[STEP_PROPAGATION] = step_propagation,
	[STEP_ROOT] = step_root,
	[STEP_SOURCE] = step_source,
	[STEP_MOUNT] = step_mount,
	[STEP_CGROUP_MOUNT] = step_cgroup_mount,
	[STEP_DEVICE] = step_device,
	[STEP_SYMLINK] = step_symlink,
	[STEP_CONSOLE] = step_console,
	[STEP_PIVOT] = step_pivot,
	[STEP_CHROOT_JOINED] = step_chroot_joined,
	[STEP_ROOT_PROPAGATION] = step_propagation,
	[STEP_ROOT_READONLY] = step_root_readonly,
	[STEP_SYSCTL] = step_sysctl,
	[STEP_MASK] = step_mask,
	[STEP_READONLY] = step_readonly,
};

fallible runtime_child_step(struct runtime_child *child, const struct step *step)
{
	runtime_step_function *run = functions[step->kind];

	if (!run)
		run = runtime_process_steps[step->kind];
	return run ? run(child, step) : NULL;
}
