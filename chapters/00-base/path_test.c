#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "path.h"

static void text_alone(void **state)
{
	static const struct {
		const char *path, *clean, *but_end, *base;
	} rows[] = {
		{"", "/", "/", "/"},
		{"/", "/", "/", "/"},
		{"/.", "/", "/.", "."},
		{".", "/", "/.", "."},
		{"a", "/a", "/a", "a"},
		{"a/", "/a", "/a/", "a"},
		{"//a//b/.", "/a/b", "/a/b/.", "."},
		{"/a/../../b", "/b", "/b", "b"},
		{"/a/..", "/", "/", "/"},
		{"a/./.b/..c", "/a/.b/..c", "/a/.b/..c", "..c"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *clean = path_clean(rows[i].path);
		autofree char *but_end = path_clean_but_end(rows[i].path);
		autofree char *base = path_base(but_end);

		assert_string_equal(clean, rows[i].clean);
		assert_string_equal(but_end, rows[i].but_end);
		assert_string_equal(base, rows[i].base);
	}
}

static void links_lead_nowhere_else(void **state)
{
	static const struct {
		const char *path, *resolved;
	} rows[] = {
		{"/d/f", "/d/f"},          {"d/up/f", "/d/f"}, /* ../d */
		{"d/top/d", "/d"},                             /* /../.. */
		{"d/deep", "/d/e/x"},                          /* by way of another link */
		{"d/gone", "/d/no/where"}, /* what does not exist is taken as written */
		{"no/../d/up/", "/d"},     {"", "/"},
	};
	char folder[] = "/tmp/mini-path-test-XXXXXX";
	autoclose int root = -1;
	(void)state;

	assert_non_null(mkdtemp(folder));
	autofree char *make = format("cd %s && mkdir -p d/e && touch d/f && ln -s ../d d/up && "
				     "ln -s /../.. d/top && ln -s e d/l && ln -s l/x d/deep && "
				     "ln -s no/where d/gone && ln -s b a && ln -s a b",
				     folder);
	assert_int_equal(system(make), 0);
	assert_null(directory_open(AT_FDCWD, folder, &root));
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *resolved = NULL;

		assert_null(path_resolve(root, rows[i].path, &resolved));
		assert_string_equal(resolved, rows[i].resolved);
	}
	autofree char *circle = NULL;
	autoerror e = path_resolve(root, "/a", &circle);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_INVALID);
	assert_null(circle);
	assert_null(tree_remove(AT_FDCWD, folder));
}

static void programs_of_ours_are_neighbours(void **state)
{
	(void)state;
	autofree char *self = path_beside_program("path_test"),
		      *other = path_beside_program("none");

	assert_int_equal(*self, '/');
	assert_int_equal(access(self, X_OK), 0);
	assert_int_equal(access(other, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_alone),
		cmocka_unit_test(links_lead_nowhere_else),
		cmocka_unit_test(programs_of_ours_are_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
