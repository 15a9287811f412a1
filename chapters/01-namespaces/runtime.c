#include "runtime.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu_affinity.h"
#include "explain.h"
#include "file.h"
#include "hook.h"
#include "idmap.h"
#include "idmap_tool.h"
#include "kernel_call.h"
#include "memory.h"
#include "namespace.h"
#include "plan.h"
#include "process.h"
#include "runtime_attend.h"
#include "runtime_channel.h"
#include "runtime_child.h"
#include "runtime_limit.h"
#include "runtime_resctrl.h"
#include "seccomp_notify.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* What the runtime's steps gather before the clone. */
struct launch {
	struct runtime_process *process;
	uint64_t flags;
	const char *uid_map, *gid_map; /* NULL: no maps to write */
	struct buffer devices;         /* device rules, a line each */
	struct mount_sources sources;  /* of binds */
	const struct runtime_files *files;
	struct cgroup joined;   /* of STEP_CGROUP_JOIN: not ours to remove */
	const char *user, *pid; /* namespaces to be born in; NULL: ours, or a new one */
	bool rootless;          /* a cgroup that may not be made is done without */
};

typedef fallible launch_function(struct launch *launch, const struct step *step);

static bool is_refusal(const struct error *e)
{
	return e && (e->errnum == EACCES || e->errnum == EPERM || e->errnum == EROFS);
}

static fallible launch_cgroup_create(struct launch *launch, const struct step *step)
{
	autoerror e = cgroup_create(&launch->process->cgroup, step->text[0]);

	launch->rootless = step->number[0];
	return launch->rootless && is_refusal(e) ? NULL : steal(&e);
}

static fallible launch_cgroup_join(struct launch *launch, const struct step *step)
{
	cgroup_open(&launch->joined, step->text[0]);
	return NULL;
}

static fallible launch_cgroup_limit(struct launch *launch, const struct step *step)
{
	if (step->number[0] == CGROUP_DEVICE_RULE) {
		buffer_printf(&launch->devices, "%s\n", step->text[0]);
		return NULL;
	}
	return runtime_limit(&launch->process->cgroup, step, &launch->process->warnings);
}

static fallible launch_cgroup_owner(struct launch *launch, const struct step *step)
{
	autoerror e = cgroup_delegate(&launch->process->cgroup, step->number[0]);

	return launch->rootless && is_refusal(e) ? NULL : steal(&e);
}

static fallible launch_join_user(struct launch *launch, const struct step *step)
{
	launch->user = step->text[0];
	return NULL;
}

static fallible launch_join_pid(struct launch *launch, const struct step *step)
{
	launch->pid = step->text[0];
	return NULL;
}

static fallible launch_resctrl(struct launch *launch, const struct step *step)
{
	TRY(runtime_resctrl_create(step));
	launch->process->resctrl = true;
	return NULL;
}

static fallible launch_clone(struct launch *launch, const struct step *step)
{
	launch->flags = step->number[0];
	return NULL;
}

static fallible launch_map_ids(struct launch *launch, const struct step *step)
{
	launch->uid_map = step->text[0];
	launch->gid_map = step->text[1];
	return NULL;
}

static fallible launch_cpu_affinity(struct launch *launch, const struct step *step)
{
	struct number_list cpus;

	(void)launch;
	TRY(number_list_of(step->bytes, step->bytes_length, &cpus));
	return cpu_affinity_set(&cpus);
}

static fallible launch_source(struct launch *launch, const struct step *step)
{
	const struct mount_source source = {
		.number = step->number[0],
		.path = step->text[0],
		.recursive = step->number[1],
		.idmap = step->number[2],
		.uid_map = step->text[1],
		.gid_map = step->text[2],
		.user = step->text[3],
	};

	return mount_source_open(&launch->sources, &source);
}

static fallible launch_source_given(struct launch *launch, const struct step *step)
{
	uint64_t given = step->number[1];

	if (given >= launch->files->mount_count)
		return error_new(ERROR_INVALID,
				 "the plan wants a mount as a descriptor, and it was "
				 "not handed over");
	return mount_source_keep(&launch->sources, step->number[0], launch->files->mounts[given]);
}

