#include "rlimit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "explain.h"
#include "memory.h"

static const struct {
	const char *name;
	int number;
} limits[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

int rlimit_number(const char *name)
{
	for (size_t i = 0; i < countof(limits); i++)
		if (strcmp(limits[i].name, name) == 0)
			return limits[i].number;
	return -1;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* RLIM_INFINITY is the largest number, as in config.json. */
fallible rlimit_set(int resource, const char *name, uint64_t soft, uint64_t hard, bool *lowered)
{
	uint64_t began = explain_clock();
	struct rlimit want = {.rlim_cur = soft, .rlim_max = hard}, have;

	*lowered = false;
	if (setrlimit(resource, &want) < 0) {
		if (errno != EPERM || getrlimit(resource, &have) < 0)
			return error_system("cannot set %s to %" PRIu64 ":%" PRIu64, name, soft,
					    hard);
		want.rlim_max = least(hard, have.rlim_max);
		want.rlim_cur = least(soft, want.rlim_max);
		if (setrlimit(resource, &want) < 0)
			return error_system("cannot set %s to %" PRIu64 ":%" PRIu64, name,
					    (uint64_t)want.rlim_cur, (uint64_t)want.rlim_max);
		*lowered = true;
	}
	explain(began, "1.11", "a limit of the process itself",
		"setrlimit(%s, %" PRIu64 ", %" PRIu64 ")", name, (uint64_t)want.rlim_cur,
		(uint64_t)want.rlim_max);
	return NULL;
}
