#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "pidfile.h"

static char folder[] = "/tmp/pidfile-XXXXXX";
static char *path;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	path = format("%s/run/daemon.pid", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	struct error *e = tree_remove(AT_FDCWD, folder);

	free(path);
	return e != NULL;
}

static void write_pid(pid_t pid)
{
	autofree char *text = format("%d\n", pid);

	assert_null(file_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, NOT_DURABLE));
}

static void test_made_and_removed(void **state)
{
	(void)state;
	assert_null(pidfile_create(path));
	autobuffer text = {0};
	assert_null(file_read(AT_FDCWD, path, 64, &text));
	assert_int_equal(atoi(text.data), getpid());
	pidfile_remove(path);
	assert_int_equal(access(path, F_OK), -1);
}

/* A child of ours has our name. */
static void test_another_daemon(void **state)
{
	(void)state;
	int pipes[2];
	char byte;

	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		close(pipes[1]);
		(void)!read(pipes[0], &byte, 1);
		_exit(0);
	}
	write_pid(child);
	autoerror e = pidfile_create(path);
	close(pipes[0]);
	close(pipes[1]);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CONFLICT);
	pidfile_remove(path); /* it is not ours: it stays */
	assert_int_equal(access(path, F_OK), 0);
}

static void test_a_stale_one_is_replaced(void **state)
{
	(void)state;
	write_pid(1); /* alive, and another program */
	assert_null(pidfile_create(path));
	pidfile_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_removed),
		cmocka_unit_test(test_another_daemon),
		cmocka_unit_test(test_a_stale_one_is_replaced),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
