#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "process.h"

/* The program is looked for as Go's exec.LookPath does, which Docker's messages come from. */
static void programs_that_cannot_run_say_why(void **state)
{
	static const struct {
		const char *name, *path, *message;
		enum error_class class;
	} rows[] = {
		{"nope", "PATH=/bin:/usr/bin", "exec: \"nope\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "PATH=/nowhere:", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "PATH=:/nowhere", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"sh", "NOPATH=/bin", "exec: \"sh\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"", "PATH=/bin", "exec: \"\": executable file not found in $PATH",
		 ERROR_COMMAND_NOT_FOUND},
		{"/nope", "PATH=/bin", "exec: \"/nope\": stat /nope: no such file or directory",
		 ERROR_COMMAND_NOT_FOUND},
		{"/etc", "PATH=/bin", "exec: \"/etc\": is a directory: permission denied",
		 ERROR_NOT_EXECUTABLE},
		{"/etc/passwd", "PATH=/bin", "exec: \"/etc/passwd\": permission denied",
		 ERROR_NOT_EXECUTABLE},
		{"/etc/passwd/x", "PATH=/bin",
		 "exec: \"/etc/passwd/x\": stat /etc/passwd/x: not a directory",
		 ERROR_NOT_EXECUTABLE},
	};

	(void)state;
	assert_int_equal(chdir("/proc"), 0); /* no sh in "." */
	for (size_t i = 0; i < countof(rows); i++) {
		char *environment[] = {(char *)rows[i].path, NULL};
		autofree char *path = NULL;
		autoerror e = process_find(rows[i].name, environment, &path);

		assert_non_null(e);
		assert_string_equal(e->message, rows[i].message);
		assert_int_equal(e->class, rows[i].class);
	}
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	char *environment[] = {(char *)"HOMEX=1", (char *)"HOM=2", (char *)"HOME=3", NULL};

	(void)state;
	assert_string_equal(process_variable(environment, "HOME"), "3");
	assert_null(process_variable(environment, "PATH"));
}

/* In a child, which is another process than the one that runs the tests: what the function left. */
static int in_a_child(int (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(function());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static int hide(void)
{
	autoerror e = process_hide();

	return e ? 100 : prctl(PR_GET_DUMPABLE, 0);
}

static void nobody_can_look_into_what_is_hidden(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(hide), 0);
}

static int reset(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	process_reset_signals();
	sigprocmask(SIG_BLOCK, NULL, &set);
	return sigismember(&set, SIGTERM) || signal(SIGPIPE, SIG_DFL) != SIG_DFL;
}

static void signals_are_those_of_a_new_program(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(reset), 0);
}

static int close_others(void)
{
	/* 0 to 2, then the two that are handed on. */
	for (int fd = 3; fd < 7; fd++)
		if (dup2(2, fd) < 0)
			return 100;
	autoerror e = process_close_others(2);
	int closed = 0;

	for (int fd = 3; fd < 7; fd++)
		closed = closed * 10 + fcntl(fd, F_GETFD);
	return e ? 100 : closed;
}

static void what_was_not_asked_for_is_closed(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(close_others), 11); /* 0, 0, FD_CLOEXEC, FD_CLOEXEC */
}

static void a_folder_to_work_in_stays_in_the_root(void **state)
{
	char folder[] = "/tmp/process-test.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	autoclose int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;
	assert_int_equal(symlinkat("/", root, "out"), 0);
	assert_null(process_create_cwd(root, "/out/a/b"));
	assert_null(directory_open(root, "a/b", &made));
	autoerror missing = process_enter("/no/such/folder");
	assert_non_null(strstr(missing->message, "'/no/such/folder'"));
	assert_null(tree_remove(AT_FDCWD, folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_that_cannot_run_say_why),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
		cmocka_unit_test(nobody_can_look_into_what_is_hidden),
		cmocka_unit_test(signals_are_those_of_a_new_program),
		cmocka_unit_test(what_was_not_asked_for_is_closed),
		cmocka_unit_test(a_folder_to_work_in_stays_in_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
