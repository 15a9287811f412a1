#include "hostname.h"

#include <string.h>
#include <unistd.h>

#include "explain.h"

fallible hostname_set(const char *name)
{
	uint64_t began = explain_clock();

	if (sethostname(name, strlen(name)) < 0)
		return error_system("cannot set the host name to '%s' (at most 64 characters)",
				    name);
	explain(began, "1.2", "a host name of its own", "sethostname(\"%s\")", name);
	return NULL;
}

fallible hostname_set_domain(const char *name)
{
	uint64_t began = explain_clock();

	if (setdomainname(name, strlen(name)) < 0)
		return error_system("cannot set the domain name to '%s' (at most 64 characters)",
				    name);
	explain(began, "1.2", "a domain name of its own", "setdomainname(\"%s\")", name);
	return NULL;
}
