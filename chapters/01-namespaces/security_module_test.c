#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "memory.h"
#include "security_module.h"

static void modules_have_the_names_that_people_know(void **state)
{
	(void)state;
	assert_string_equal(security_module_name(SECURITY_APPARMOR), "AppArmor");
	assert_string_equal(security_module_name(SECURITY_SELINUX), "SELinux");
}

/* The label is no profile anywhere: the kernel refuses it, or has no such file. What must not be is
 * that it is not asked. */
static void the_kernel_is_asked(void **state)
{
	(void)state;
	for (int module = 0; module < SECURITY_MODULE_COUNT; module++) {
		autoerror e = security_module_set(module, "no such label");

		assert_non_null(e);
		assert_non_null(strstr(e->message, "'no such label'"));
		assert_int_not_equal(e->errnum, EBADF);
		assert_int_not_equal(e->class, ERROR_FORBIDDEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modules_have_the_names_that_people_know),
		cmocka_unit_test(the_kernel_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
