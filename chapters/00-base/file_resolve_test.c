#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "file_resolve.h"
#include "memory.h"

static char place[] = "/tmp/mini-resolve-test-XXXXXX";
static int root = -1;

static int make_place(void **state)
{
	(void)state;
	strcpy(place, "/tmp/mini-resolve-test-XXXXXX");
	assert_non_null(mkdtemp(place));
	assert_null(directory_open(AT_FDCWD, place, &root));
	assert_int_equal(mkdirat(root, "there", 0755), 0);
	assert_int_equal(symlinkat("../../run/later", root, "there/relative"), 0);
	assert_int_equal(symlinkat("/away/from/here", root, "absolute"), 0);
	assert_int_equal(symlinkat("absolute/x", root, "chain"), 0);
	assert_int_equal(symlinkat("loop", root, "loop"), 0);
	assert_int_equal(symlinkat("there", root, "real"), 0);
	return 0;
}

static int drop_place(void **state)
{
	(void)state;
	close(root);
	assert_null(tree_remove(AT_FDCWD, place));
	return 0;
}

static void a_path_is_followed_to_where_nothing_is(void **state)
{
	static const struct {
		const char *path, *resolved;
	} cases[] = {
		{"/there/relative", "/run/later"},
		{"real/relative/below", "/run/later/below"},
		{"/absolute", "/away/from/here"},
		{"chain", "/away/from/here/x"},
		{"chain/../../y", "/away/from/y"},
		{"//a/./b//", "/a/b"},
		{"../../../etc", "/etc"},
		{"", "/"},
		{"/there/../..", "/"},
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *resolved = NULL;

		assert_null(file_resolve_in_root(root, cases[i].path, &resolved));
		assert_string_equal(resolved, cases[i].resolved);
	}
}

static void a_loop_has_an_end(void **state)
{
	autofree char *resolved = NULL;
	autoerror e = file_resolve_in_root(root, "loop/x", &resolved);

	(void)state;
	assert_non_null(e);
	assert_int_equal(e->errnum, ELOOP);
	assert_null(resolved);
}

static void a_folder_is_made_at_the_end_of_a_link(void **state)
{
	autoclose int made = -1;

	(void)state;
	assert_null(directory_create_in_root(root, "/chain/deep", 0755, &made));
	assert_int_equal(faccessat(root, "away/from/here/x/deep", F_OK, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_followed_to_where_nothing_is),
		cmocka_unit_test(a_loop_has_an_end),
		cmocka_unit_test(a_folder_is_made_at_the_end_of_a_link),
	};

	return cmocka_run_group_tests(tests, make_place, drop_place);
}
