#include "sysctl.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"

fallible sysctl_set(int rootfd, const char *name, const char *value)
{
	uint64_t began = explain_clock();
	autofree char *path = format("/proc/sys/%s", name);
	autoclose int fd = -1;
	struct statfs fs;

	for (char *dot = strchr(path, '.'); dot; dot = strchr(dot, '.'))
		*dot = '/';
	TRY(error_wrap(file_open_in_root(rootfd, path, O_WRONLY, 0, &fd),
		       "cannot set the sysctl '%s'", name));
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return error_new(ERROR_INVALID,
				 "cannot set the sysctl '%s': the container has no proc on /proc",
				 name);
	if (write(fd, value, strlen(value)) < 0)
		return error_system("cannot set the sysctl '%s' to '%s'", name, value);
	explain(began, "1.10", "a kernel setting of this namespace", "sysctl -w %s=%s", name,
		value);
	return NULL;
}
