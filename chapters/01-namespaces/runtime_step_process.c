/* The steps of a program's own process: its limits, its user, what it may do, and execve. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capability.h"
#include "cpu_affinity.h"
#include "keyring.h"
#include "memory.h"
#include "memory_policy.h"
#include "personality.h"
#include "process.h"
#include "rlimit.h"
#include "runtime_channel.h"
#include "runtime_child.h"
#include "seccomp_filter.h"
#include "seccomp_notify.h"
#include "security_module.h"
#include "user.h"

static fallible step_hide(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return process_hide();
}

static fallible step_oom_score(struct runtime_child *child, const struct step *step)
{
	bool refused;

	TRY(process_set_oom_score(step->number[0], &refused));
	if (refused)
		runtime_child_warn(child,
				   "oom_score_adj stays as it is: %d would lower it, which "
				   "needs CAP_SYS_RESOURCE",
				   (int)step->number[0]);
	return NULL;
}

static fallible step_security_label(struct runtime_child *child, const struct step *step)
{
	(void)child;
	if (step->number[0] < 0 || step->number[0] >= SECURITY_MODULE_COUNT)
		return error_new(ERROR_CORRUPT, "the plan names a security module that is none");
	return security_module_set(step->number[0], step->text[0]);
}

static fallible step_cpu_affinity(struct runtime_child *child, const struct step *step)
{
	struct number_list cpus;

	(void)child;
	TRY(number_list_of(step->bytes, step->bytes_length, &cpus));
	return cpu_affinity_set(&cpus);
}

static fallible step_personality(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return personality_set(step->number[0]);
}

static fallible step_memory_policy(struct runtime_child *child, const struct step *step)
{
	struct number_list nodes;

	(void)child;
	if (!step->bytes_length)
		return memory_policy_set(step->number[0], NULL);
	TRY(number_list_of(step->bytes, step->bytes_length, &nodes));
	return memory_policy_set(step->number[0], &nodes);
}

static fallible step_keyring(struct runtime_child *child, const struct step *step)
{
	bool refused;

	TRY(keyring_join(step->text[0], &refused));
	if (refused)
		runtime_child_warn(child, "the session keyring is that of who started us: the "
					  "kernel gives no new one here");
	return NULL;
}

static fallible step_rlimit(struct runtime_child *child, const struct step *step)
{
	bool lowered;

	TRY(rlimit_set(step->number[0], step->text[0], step->number[1], step->number[2], &lowered));
	if (lowered)
		runtime_child_warn(child,
				   "%s is only what this process may have: more needs "
				   "CAP_SYS_RESOURCE",
				   step->text[0]);
	return NULL;
}

static fallible step_umask(struct runtime_child *child, const struct step *step)
{
	(void)child;
	umask(step->number[0]);
	return NULL;
}

static fallible step_no_new_privs(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return seccomp_set_no_new_privs();
}

static fallible step_keep_caps(struct runtime_child *child, const struct step *step)
{
	(void)child;
	(void)step;
	return capability_keep();
}

static fallible step_bounding(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return capability_limit(step->number[0]);
}

/* setresuid(2) knows only whom the user namespace knows. */
static fallible if_unmapped(struct error *e)
{
	autoerror owned = e;

	if (!e || e->errnum != EINVAL)
		return steal(&owned);
	return error_new(ERROR_INVALID,
			 "%s (the user namespace has no id outside for it: map more of them, see "
			 "/etc/subuid and /etc/subgid)",
			 e->message);
}

/* The user is known: who he is, where he lives, and what only he may enter. */
static fallible become(struct runtime_child *child, struct user *user)
{
	child->home = steal(&user->home);
	if (user->group_count && !user_may_have_groups()) {
		runtime_child_warn(child,
				   "the %zu additional groups are left out: a user namespace "
				   "in which only one's own group is mapped has no others",
				   user->group_count);
		user->group_count = 0;
	}
	TRY(if_unmapped(user_become(user)));
	return child->late_cwd ? process_enter(child->late_cwd) : NULL;
}

static fallible step_user(struct runtime_child *child, const struct step *step)
{
	struct user user = {.uid = step->number[0], .gid = step->number[1]};

	if (step->bytes_length > sizeof(user.groups) || step->bytes_length % sizeof(gid_t))
		return error_new(ERROR_INVALID, "too many additional groups (at most %d)",
				 USER_GROUPS_MAX);
	if (step->bytes_length)
		memcpy(user.groups, step->bytes, step->bytes_length);
	user.group_count = step->bytes_length / sizeof(gid_t);
	TRY(user_find_home(child->rootfd, &user));
	return become(child, &user);
}

