#include "signal_name.h"

#include <ctype.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include "text.h"

/* The kernel's real-time signals, two of which libc keeps for itself (its own SIGRTMIN is 34). */
#define REALTIME_FIRST 34
#define REALTIME_LAST  64

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"ABRT", SIGABRT},
	{"ALRM", SIGALRM},
	{"BUS", SIGBUS},
	{"CHLD", SIGCHLD},
	{"CLD", SIGCHLD},
	{"CONT", SIGCONT},
	{"FPE", SIGFPE},
	{"HUP", SIGHUP},
	{"ILL", SIGILL},
	{"INT", SIGINT},
	{"IO", SIGIO},
	{"IOT", SIGABRT},
	{"KILL", SIGKILL},
	{"PIPE", SIGPIPE},
	{"POLL", SIGIO},
	{"PROF", SIGPROF},
	{"PWR", SIGPWR},
	{"QUIT", SIGQUIT},
	{"SEGV", SIGSEGV},
	{"STKFLT", SIGSTKFLT},
	{"STOP", SIGSTOP},
	{"SYS", SIGSYS},
	{"TERM", SIGTERM},
	{"TRAP", SIGTRAP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"URG", SIGURG},
	{"USR1", SIGUSR1},
	{"USR2", SIGUSR2},
	{"VTALRM", SIGVTALRM},
	{"WINCH", SIGWINCH},
	{"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},
	{"RTMIN", REALTIME_FIRST},
	{"RTMAX", REALTIME_LAST},
};

static int find_name(const char *name)
{
	for (size_t i = 0; i < countof(signals); i++)
		if (strcasecmp(name, signals[i].name) == 0)
			return signals[i].number;
	return 0;
}

/* "RTMIN+3", "RTMAX-1" */
static int find_realtime(const char *name)
{
	bool from_first = strncasecmp(name, "RTMIN+", 6) == 0;
	int64_t distance = 0;

	if (!from_first && strncasecmp(name, "RTMAX-", 6) != 0)
		return 0;
	autoerror e =
		integer_parse(name + 6, "distance", 0, REALTIME_LAST - REALTIME_FIRST, &distance);
	if (e)
		return 0;
	return from_first ? REALTIME_FIRST + distance : REALTIME_LAST - distance;
}

fallible signal_parse(const char *text, int *number)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int64_t value = 0;

	if (isdigit((unsigned char)*text)) {
		autoerror e = integer_parse(text, "signal", 1, REALTIME_LAST, &value);

		*number = e ? 0 : value;
	} else {
		*number = find_name(name);
		if (!*number)
			*number = find_realtime(name);
	}
	if (!*number)
		return error_new(ERROR_INVALID, "invalid signal: %s", text);
	return NULL;
}
