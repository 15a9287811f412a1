#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capability.h"
#include "json.h"
#include "seccomp_filter.h"
#include "seccomp_profile.h"

typedef int call(void);

/* The errno that the call gives to a process with this filter; 0 when it works, -1 when the
 * process was killed. */
static int under(const struct buffer *filter, call *attempt)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (seccomp_set_no_new_privs() ||
		    seccomp_filter_load(filter->data, filter->length, 0))
			_exit(200);
		_exit(attempt() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int call_getpid(void)
{
	return syscall(SYS_getpid) > 0 ? 0 : -1;
}
static int call_mount(void)
{
	return syscall(SYS_mount, NULL, "/nowhere", NULL, MS_REMOUNT, NULL);
}
static int call_unshare_user(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER);
}
static int call_clone_user(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, NULL);
}
static int call_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}
static int call_keyctl(void)
{
	return syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}
static int call_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}
static int call_vsock(void)
{
	return syscall(SYS_socket, 40, SOCK_STREAM, 0);
}
static int call_unix(void)
{
	return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}
static int call_personality_linux32(void)
{
	return syscall(SYS_personality, PER_LINUX32);
}
static int call_personality_no_random(void)
{
	return syscall(SYS_personality, ADDR_NO_RANDOMIZE);
}
static int call_future(void)
{
	return syscall(900);
}
static int call_chroot(void)
{
	return syscall(SYS_chroot, "/nowhere");
}
static int call_io_uring(void)
{
	return syscall(425, 0, NULL);
}
static int call_mkdir(void)
{
	return syscall(SYS_mkdirat, AT_FDCWD, "/nowhere/x", 0700);
}

struct row {
	const char *name;
	call *attempt;
	int want; /* errno */
};

static void check(const struct buffer *filter, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int got = under(filter, rows[i].attempt);

		if (got != rows[i].want)
			fail_msg("%s gives errno %d, not %d", rows[i].name, got, rows[i].want);
	}
}

static void the_default_filter_allows_and_refuses(void **state)
{
	static const struct row rows[] = {
		{"getpid", call_getpid, 0},
		{"mkdirat", call_mkdir, ENOENT},
		{"socket(AF_UNIX)", call_unix, 0},
		{"personality(LINUX32)", call_personality_linux32, 0},
		{"chroot, with CAP_SYS_CHROOT", call_chroot, ENOENT},
		{"mount", call_mount, EPERM},
		{"unshare", call_unshare_user, EPERM},
		{"clone(NEWUSER)", call_clone_user, EPERM},
		{"clone3, so that clone is used", call_clone3, ENOSYS},
		{"keyctl", call_keyctl, EPERM},
		{"bpf", call_bpf, EPERM},
		{"io_uring_setup", call_io_uring, EPERM},
		{"socket(AF_VSOCK)", call_vsock, EPERM},
		{"personality(ADDR_NO_RANDOMIZE)", call_personality_no_random, EPERM},
		{"a call of the future", call_future, ENOSYS},
	};
	autobuffer filter = {0};

	(void)state;
	assert_null(seccomp_default_filter(CAPABILITY_DOCKER, &filter));
	check(&filter, rows, sizeof(rows) / sizeof(rows[0]));
}

static void capabilities_change_what_is_allowed(void **state)
{
	static const struct row admin[] = {
		{"mount, with CAP_SYS_ADMIN", call_mount, ENOENT},
		{"clone3, with CAP_SYS_ADMIN", call_clone3, EINVAL},
		{"keyctl", call_keyctl, EPERM},
	};
	static const struct row none[] = {
		{"chroot, without CAP_SYS_CHROOT", call_chroot, EPERM},
		{"getpid", call_getpid, 0},
	};
	autobuffer filter = {0}, least = {0};

	(void)state;
	assert_null(
		seccomp_default_filter(CAPABILITY_DOCKER | UINT64_C(1) << CAP_SYS_ADMIN, &filter));
	check(&filter, admin, sizeof(admin) / sizeof(admin[0]));
	assert_null(seccomp_default_filter(0, &least));
	check(&least, none, sizeof(none) / sizeof(none[0]));
}

/* The one of the build is what the library makes now. */
static void the_prebuilt_filter_is_the_same(void **state)
{
	autobuffer prebuilt = {0}, other = {0};

	(void)state;
	assert_null(seccomp_default_filter(CAPABILITY_DOCKER, &prebuilt));
	/* One more capability of which the profile has no rule. */
	assert_null(seccomp_default_filter(CAPABILITY_DOCKER | UINT64_C(1) << CAP_LEASE, &other));
	assert_int_equal(prebuilt.length, other.length);
	assert_memory_equal(prebuilt.data, other.data, other.length);
}

static void a_profile_of_ones_own(void **state)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\","
		" \"syscalls\": [{\"names\": [\"mkdirat\", \"not_a_call\"], \"action\": "
		"\"SCMP_ACT_ERRNO\", \"errnoRet\": 77}, {\"names\": [\"socket\"], \"action\": "
		"\"SCMP_ACT_ERRNO\", \"args\": [{\"index\": 0, \"value\": 40, \"op\": "
		"\"SCMP_CMP_EQ\"}]}, {\"names\": [\"chroot\"], \"action\": "
		"\"SCMP_ACT_KILL_PROCESS\"}]}";
	static const struct row rows[] = {
		{"mkdirat", call_mkdir, 77},
		{"socket(AF_VSOCK)", call_vsock, EPERM},
		{"socket(AF_UNIX)", call_unix, 0},
		{"chroot", call_chroot, -1},
	};
	autojson *profile = json_loads(text, 0, NULL);
	autobuffer filter = {0};
	uint32_t flags;

	(void)state;
	autoerror e = seccomp_profile_compile(profile, &filter, &flags);
	if (e)
		fail_msg("%s", e->message);
	assert_int_equal(flags, SECCOMP_PROFILE_FLAGS);
	check(&filter, rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_filter_allows_and_refuses),
		cmocka_unit_test(capabilities_change_what_is_allowed),
		cmocka_unit_test(the_prebuilt_filter_is_the_same),
		cmocka_unit_test(a_profile_of_ones_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