static fallible step_user_name(struct runtime_child *child, const struct step *step)
{
	struct user user = {0};
	const char *at = step->bytes, *end = at + step->bytes_length;

	TRY(user_find(child->rootfd, step->text[0], &user));
	for (; at && at < end; at += strnlen(at, end - at) + 1) {
		autofree char *group = duplicate_range(at, strnlen(at, end - at));

		TRY(user_add_group(child->rootfd, group, &user));
	}
	return become(child, &user);
}

static fallible step_capabilities(struct runtime_child *child, const struct step *step)
{
	(void)child;
	return capability_apply(step->number[0], step->number[1], step->number[2], step->number[3]);
}

static fallible step_seccomp(struct runtime_child *child, const struct step *step)
{
	autoclose int listener = -1;

	/* The change of user took the effective set, and loading needs CAP_SYS_ADMIN in it. */
	if (step->number[1])
		TRY(capability_raise());
	if (!(step->number[0] & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return seccomp_filter_load(step->bytes, step->bytes_length, step->number[0]);
	TRY(seccomp_notify_load(step->bytes, step->bytes_length, step->number[0], &listener));
	return channel_send(child->channel, MESSAGE_LISTENER, listener);
}

static fallible step_cwd(struct runtime_child *child, const struct step *step)
{
	if (step->number[0])
		return process_create_cwd(child->rootfd, step->text[0]);
	autoerror e = process_enter(step->text[0]);
	if (!e || (e->errnum != EACCES && e->errnum != EPERM))
		return steal(&e);
	child->late_cwd = step->text[0];
	return NULL;
}

/* NUL-terminated texts, one after the other, as a NULL-terminated array with room for one more. */
static fallible array_of(const void *bytes, size_t length, char ***array, size_t *count)
{
	const char *at = bytes, *end = at + length;

	*count = 0;
	if (length && end[-1])
		return error_new(ERROR_CORRUPT, "a list in the plan does not end");
	for (; at < end; at += strlen(at) + 1)
		(*count)++;
	*array = allocate((*count + 2) * sizeof(**array));
	at = bytes;
	for (size_t i = 0; i < *count; i++, at += strlen(at) + 1)
		(*array)[i] = (char *)at;
	return NULL;
}

static fallible step_environment(struct runtime_child *child, const struct step *step)
{
	size_t count;

	return array_of(step->bytes, step->bytes_length, &child->environment, &count);
}

/* Here the user is known, and with him the home folder. */
static fallible step_program(struct runtime_child *child, const struct step *step)
{
	char **end = child->environment;

	if (!end)
		return error_new(ERROR_CORRUPT, "the plan has no environment for its program");
	while (*end)
		end++;
	if (!process_variable(child->environment, "HOME"))
		*end = format("HOME=%s", child->home && *child->home ? child->home : "/");
	return process_find(step->text[0], child->environment, &child->program);
}

static fallible step_exec(struct runtime_child *child, const struct step *step)
{
	autofree char **arguments = NULL;
	size_t count;

	if (!child->program)
		return error_new(ERROR_CORRUPT, "the plan has no program for its arguments");
	TRY(array_of(step->bytes, step->bytes_length, &arguments, &count));
	process_reset_signals();
	TRY(process_close_others(child->files.preserved));
	return process_exec(child->program, arguments, child->environment);
}

runtime_step_function *const runtime_process_steps[STEP_KIND_COUNT] = {
	[STEP_SECURITY_LABEL] = step_security_label,
	[STEP_CPU_AFFINITY] = step_cpu_affinity,
	[STEP_PERSONALITY] = step_personality,
	[STEP_MEMORY_POLICY] = step_memory_policy,
	[STEP_HIDE] = step_hide,
	[STEP_OOM_SCORE] = step_oom_score,
	[STEP_KEYRING] = step_keyring,
	[STEP_RLIMIT] = step_rlimit,
	[STEP_UMASK] = step_umask,
	[STEP_NO_NEW_PRIVS] = step_no_new_privs,
	[STEP_KEEP_CAPS] = step_keep_caps,
	[STEP_BOUNDING] = step_bounding,
	[STEP_USER] = step_user,
	[STEP_USER_NAME] = step_user_name,
	[STEP_CAPABILITIES] = step_capabilities,
	[STEP_SECCOMP] = step_seccomp,
	[STEP_CWD] = step_cwd,
	[STEP_ENVIRONMENT] = step_environment,
	[STEP_PROGRAM] = step_program,
	[STEP_EXEC] = step_exec,
};
