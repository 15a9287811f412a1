#include <sched.h>
#include <string.h>

#include "kernel_call.h"
#include "memory.h"
#include "namespace.h"
#include "spec_parts.h"
#include "text.h"

/* ---- the root's propagation ---- */

static const struct {
	const char *name;
	unsigned long flags;
} propagations[] = {
	{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
	{"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
	{"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
	{"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

fallible spec_add_propagation(struct spec_build *build)
{
	const char *name;

	TRY(error_wrap(json_get_string(build->linux, "rootfsPropagation", "", &name), "linux"));
	if (!*name)
		return NULL;
	for (size_t i = 0; i < countof(propagations); i++)
		if (strcmp(propagations[i].name, name) == 0) {
			plan_step(build->plan, STEP_ROOT_PROPAGATION,
				  .number = {propagations[i].flags});
			return NULL;
		}
	return error_new(ERROR_INVALID,
			 "linux.rootfsPropagation: '%s' is not one of private, slave, shared, "
			 "unbindable",
			 name);
}

/* ---- sysctls ---- */

/* What belongs to a namespace, and to which: others would change the whole machine. */
static const struct {
	const char *prefix;
	uint64_t namespace;
} sysctls[] = {
	{"kernel.msgmax", CLONE_NEWIPC},     {"kernel.msgmnb", CLONE_NEWIPC},
	{"kernel.msgmni", CLONE_NEWIPC},     {"kernel.sem", CLONE_NEWIPC},
	{"kernel.shmall", CLONE_NEWIPC},     {"kernel.shmmax", CLONE_NEWIPC},
	{"kernel.shmmni", CLONE_NEWIPC},     {"kernel.shm_rmid_forced", CLONE_NEWIPC},
	{"fs.mqueue.", CLONE_NEWIPC},        {"net.", CLONE_NEWNET},
	{"kernel.domainname", CLONE_NEWUTS}, {"kernel.hostname", CLONE_NEWUTS},
};

static void swap(char *text, char one, char other)
{
	for (char *c = text; *c; c++)
		*c = *c == one ? other : *c == other ? one : *c;
}

/* As sysctl(8) and runc read it: when a slash is the first of them, slashes separate, and dots are
 * part of a name ("net/ipv4/conf/eth0.100/forwarding"). The caller frees. */
static char *dotted(const char *name)
{
	char *copy = duplicate(name);

	if (name[strcspn(name, "./")] == '/')
		swap(copy, '/', '.');
	return copy;
}

/* "", "." and ".." are no names below a folder of /proc/sys. */
static bool is_path(const char *name)
{
	for (const char *at = name; at; at = strchr(at, '.')) {
		at += at > name;
		size_t length = strcspn(at, ".");

		if (!length || strspn(at, "/") == length)
			return false;
	}
	return true;
}

static fallible check_sysctl(const struct spec_build *build, const char *name)
{
	uint64_t own = build->new_namespaces | build->joined;
	bool odd = !is_path(name);

	for (size_t i = 0; i < countof(sysctls) && !odd; i++) {
		const char *prefix = sysctls[i].prefix;
		bool match = text_has_suffix(prefix, ".") ? text_has_prefix(name, prefix)
							  : strcmp(name, prefix) == 0;

		if (match && own & sysctls[i].namespace)
			return NULL;
		if (match)
			return error_new(ERROR_INVALID,
					 "linux.sysctl: '%s' would change the host: it needs a "
					 "namespace of type %s",
					 name, namespace_kind_of(sysctls[i].namespace)->oci);
	}
	return error_new(ERROR_INVALID,
			 "linux.sysctl: '%s' does not belong to any namespace, it would change the "
			 "whole machine",
			 name);
}

fallible spec_add_sysctls(struct spec_build *build)
{
	const char *name;
	const json_t *value;
	json_t *all;

	TRY(error_wrap(json_get_object(build->linux, "sysctl", &all), "linux"));
	json_object_foreach (all, name, value) {
		autofree char *key = dotted(name);

		TRY(check_sysctl(build, key));
		if (!json_is_string(value))
			return error_new(ERROR_INVALID, "linux.sysctl.%s: it must be a string",
					 name);
		plan_step(build->plan, STEP_SYSCTL, .text = {key, json_string_value(value)});
	}
	return NULL;
}

/* ---- masked and read-only paths ---- */

static fallible add_paths(struct spec_build *build, const char *member, enum step_kind kind)
{
	const json_t *path;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_array(build->linux, member, &list), "linux"));
	json_array_foreach (list, i, path) {
		if (!spec_path_is_absolute(path))
			return error_new(ERROR_INVALID,
					 "linux.%s[%zu]: it must be an absolute path", member, i);
		plan_step(build->plan, kind, .text = {json_string_value(path)});
	}
	return NULL;
}

fallible spec_add_paths(struct spec_build *build)
{
	TRY(add_paths(build, "readonlyPaths", STEP_READONLY));
	return add_paths(build, "maskedPaths", STEP_MASK);
}
