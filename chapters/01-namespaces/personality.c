#include "personality.h"

#include <sys/personality.h>

#include "explain.h"
#include "name_table.h"

static const struct name_row domains[] = {
	{"LINUX", PER_LINUX},
	{"LINUX32", PER_LINUX32},
	{0},
};

int64_t personality_domain(const char *name)
{
	return name_number(domains, name);
}

fallible personality_set(int64_t domain)
{
	uint64_t began = explain_clock();

	if (personality(domain) < 0)
		return error_system("cannot set the personality 0x%x", (int)domain);
	explain(began, "1.11", "what uname(2) says of the machine", "personality(0x%x)",
		(int)domain);
	return NULL;
}
