#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "capability.h"
#include "capability_name.h"
#include "memory.h"
#include "rlimit.h"

static void names_and_numbers_agree(void **state)
{
	autofree char *name = capability_name(CAP_SYS_ADMIN);

	(void)state;
	assert_string_equal(name, "CAP_SYS_ADMIN");
	for (int c = 0; c < CAPABILITY_COUNT; c++) {
		autofree char *one = capability_name(c);

		assert_int_equal(capability_number(one), c);
	}
	assert_int_equal(capability_number("cap_chown"), CAP_CHOWN);
	assert_int_equal(capability_number("CAP_FLY"), -1);
	assert_int_equal(capability_number("7"), -1);
	assert_int_equal(capability_number(""), -1);
}

static void dockers_default_is_these_fourteen(void **state)
{
	static const char *const names[] = {
		"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
		"CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
		"CAP_KILL",    "CAP_AUDIT_WRITE",
	};
	uint64_t mask = 0;

	(void)state;
	for (size_t i = 0; i < countof(names); i++)
		mask |= UINT64_C(1) << capability_number(names[i]);
	assert_int_equal(mask, CAPABILITY_DOCKER);
}

/* In a child, as there is no way back. 0 when all was as it should be. */
static int drop(void)
{
	uint64_t chown = UINT64_C(1) << CAP_CHOWN;

	if (capability_limit(chown) || capability_bounding(CAPABILITY_ALL) != chown)
		return 1;
	if (capability_apply(CAPABILITY_ALL, CAPABILITY_ALL, 0, 0))
		return 2; /* what is not held is left out */
	if (capability_apply(chown, chown, chown, chown))
		return 3;
	return 0;
}

static void what_is_dropped_is_gone(void **state)
{
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid_t pid = fork();
	if (pid == 0)
		_exit(drop());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void limits_have_names(void **state)
{
	(void)state;
	assert_true(rlimit_number("RLIMIT_NOFILE") >= 0);
	assert_int_equal(rlimit_number("NOFILE"), -1);
	assert_int_equal(rlimit_number("RLIMIT_NOTHING"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_agree),
		cmocka_unit_test(dockers_default_is_these_fourteen),
		cmocka_unit_test(what_is_dropped_is_gone),
		cmocka_unit_test(limits_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
