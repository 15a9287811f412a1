#include <sched.h>
#include <string.h>

#include "cgroup_own.h"
#include "memory.h"
#include "spec_parts.h"

/* Whether the container gets a /sys/fs/cgroup that it may write to. */
static bool has_writable_mount(const struct spec_build *build)
{
	const json_t *mount, *option;
	bool found = false;
	size_t i, n;

	json_array_foreach (json_object_get(build->spec, "mounts"), i, mount) {
		if (strcmp(json_string_at(mount, "destination", NULL), "/sys/fs/cgroup") != 0 ||
		    strncmp(json_string_at(mount, "type", NULL), "cgroup", 6) != 0)
			continue;
		found = true;
		json_array_foreach (json_object_get(mount, "options"), n, option)
			if (json_is_string(option) && strcmp(json_string_value(option), "ro") == 0)
				found = false;
	}
	return found;
}

/* The id that the host has for a user of the container; -1 when none is mapped. */
static int64_t host_uid(const struct spec_build *build, int64_t uid)
{
	const json_t *map;
	size_t i;

	if (!(build->new_namespaces & CLONE_NEWUSER))
		return uid;
	json_array_foreach (json_object_get(build->linux, "uidMappings"), i, map) {
		int64_t from = json_integer_value(json_object_get(map, "containerID"));
		int64_t to = json_integer_value(json_object_get(map, "hostID"));
		int64_t size = json_integer_value(json_object_get(map, "size"));

		if (uid >= from && uid - from < size)
			return to + uid - from;
	}
	return -1;
}

/* Who may make groups inside: the specification wants a cgroup namespace and a writable mount. */
static void add_owner(struct spec_build *build)
{
	json_t *user = json_object_get(build->process, "user");
	int64_t owner = host_uid(build, json_integer_value(json_object_get(user, "uid")));

	if (owner > 0 && build->new_namespaces & CLONE_NEWCGROUP && has_writable_mount(build))
		plan_step(build->plan, STEP_CGROUP_OWNER, .number = {owner});
}

fallible spec_add_cgroup(struct spec_build *build)
{
	const char *fallback = build->options->cgroup_default, *path;
	json_t *resources;

	TRY(error_wrap(json_get_string(build->linux, "cgroupsPath", "", &path), "linux"));
	TRY(error_wrap(json_get_object(build->linux, "resources", &resources), "linux"));
	if (!*path)
		path = fallback ? fallback : "";
	if (!*path) {
		if (json_object_size(resources))
			spec_warn(build, "linux.resources: without a cgroup nothing of it applies");
		return NULL;
	}
	/* What systemd's driver would take, "slice:prefix:name", is a path of our own here. */
	autofree char *above = build->options->rootless ? cgroup_own_parent() : duplicate("");
	autofree char *absolute = *path == '/' ? duplicate(path) : format("%s/%s", above, path);
	plan_step(build->plan, STEP_CGROUP_CREATE, .number = {build->options->rootless},
		  .text = {absolute});
	add_owner(build);
	return spec_add_resources(build, resources);
}
