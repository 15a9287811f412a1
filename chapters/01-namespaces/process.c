#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "text.h"

fallible process_hide(void)
{
	uint64_t began = explain_clock();

	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_system("cannot keep the container from looking into its runtime");
	explain(began, "1.13", "the container cannot look into the runtime",
		"prctl(PR_SET_DUMPABLE, 0)");
	return NULL;
}

/* A folder outside the root (reached by a descriptor that leaked in) has no name below it: then
 * the kernel's path is not absolute. */
fallible process_enter(const char *path)
{
	uint64_t began = explain_clock();
	char where[PATH_MAX];

	if (chdir(path) < 0)
		return error_system("cannot enter the working folder '%s'", path);
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0 || where[0] != '/')
		return error_new(ERROR_FORBIDDEN,
				 "the working folder '%s' is outside of the container's root",
				 path);
	explain(began, "1.11", "where the program starts", "chdir(\"%s\")", path);
	return NULL;
}

fallible process_create_cwd(int rootfd, const char *path)
{
	autoclose int fd = -1;

	return error_wrap(directory_create_in_root(rootfd, path, 0755, &fd),
			  "cannot create the working folder");
}

fallible process_set_oom_score(int score, bool *refused)
{
	uint64_t began = explain_clock();
	autofree char *text = format("%d", score);
	autoerror e = file_write(AT_FDCWD, "/proc/self/oom_score_adj", text);

	*refused = e && (e->errnum == EACCES || e->errnum == EPERM);
	if (e && !*refused)
		return steal(&e);
	explain(began, "1.11", "how likely it is killed when memory runs out",
		"write(\"/proc/self/oom_score_adj\", \"%d\")", score);
	return NULL;
}

void process_reset_signals(void)
{
	/* The kernel's struct of handler, flags, restorer and mask, all zero: SIG_DFL. The C
	 * library keeps two signals to itself and would leave them as they came to us: ignored,
	 * perhaps. */
	static const unsigned long standard[4];
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		syscall(SYS_rt_sigaction, s, standard, NULL,
			8); /* of KILL and STOP it is refused */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

fallible process_close_others(int preserved)
{
	if (kernel_close_range(3 + preserved, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return error_system("cannot mark descriptors to be closed");
	return NULL;
}

const char *process_variable(char **environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* 0, or the errno that says why this file cannot be the program. */
static int check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return errno;
	/* root passes every access(2): execve(2) still wants one x. */
	return st.st_mode & 0111 ? 0 : EACCES;
}

static fallible find_in_path(const char *name, const char *folders, char **path)
{
	for (const char *at = folders, *end; *name && at; at = *end ? end + 1 : NULL) {
		end = at + strcspn(at, ":");
		autofree char *folder = duplicate_range(at, end - at);
		autofree char *candidate = format("%s/%s", *folder ? folder : ".", name);

		if (check(candidate) == 0) {
			*path = steal(&candidate);
			return NULL;
		}
	}
	return error_new(ERROR_COMMAND_NOT_FOUND,
			 "exec: \"%s\": executable file not found in $PATH", name);
}

/* Go's words for an errno are strerror's, in lower case. */
static fallible find_given(const char *name, char **path)
{
	int errnum = check(name);

	switch (errnum) {
	case 0:
		*path = duplicate(name);
		return NULL;
	case ENOENT:
		return error_new(ERROR_COMMAND_NOT_FOUND,
				 "exec: \"%s\": stat %s: no such file or directory", name, name);
	case ENOTDIR:
		return error_new(ERROR_NOT_EXECUTABLE, "exec: \"%s\": stat %s: not a directory",
				 name, name);
	case EISDIR:
		/* The second half is what podman and older dockerds know as an exit code of 126. */
		return error_new(ERROR_NOT_EXECUTABLE,
				 "exec: \"%s\": is a directory: permission denied", name);
	case EACCES:
		return error_new(ERROR_NOT_EXECUTABLE, "exec: \"%s\": permission denied", name);
	default:
		return error_errno(ERROR_NOT_EXECUTABLE, errnum, "exec: \"%s\"", name);
	}
}

static fallible cannot_run(const char *path)
{
	bool there = errno == ENOENT && faccessat(AT_FDCWD, path, F_OK, 0) == 0;

	if (errno == ENOENT && !there)
		return error_new(ERROR_COMMAND_NOT_FOUND, "exec %s: no such file or directory",
				 path);
	if (there)
		return error_new(ERROR_COMMAND_NOT_FOUND,
				 "exec %s: no such file or directory (the interpreter or loader "
				 "that it names is not in the image)",
				 path);
	if (errno == ENOEXEC)
		return error_new(ERROR_NOT_EXECUTABLE,
				 "exec %s: exec format error (made for another processor, or a "
				 "script without #!)",
				 path);
	return error_errno(ERROR_NOT_EXECUTABLE, errno, "exec %s", path);
}

fallible process_find(const char *name, char **environment, char **path)
{
	if (strchr(name, '/'))
		return find_given(name, path);
	return find_in_path(name, process_variable(environment, "PATH"), path);
}

fallible process_exec(const char *path, char **arguments, char **environment)
{
	uint64_t began = explain_clock();

	explain(began, "1.11", "from here on it is the container's program", "execve(\"%s\")",
		path);
	execve(path, arguments, environment);
	return cannot_run(path);
}
