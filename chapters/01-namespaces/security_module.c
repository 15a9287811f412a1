#include "security_module.h"

#include <fcntl.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "proc_file.h"

/* Each module has a folder of its own since several can be on; before, one file was for all. */
static const struct {
	const char *name, *sign, *file, *old_file, *prefix;
} modules[SECURITY_MODULE_COUNT] = {
	[SECURITY_APPARMOR] = {"AppArmor", "/sys/module/apparmor/parameters/enabled",
			       "self/attr/apparmor/exec", "self/attr/exec", "exec "},
	[SECURITY_SELINUX] = {"SELinux", "/sys/fs/selinux/enforce", "self/attr/exec",
			      "self/attr/exec", ""},
};

const char *security_module_name(enum security_module module)
{
	return modules[module].name;
}

bool security_module_is_on(enum security_module module)
{
	autoclose int fd = open(modules[module].sign, O_RDONLY | O_CLOEXEC);
	char answer;

	/* SELinux's is 0 or 1, and on in both cases: whether it only warns is not ours to ask. */
	return fd >= 0 && read(fd, &answer, 1) == 1 && answer != 'N';
}

fallible security_module_set(enum security_module module, const char *label)
{
	uint64_t began = explain_clock();
	const char *file = modules[module].file;
	autofree char *text = format("%s%s", modules[module].prefix, label);
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	autoerror e = proc_file_write(root, file, text);
	if (e && e->class == ERROR_NOT_FOUND) {
		error_free(steal(&e));
		file = modules[module].old_file;
		e = proc_file_write(root, file, text);
	}
	if (e)
		return error_wrap(steal(&e), "cannot have the program run under the %s label '%s'",
				  modules[module].name, label);
	explain(began, "1.10", "rules of the administrator that hold for root too",
		"write(\"/proc/%s\", \"%s\")", file, text);
	return NULL;
}
