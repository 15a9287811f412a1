#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local_copy.h"
#include "memory.h"

#define FILE_AT(p)                                                                                 \
	{                                                                                          \
		.path = (char *)(p), .exists = true                                                \
	}
#define FOLDER_AT(p)                                                                               \
	{                                                                                          \
		.path = (char *)(p), .exists = true, .is_folder = true                             \
	}
#define NO_FILE(p)                                                                                 \
	{                                                                                          \
		.path = (char *)(p)                                                                \
	}

/* docker's rules, one a line; problem: NULL where it can be done. */
static void what_becomes_of_what(void **state)
{
	static const struct {
		struct copy_end from, to;
		const char *folder, *name, *problem;
	} rows[] = {
		{FILE_AT("/a/f"), FOLDER_AT("/t"), "/t", NULL, NULL},
		{FILE_AT("/a/f"), FILE_AT("/t/g"), "/t", "g", NULL},
		{FILE_AT("/a/f"), NO_FILE("/t/g"), "/t", "g", NULL},
		{FILE_AT("/a/f"), NO_FILE("/t/g/"), NULL, NULL, "no such directory"},
		{FILE_AT("/a/f"), NO_FILE("/t/g/."), NULL, NULL, "no such directory"},
		{FOLDER_AT("/a"), FOLDER_AT("/t"), "/t", NULL, NULL},
		{FOLDER_AT("/a"), FILE_AT("/t/g"), NULL, NULL, "cannot copy directory"},
		{FOLDER_AT("/a"), NO_FILE("/t/g"), "/t", "g", NULL},
		{FOLDER_AT("/a"), NO_FILE("/t/g/"), "/t", "g", NULL},
		{FOLDER_AT("/a/."), NO_FILE("/g"), "/", "g", NULL},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *folder = NULL, *name = NULL;
		autoerror e = copy_settle(&rows[i].from, &rows[i].to, &folder, &name);

		assert_int_equal(!e, !rows[i].problem);
		if (e)
			assert_string_equal(e->message, rows[i].problem);
		else
			assert_string_equal(folder, rows[i].folder);
		assert_int_equal(!name, !rows[i].name);
		if (name)
			assert_string_equal(name, rows[i].name);
	}
}

static void paths_are_split_as_docker_splits_them(void **state)
{
	static const struct {
		const char *path, *folder, *name;
	} rows[] = {
		{"/a/b", "/a", "b"},       {"/a/b/", "/a", "b"}, {"/a/b/.", "/a/b", "."},
		{"/", "/", "/"},           {"/a", "/", "a"},     {"/.", "/", "."},
		{"/a//b/../c", "/a", "c"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *folder = NULL, *name = NULL;

		local_copy_split(rows[i].path, &folder, &name);
		assert_string_equal(folder, rows[i].folder);
		assert_string_equal(name, rows[i].name);
	}
}

static void a_followed_link_keeps_the_name_that_was_asked_for(void **state)
{
	static const struct {
		const char *asked, *target, *path, *renamed;
	} rows[] = {
		{"/d/l", "/d/e", "/d/e", "l"},
		{"/d/l/", "/d/e", "/d/e/", "l"},
		{"/d/l/.", "/d/e", "/d/e/.", NULL},
		{"/d/e", "/x/e", "/x/e", NULL},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *renamed = NULL;
		autofree char *path = local_copy_followed(rows[i].asked, rows[i].target, &renamed);

		assert_string_equal(path, rows[i].path);
		assert_int_equal(!renamed, !rows[i].renamed);
		if (renamed)
			assert_string_equal(renamed, rows[i].renamed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_becomes_of_what),
		cmocka_unit_test(paths_are_split_as_docker_splits_them),
		cmocka_unit_test(a_followed_link_keeps_the_name_that_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