static launch_function *const functions[STEP_KIND_COUNT] = {
	[STEP_CGROUP_CREATE] = launch_cgroup_create,
	[STEP_CGROUP_JOIN] = launch_cgroup_join,
	[STEP_CGROUP_LIMIT] = launch_cgroup_limit,
	[STEP_JOIN_USER] = launch_join_user,
	[STEP_CGROUP_OWNER] = launch_cgroup_owner,
	[STEP_JOIN_PID] = launch_join_pid,
	[STEP_CPU_AFFINITY_FIRST] = launch_cpu_affinity,
	[STEP_CLONE] = launch_clone,
	[STEP_SOURCE_OUTSIDE] = launch_source,
	[STEP_SOURCE_GIVEN] = launch_source_given,
	[STEP_MAP_IDS] = launch_map_ids,
	[STEP_RESCTRL] = launch_resctrl,
};

/* Rules about devices are root's to make; who is not root cannot make a device either. */
static fallible limit_devices(struct launch *launch)
{
	autoerror e = NULL;

	if (!launch->devices.length)
		return NULL;
	e = cgroup_set_devices(&launch->process->cgroup, launch->devices.data);
	return launch->rootless ? NULL : runtime_forgive(steal(&e), &launch->process->warnings);
}

static fallible prepare(struct launch *launch, const void *plan, size_t length)
{
	size_t offset = 0;
	struct step step;
	int more;

	while ((more = plan_next(plan, length, &offset, &step)) > 0)
		if (functions[step.kind])
			TRY(functions[step.kind](launch, &step));
	if (more < 0)
		return error_new(ERROR_CORRUPT, "the plan of the container makes no sense");
	return limit_devices(launch);
}

static const struct cgroup *group_of(const struct launch *launch)
{
	return launch->process->cgroup.path ? &launch->process->cgroup : &launch->joined;
}

/* Returns in both processes; in the child *channel is its end and the process's pid is 0. */
static fallible clone_child(struct launch *launch, int *channel, bool *in_cgroup)
{
	uint64_t began = explain_clock();
	struct runtime_process *process = launch->process;
	autofree char *names = explain_is_on() ? namespace_flags_text(launch->flags) : NULL;
	autoclose int group = cgroup_v2_fd(group_of(launch)), ours = -1, theirs = -1;

	TRY(channel_create(&ours, &theirs));
	struct clone_args args = {
		.flags = launch->flags | CLONE_PIDFD | (group >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)&process->pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = group >= 0 ? group : 0,
	};
	/* Into version 1 groups it goes by itself (STEP_CGROUP_CREATE of the child). */
	*in_cgroup = group >= 0 || cgroup_layout() == CGROUP_V1;
	process->pid = kernel_clone3(&args);
	if (process->pid < 0)
		return error_system("cannot create the container's first process");
	*channel = steal_fd(process->pid ? &ours : &theirs);
	if (process->pid)
		explain(began, "1.1", "a process that sees a machine of its own", "clone3(%s) = %d",
			names ? names : "", process->pid);
	return NULL;
}

/* The child waits for this, where its plan says so. */
static fallible settle(struct launch *launch, bool in_cgroup)
{
	struct runtime_process *process = launch->process;

	if (launch->uid_map) {
		bool by_tool = idmap_tool_needed(launch->uid_map, launch->gid_map);

		TRY((by_tool ? idmap_tool_write : idmap_write)(process->pid, launch->uid_map,
							       launch->gid_map));
		TRY(channel_send(process->channel, RUNTIME_IDS_MAPPED, -1));
	}
	return in_cgroup ? NULL : cgroup_add(group_of(launch), process->pid);
}

/* ---- being born in namespaces of others ---- */

/* A process never changes its own PID namespace, only that of its children: it can come back. */
static fallible clone_in_pid(struct launch *launch, int *channel, bool *in_cgroup)
{
	autoclose int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	if (own < 0)
		return error_system("cannot open our own PID namespace");
	TRY(namespace_join(launch->pid, CLONE_NEWPID));
	struct error *e = clone_child(launch, channel, in_cgroup);
	if (launch->process->pid)
		(void)!setns(own, CLONE_NEWPID);
	return e;
}

/* Before the first join: nobody in there shall look into this process or the one that it makes. */
static fallible enter(struct launch *launch)
{
	TRY(process_hide());
	TRY(namespace_join(launch->user, CLONE_NEWUSER));
	return launch->pid ? namespace_join(launch->pid, CLONE_NEWPID) : NULL;
}

/* What the go-between tells about the child that it made; the child's channel comes before it. */
struct birth {
	pid_t pid;
	bool in_cgroup;
};

static fallible tell(int told, int channel, const struct birth *birth)
{
	TRY(channel_send(told, MESSAGE_READY, channel));
	return file_write_fd(told, "the runtime", birth, sizeof(*birth));
}

