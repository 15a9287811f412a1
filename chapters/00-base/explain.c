#include "explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *role = "?";
static int process_fd = -1;
static _Thread_local int thread_fd = -1;

void explain_open(const char *who, int fd)
{
	role = who;
	process_fd = fd;
}

void explain_open_from_environment(const char *who)
{
	const char *value = getenv("MINI_EXPLAIN");
	int fd = value ? atoi(value) : 0;

	explain_open(who, fd <= 0 ? -1 : fd == 1 ? STDERR_FILENO : fd);
}

void explain_thread(int fd)
{
	thread_fd = fd;
}

int explain_fd(void)
{
	return thread_fd >= 0 ? thread_fd : process_fd;
}

bool explain_is_on(void)
{
	return explain_fd() >= 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

uint64_t explain_clock(void)
{
	return explain_is_on() ? now() : 0;
}

void explain(uint64_t began, const char *section, const char *why, const char *what, ...)
{
	int saved = errno;
	char call[256], line[512];
	va_list args;

	if (!explain_is_on())
		return;
	va_start(args, what);
	vsnprintf(call, sizeof(call), what, args);
	va_end(args);
	unsigned long long took = began ? (now() - began) / 1000 : 0;
	int n = snprintf(line, sizeof(line), "[%s] %-10s %-66s %6llu us  %s\n", section, role, call,
			 took, why);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line);
		line[n - 1] = '\n';
	}
	(void)!write(explain_fd(), line, n); /* a reader that has gone is no fault of the step */
	errno = saved;
}
