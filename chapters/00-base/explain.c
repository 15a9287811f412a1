#include "explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* A whole id says no more to a reader than its beginning, and takes the line. */
static void shorten_ids(char *text)
{
	for (char *at = text; *at; at++) {
		size_t length = strspn(at, "0123456789abcdef");

		if (length == 64)
			memmove(at + 12, at + 64, strlen(at + 64) + 1);
		at += length == 64 ? 12 : length;
		if (!*at)
			return;
	}
}

void explain(uint64_t began, const char *section, const char *why, const char *what, ...)
{
	int saved = errno;
	char call[512], line[1024], place[16];
	va_list args;

	if (!explain_is_on())
		return;
	va_start(args, what);
	vsnprintf(call, sizeof(call), what, args);
	va_end(args);
	shorten_ids(call);
	unsigned long long took = began ? (now() - began) / 1000 : 0;
	snprintf(place, sizeof(place), "[%s]", section);
	int n = snprintf(line, sizeof(line), "%-6s %-10s %-66s %6llu us  %s\n", place, role, call,
			 took, why);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line);
		line[n - 1] = '\n';
	}
	(void)!write(explain_fd(), line, n); /* a reader that has gone is no fault of the step */
	errno = saved;
}
