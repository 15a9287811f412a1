#include "open_files.h"

#include <stdbool.h>

#include "explain.h"

static struct rlimit before;
static bool raised;

static fallible set(rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {soft, hard};
	uint64_t began = explain_clock();

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return error_system("cannot set the limit of open files to %llu:%llu",
				    (unsigned long long)soft, (unsigned long long)hard);
	explain(began, "3.5", "a daemon has some descriptors for each container",
		"setrlimit(RLIMIT_NOFILE, %llu, %llu)", (unsigned long long)soft,
		(unsigned long long)hard);
	return NULL;
}

fallible open_files_raise(void)
{
	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return error_system("cannot ask for the limit of open files");
	raised = true;
	if (before.rlim_max < OPEN_FILES_WANTED) {
		autoerror forbidden = set(OPEN_FILES_WANTED, OPEN_FILES_WANTED);

		if (!forbidden)
			return NULL;
	}
	return before.rlim_cur < before.rlim_max ? set(before.rlim_max, before.rlim_max) : NULL;
}

struct rlimit open_files_before(void)
{
	struct rlimit now = {RLIM_INFINITY, RLIM_INFINITY};

	if (raised)
		return before;
	getrlimit(RLIMIT_NOFILE, &now);
	return now;
}