/* In the go-between; returns in the child only. */
static void make_child_inside(struct launch *launch, int told, int *channel)
{
	struct birth birth = {0};
	struct error *e = enter(launch);

	if (!e)
		e = clone_child(launch, channel, &birth.in_cgroup);
	birth.pid = launch->process->pid;
	if (!e && birth.pid == 0)
		return;
	if (!e)
		e = tell(told, *channel, &birth);
	if (e)
		channel_send_error(told, MESSAGE_ERROR, e);
	_exit(0);
}

static fallible hear_of_child(struct launch *launch, int told, int *channel, bool *in_cgroup)
{
	struct error *sent = NULL;
	struct birth birth;
	char byte;

	TRY(channel_receive(told, &byte, channel));
	if (byte == MESSAGE_ERROR)
		TRY(error_receive(told, &sent));
	if (sent)
		return sent;
	if (byte != MESSAGE_READY || read(told, &birth, sizeof(birth)) != sizeof(birth))
		return error_new(ERROR_SYSTEM, "the process that was to join '%s' has gone",
				 launch->user);
	*in_cgroup = birth.in_cgroup;
	launch->process->pid = birth.pid;
	launch->process->pidfd = kernel_pidfd_open(birth.pid);
	return launch->process->pidfd < 0 ? error_system("cannot hold on to process %d", birth.pid)
					  : NULL;
}

static fallible start_between(struct launch *launch, int told, int *channel, pid_t *between)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	/* The child of a process that has ended becomes ours. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_system("cannot become the reaper of orphans");
	*between = kernel_clone3(&args);
	if (*between < 0)
		return error_system("cannot create a process to join a user namespace");
	if (*between == 0)
		make_child_inside(launch, told, channel);
	return NULL;
}

/* There is no way back from a user namespace, and only in there has a user the right to the other
 * namespaces of his containers. So a process goes there, makes the child, and ends. */
static fallible clone_in_user(struct launch *launch, int *channel, bool *in_cgroup)
{
	autoclose int ours = -1, theirs = -1;
	pid_t between = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system("cannot make a channel to a process");
	ours = ends[0];
	theirs = ends[1];
	TRY(start_between(launch, theirs, channel, &between));
	if (between == 0)
		return NULL;
	close_fd(&theirs);
	struct error *e = hear_of_child(launch, ours, channel, in_cgroup);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	return e;
}

static fallible clone_somewhere(struct launch *launch, int *channel, bool *in_cgroup)
{
	if (launch->user)
		return clone_in_user(launch, channel, in_cgroup);
	if (launch->pid)
		return clone_in_pid(launch, channel, in_cgroup);
	return clone_child(launch, channel, in_cgroup);
}

static fallible start_child(struct launch *launch, const void *plan, size_t length,
			    const struct runtime_files *files)
{
	bool in_cgroup = false;

	launch->files = files;
	TRY(prepare(launch, plan, length));
	TRY(clone_somewhere(launch, &launch->process->channel, &in_cgroup));
	if (launch->process->pid == 0)
		runtime_child_run(plan, length, files, group_of(launch)->path, &launch->sources,
				  launch->process->channel);
	TRY(runtime_attend(plan, length, launch->process->pid, &launch->process->devices));
	return settle(launch, in_cgroup);
}

/* The channel ended early: the reason is how the process ended. */
static fallible describe_death(struct runtime_process *process)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, process->pidfd, &info, WEXITED | WNOWAIT) < 0)
		return error_new(ERROR_SYSTEM, "the container's first process has ended before it "
					       "ran the program");
	if (info.si_code == CLD_EXITED)
		return error_new(ERROR_SYSTEM,
				 "the container's first process ended with code %d before it ran "
				 "the program",
				 info.si_status);
	return error_new(ERROR_SYSTEM,
			 "the container's first process was killed by signal %d before it ran the "
			 "program%s",
			 info.si_status,
			 info.si_status == SIGKILL ? " (is the memory limit too low?)" : "");
}

static fallible run_hooks(const struct runtime_process *process, enum hook_point point)
{
	/* A program may have ended before its poststart hooks have: that is no failure. */
	const struct hook_scene scene = {.pid = process->pid,
					 .pidfd = point == HOOK_POSTSTART ? -1 : process->pidfd,
					 .folder = -1,
					 .environment = environ};

	return hook_run_all(process->plan, process->plan_length, point, &scene, NULL);
}

static fallible run_creation_hooks(const struct runtime_process *process)
{
	TRY(run_hooks(process, HOOK_PRESTART));
	TRY(run_hooks(process, HOOK_CREATE_RUNTIME));
	return channel_send(process->channel, RUNTIME_HOOKS_RUN, -1);
}

