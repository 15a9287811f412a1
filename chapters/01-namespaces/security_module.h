/*
 * security_module.h - AppArmor profiles and SELinux labels of a process
 *
 * Both are security modules of the kernel: rules of the machine's administrator, which hold for
 * root too. The runtime only names what the program shall run under, in a file of
 * /proc/self/attr; the kernel applies it at execve(2). Where the kernel does not have the module,
 * to ask for it is an error: a container without the fence that was asked for is worse than none.
 *
 * Standard: OCI runtime-spec, config.md, "process.apparmorProfile", "process.selinuxLabel".
 * Book: 1.10
 */
#ifndef MINI_SECURITY_MODULE_H
#define MINI_SECURITY_MODULE_H

#include <stdbool.h>

#include "error.h"

enum security_module { SECURITY_APPARMOR, SECURITY_SELINUX, SECURITY_MODULE_COUNT };

const char *security_module_name(enum security_module module); /* "AppArmor" */
bool security_module_is_on(enum security_module module);
/* For the next execve of the caller, by the /proc of the root that it is in. ERROR_NOT_FOUND where
 * the kernel has no such file. */
fallible security_module_set(enum security_module module, const char *label);

#endif
