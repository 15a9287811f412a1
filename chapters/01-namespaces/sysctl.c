#include "sysctl.h"

#include <string.h>

#include "explain.h"
#include "memory.h"
#include "proc_file.h"

fallible sysctl_set(int rootfd, const char *name, const char *value)
{
	uint64_t began = explain_clock();
	autofree char *path = format("sys/%s", name);

	/* "net.ipv4.conf.eth0/100.forwarding": of a name that has a dot. */
	for (char *c = path + strlen("sys/"); *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	TRY(error_wrap(proc_file_write(rootfd, path, value), "cannot set the sysctl '%s'", name));
	explain(began, "1.10", "a kernel setting of this namespace", "sysctl -w %s=%s", name,
		value);
	return NULL;
}