/* Takes one message; those that are not awaited are dealt with here. */
static fallible hand_over_listener(struct runtime_process *process, int listener)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(process->plan, process->plan_length, &offset, &step) > 0)
		if (step.kind == STEP_SECCOMP_LISTENER)
			return seccomp_notify_send(step.text[0], step.text + 1, process->pid,
						   listener);
	return error_new(ERROR_CORRUPT, "the plan has a seccomp filter with a listener for nobody");
}

static fallible hear(struct runtime_process *process, char *byte)
{
	struct error *sent = NULL;
	autoclose int fd = -1;

	TRY(channel_receive(process->channel, byte, &fd));
	if (*byte == MESSAGE_CONSOLE) {
		close_fd(&process->console);
		process->console = steal_fd(&fd);
	}
	if (*byte == MESSAGE_LISTENER)
		return hand_over_listener(process, fd);
	close_fd(&fd);
	if (*byte == MESSAGE_HOOKS)
		return run_creation_hooks(process);
	if (*byte != MESSAGE_ERROR && *byte != MESSAGE_WARNING)
		return NULL;
	TRY(error_receive(process->channel, &sent));
	if (*byte == MESSAGE_ERROR)
		return sent ? sent : describe_death(process);
	if (sent)
		runtime_warn(&process->warnings, sent->message);
	error_free(sent);
	return NULL;
}

static fallible await_ready(struct runtime_process *process)
{
	char byte;

	do {
		TRY(hear(process, &byte));
		if (!byte)
			return describe_death(process);
	} while (byte != MESSAGE_READY);
	return NULL;
}

/* What the child has said before it went tells more than that a pipe broke. */
static fallible ask_child(struct runtime_process *process, struct error *e)
{
	autoerror first = e;
	struct error *told;

	if (process->pid <= 0 || e->errnum != EPIPE)
		return steal(&first);
	told = await_ready(process);
	return told ? told : steal(&first);
}

fallible runtime_clone(const void *plan, size_t length, const struct runtime_files *files,
		       struct runtime_process *process)
{
	struct launch launch = {.process = process};

	*process = RUNTIME_PROCESS_EMPTY;
	process->plan = plan;
	process->plan_length = length;
	struct error *e = start_child(&launch, plan, length, files);
	cgroup_finish(&launch.joined);
	buffer_finish(&launch.devices);
	mount_sources_finish(&launch.sources);
	if (e)
		e = ask_child(process, e);
	if (e)
		runtime_abort(process);
	return e;
}

fallible runtime_ready(struct runtime_process *process)
{
	struct error *e = channel_send(process->channel, RUNTIME_CGROUP_JOINED, -1);

	return e ? ask_child(process, e) : await_ready(process);
}

fallible runtime_start(struct runtime_process *process)
{
	uint64_t began = explain_clock();
	bool going = false;
	char byte;

	TRY(channel_send(process->channel, RUNTIME_START, -1));
	do {
		TRY(hear(process, &byte));
		going = going || byte == MESSAGE_GO;
	} while (byte);
	if (!going)
		return describe_death(process);
	close_fd(&process->channel);
	explain(began, "1.12", "the channel closed: execve has happened", "read(channel) = 0");
	TRY(run_hooks(process, HOOK_POSTSTART));
	runtime_attend_keep(&process->devices);
	return NULL;
}

/* One that is not our child is reaped by its parent: that it has ended is all there is to see. */
static void end(int pidfd)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	siginfo_t info;
	int waited;

	kernel_pidfd_send_signal(pidfd, SIGKILL);
	do
		waited = waitid(P_PIDFD, pidfd, &info, WEXITED);
	while (waited < 0 && errno == EINTR);
	if (waited < 0)
		poll(&ended, 1, 10000);
}

void runtime_abort(struct runtime_process *process)
{
	if (process->pid > 0)
		end(process->pidfd);
	process->pid = -1;
	runtime_attend_undo(&process->devices);
	error_free(cgroup_remove(&process->cgroup));
	if (process->resctrl)
		error_free(runtime_resctrl_remove(process->plan, process->plan_length));
	runtime_process_finish(process);
}

void runtime_process_finish(struct runtime_process *process)
{
	close_fd(&process->pidfd);
	close_fd(&process->channel);
	close_fd(&process->console);
	cgroup_finish(&process->cgroup);
	runtime_attend_keep(&process->devices);
	buffer_finish(&process->warnings);
}
