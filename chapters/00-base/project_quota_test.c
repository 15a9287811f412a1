#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "memory.h"
#include "project_quota.h"

/* No file system of the kernel's own counts by project. Those that do are in
 * tests/05-volumes-networks/quota.bats. */
static void what_cannot_count_says_so(void **state)
{
	autoclose int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoerror checked = project_quota_check(folder);
	autoerror set = project_quota_set(folder, 1 << 20);
	autoerror none = project_quota_check(-1);
	autoerror small = project_quota_set(folder, 511);

	(void)state;
	assert_int_equal(checked->class, ERROR_NOT_IMPLEMENTED);
	assert_string_equal(checked->message,
			    "Filesystem does not support, or has not enabled quotas");
	assert_int_equal(set->class, ERROR_NOT_IMPLEMENTED);
	assert_int_equal(none->class, ERROR_NOT_IMPLEMENTED);
	assert_int_equal(small->class, ERROR_INVALID);
}

static void who_is_in_no_project_is_let_be(void **state)
{
	autoclose int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoerror cleared = project_quota_clear(folder);
	autoerror followed = project_quota_follow(folder, folder);

	(void)state;
	assert_null(cleared);
	assert_null(followed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_count_says_so),
		cmocka_unit_test(who_is_in_no_project_is_let_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
