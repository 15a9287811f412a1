/*
 * rename.c - the smallest program in the manner of this tree: one step, its error, its trace
 *
 *	rename NAME
 *
 * Gives the machine, or the UTS namespace that it runs in, another host name.
 * Book: 0.2, 0.3
 */
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "explain.h"

static fallible name_set(const char *name)
{
	uint64_t began = explain_clock();

	if (sethostname(name, strlen(name)) < 0)
		return error_system("cannot set the host name to '%s'", name);
	explain(began, "1.2", "another host name", "sethostname(\"%s\")", name);
	return NULL;
}

static fallible rename_host(int argc, char **argv)
{
	if (argc != 2)
		return error_new(ERROR_INVALID, "wants one argument, the new host name");
	TRY(name_set(argv[1]));
	return NULL;
}

int main(int argc, char **argv)
{
	explain_open_from_environment("rename");
	return error_report("rename", rename_host(argc, argv));
}
