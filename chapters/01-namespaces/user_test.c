#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "user.h"

/* A root with the two files. */
static void make_root(char path[64], const char *passwd, const char *group, int *rootfd)
{
	autoclose int etc = -1;

	strcpy(path, "/tmp/mini-user-test-XXXXXX");
	assert_non_null(mkdtemp(path));
	assert_null(directory_open(AT_FDCWD, path, rootfd));
	assert_null(directory_create(*rootfd, "etc", 0755, &etc));
	assert_null(file_write_atomic(etc, "passwd", passwd, strlen(passwd), 0644, NOT_DURABLE));
	assert_null(file_write_atomic(etc, "group", group, strlen(group), 0644, NOT_DURABLE));
}

static void drop_root(const char *path, int rootfd)
{
	close(rootfd);
	assert_null(tree_remove(AT_FDCWD, path));
}

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "broken\n"
			     "web:x:33:34:Web:/var/www:/bin/false\n"
			     "77:x:78:79::/odd:/bin/sh\n"
			     "nouid:x::1::/x:\n";
static const char group[] = "root:x:0:\n"
			    "www:x:34:\n"
			    "extra:x:50:root,web\n"
			    "webby:x:51:webby,we\n"
			    "last:x:52:web";

static void users_are_found_as_docker_finds_them(void **state)
{
	static const struct {
		const char *text;
		uid_t uid;
		gid_t gid;
		size_t groups;
		const char *home; /* NULL: not known */
	} rows[] = {
		{"", 0, 0, 1, "/root"},
		{"web", 33, 34, 2, "/var/www"},
		{"33", 33, 34, 2, "/var/www"},
		{"web:extra", 33, 50, 0, "/var/www"},
		{"web:7", 33, 7, 0, "/var/www"},
		{"1000", 1000, 0, 0, NULL},
		{"1000:1000", 1000, 1000, 0, NULL},
		{"web:", 33, 34, 2, "/var/www"},
		/* A name of digits is an id. */
		{"77", 77, 0, 0, NULL},
	};
	char path[64];
	int rootfd;

	(void)state;
	make_root(path, passwd, group, &rootfd);
	for (size_t i = 0; i < countof(rows); i++) {
		struct user user;

		assert_null(user_find(rootfd, rows[i].text, &user));
		assert_int_equal(user.uid, rows[i].uid);
		assert_int_equal(user.gid, rows[i].gid);
		assert_int_equal(user.group_count, rows[i].groups);
		if (rows[i].home)
			assert_string_equal(user.home, rows[i].home);
		else
			assert_null(user.home);
		user_finish(&user);
	}
	drop_root(path, rootfd);
}

static void names_that_are_not_there_are_told(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"nobody", "unable to find user nobody: no matching entries in passwd file"},
		{"web:none", "unable to find group none: no matching entries in group file"},
		{"nouid", "unable to find user nouid: no matching entries in passwd file"},
		{"-1", "unable to find user -1: no matching entries in passwd file"},
		{"4294967295",
		 "unable to find user 4294967295: no matching entries in passwd file"},
		{"99999999999999999999",
		 "unable to find user 99999999999999999999: no matching entries in passwd file"},
	};
	char path[64];
	int rootfd;

	(void)state;
	make_root(path, passwd, group, &rootfd);
	for (size_t i = 0; i < countof(rows); i++) {
		struct user user;
		autoerror e = user_find(rootfd, rows[i].text, &user);

		assert_non_null(e);
		assert_string_equal(e->message, rows[i].message);
		user_finish(&user);
	}
	drop_root(path, rootfd);
}

/* A FIFO would make a reader wait for ever, a symlink could lead out. */
static void hostile_files_neither_block_nor_lead_out(void **state)
{
	struct user user;
	char path[64];
	int rootfd;

	(void)state;
	make_root(path, passwd, group, &rootfd);
	assert_int_equal(unlinkat(rootfd, "etc/passwd", 0), 0);
	assert_int_equal(mkfifoat(rootfd, "etc/passwd", 0644), 0);
	autoerror fifo = user_find(rootfd, "web", &user);
	assert_non_null(fifo);
	user_finish(&user);
	assert_int_equal(unlinkat(rootfd, "etc/passwd", 0), 0);
	assert_int_equal(symlinkat("/etc/hostname", rootfd, "etc/passwd"), 0);
	autoerror outside = user_find(rootfd, "root", &user);
	assert_non_null(outside); /* the host's would be there */
	user_finish(&user);
	drop_root(path, rootfd);
}

static void groups_are_added_once(void **state)
{
	struct user user;
	char path[64];
	int rootfd;

	(void)state;
	make_root(path, passwd, group, &rootfd);
	assert_null(user_find(rootfd, "web", &user));
	assert_null(user_add_group(rootfd, "www", &user));
	assert_null(user_add_group(rootfd, "50", &user));
	assert_int_equal(user.group_count, 3);
	autoerror e = user_add_group(rootfd, "none", &user);
	assert_non_null(e);
	user_finish(&user);
	drop_root(path, rootfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_found_as_docker_finds_them),
		cmocka_unit_test(names_that_are_not_there_are_told),
		cmocka_unit_test(hostile_files_neither_block_nor_lead_out),
		cmocka_unit_test(groups_are_added_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
