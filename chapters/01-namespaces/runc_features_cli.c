#include <stdio.h>

#include "capability.h"
#include "capability_name.h"
#include "hook.h"
#include "json.h"
#include "memory.h"
#include "memory_policy.h"
#include "namespace.h"
#include "options.h"
#include "runc_cli.h"
#include "seccomp_profile.h"
#include "spec.h"
#include "version.h"

static json_t *hooks(void)
{
	json_t *names = json_array();

	for (enum hook_point point = 0; point < HOOK_POINT_COUNT; point++)
		json_array_append_new(names, json_string(hook_names[point]));
	return names;
}

static json_t *namespaces(void)
{
	json_t *names = json_array();

	for (const struct namespace_kind *kind = namespace_kinds; kind->oci; kind++)
		json_array_append_new(names, json_string(kind->oci));
	return names;
}

static json_t *capabilities(void)
{
	json_t *names = json_array();

	for (int c = 0; c < CAPABILITY_COUNT; c++) {
		autofree char *name = capability_name(c);

		json_array_append_new(names, json_string(name));
	}
	return names;
}

/* Annotations that change what the runtime does: who takes config.json from strangers has to leave
 * them out. */
static json_t *unsafe_annotations(void)
{
	return json_pack("[s]", "mini-docker.");
}

static json_t *names_of(const struct name_row *rows)
{
	json_t *names = json_array();

	for (; rows->name; rows++)
		json_array_append_new(names, json_string(rows->name));
	return names;
}

static json_t *linux_part(void)
{
	return json_pack("{s:o, s:o, s:{s:b, s:b, s:b, s:b, s:b}, s:o, s:{s:b}, s:{s:b}, "
			 "s:{s:o, s:o}, s:{s:b, s:b, s:b}, s:{s:{s:b}}, s:{s:b}}",
			 "namespaces", namespaces(), "capabilities", capabilities(), "cgroup", "v1",
			 1, "v2", 1, "systemd", 0, "systemdUser", 0, "rdma", 0, "seccomp",
			 seccomp_profile_features(), "apparmor", "enabled", 1, "selinux", "enabled",
			 1, "memoryPolicy", "modes", names_of(memory_policy_modes), "flags",
			 names_of(memory_policy_flags), "intelRdt", "enabled", 1, "schemata", 1,
			 "monitoring", 1, "mountExtensions", "idmap", "enabled", 1, "netDevices",
			 "enabled", 1);
}

fallible runc_features(const struct runc *runc, int argc, char **argv, int *code)
{
	static const struct option_row none[] = {{0}};
	bool help;
	int first;

	(void)runc;
	(void)code;
	TRY(options_parse(none, NULL, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("features", none);
		return NULL;
	}
	if (first != argc)
		return error_new(ERROR_INVALID, "features takes no argument");
	autojson *features =
		json_pack("{s:s, s:s, s:o, s:o, s:o, s:{s:s, s:s}, s:o}", "ociVersionMin", "1.0.0",
			  "ociVersionMax", SPEC_VERSION, "hooks", hooks(), "mountOptions",
			  spec_mount_option_names(), "linux", linux_part(), "annotations",
			  "org.opencontainers.runc.checkpoint.enabled", "false",
			  "mini-docker.version", MINI_VERSION, "potentiallyUnsafeConfigAnnotations",
			  unsafe_annotations());
	autofree char *text = json_dumps(features, JSON_INDENT(4));
	puts(text);
	return NULL;
}
