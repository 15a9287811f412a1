#include "runc_session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "runc_notify.h"

/* Left alone: what a fault in ourselves raises, and what stops and continues us. */
static const int own_signals[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT, SIGSYS,
				  SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG};

fallible runc_session_begin(struct runc_session *session, bool subreaper)
{
	sigset_t all;

	*session = (struct runc_session){.signals = -1, .notify = -1};
	sigfillset(&all);
	for (size_t i = 0; i < countof(own_signals); i++)
		sigdelset(&all, own_signals[i]);
	if (sigprocmask(SIG_BLOCK, &all, &session->before) < 0)
		return error_system("cannot block signals");
	session->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signals < 0)
		return error_system("cannot read signals as a file");
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_system("cannot become the reaper of orphans");
	return NULL;
}

static void make_raw(struct runc_session *session)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &session->terminal) < 0)
		return;
	raw = session->terminal;
	cfmakeraw(&raw);
	session->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void runc_session_copy_size(const struct runtime_process *process)
{
	struct winsize size;

	if (process->console >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row)
		ioctl(process->console, TIOCSWINSZ, &size);
}

/* Reaps all that has ended; whether the one that counts was among it. */
static bool reap(pid_t pid, int *code)
{
	bool ended = false;
	int status;

	for (pid_t p = waitpid(-1, &status, WNOHANG | __WALL); p > 0;
	     p = waitpid(-1, &status, WNOHANG | __WALL)) {
		if (p != pid)
			continue;
		*code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		ended = true;
	}
	return ended;
}

static bool handle_signals(struct runc_session *session, struct runtime_process *process, int *code)
{
	struct signalfd_siginfo info;
	bool ended = false;

	while (read(session->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			ended |= reap(process->pid, code);
		else if (info.ssi_signo == SIGWINCH)
			runc_session_copy_size(process);
		else
			kernel_pidfd_send_signal(process->pidfd, info.ssi_signo);
	}
	return ended;
}

/* Some bytes from one to the other; false when there will be no more. */
static bool pass(int from, int to)
{
	char bytes[8192];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false; /* EIO is how a terminal says that nobody has its other end open */
	autoerror e = file_write_fd(to, "the terminal", bytes, n);
	return !e;
}

/* What the program wrote just before it ended is still in the terminal. */
static void drain(int console)
{
	struct pollfd ready = {.fd = console, .events = POLLIN};

	while (console >= 0 && poll(&ready, 1, 0) > 0 && ready.revents & POLLIN &&
	       pass(console, STDOUT_FILENO))
		;
}

/* The other side cannot see our end of input: it gets the terminal's own sign for it. */
static void end_of_input(int console)
{
	static const char end = 4; /* Ctrl-D */

	(void)!write(console, &end, 1);
}

/* Once is enough: whether it was the one. Whom nobody hears runs nevertheless. */
static bool pass_notice(int fd)
{
	bool ready;
	autoerror e = runc_notify_pass(fd, 0, &ready);

	return e || ready;
}

fallible runc_session_run(struct runc_session *session, struct runtime_process *process, int *code)
{
	enum { SIGNALS, CONSOLE, INPUT, NOTIFY, FDS };
	bool terminal = process->console >= 0, ended = false;
	struct pollfd fds[FDS] = {
		[SIGNALS] = {.fd = session->signals, .events = POLLIN},
		[CONSOLE] = {.fd = process->console, .events = POLLIN},
		[INPUT] = {.fd = terminal ? STDIN_FILENO : -1, .events = POLLIN},
		[NOTIFY] = {.fd = session->notify, .events = POLLIN},
	};

	if (terminal)
		make_raw(session);
	while (!ended) {
		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return error_system("cannot wait for the container");
		if (fds[CONSOLE].revents && !pass(process->console, STDOUT_FILENO))
			fds[CONSOLE].fd = -1;
		if (fds[INPUT].revents && !pass(STDIN_FILENO, process->console)) {
			end_of_input(process->console);
			fds[INPUT].fd = -1;
		}
		if (fds[NOTIFY].revents && pass_notice(session->notify))
			fds[NOTIFY].fd = -1;
		if (fds[SIGNALS].revents)
			ended = handle_signals(session, process, code);
	}
	drain(process->console);
	return NULL;
}

void runc_session_end(struct runc_session *session)
{
	if (session->raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &session->terminal);
	close_fd(&session->signals);
	sigprocmask(SIG_SETMASK, &session->before, NULL);
}
