#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "namespace.h"
#include "runtime.h"
#include "spec_parts.h"

#define RANGES_MAX 340 /* of user_namespaces(7) */

static fallible read_namespace(struct spec_build *build, const json_t *row)
{
	const char *type, *path;

	TRY(json_get_string(row, "type", "", &type));
	TRY(json_get_string(row, "path", "", &path));
	const struct namespace_kind *kind = namespace_kind_named(type);
	if (!kind)
		return error_new(ERROR_INVALID,
				 "type: '%s' is no type of namespace (user, mount, pid, uts, ipc, "
				 "network, cgroup, time)",
				 type);
	if ((build->new_namespaces | build->joined) & kind->flag)
		return error_new(ERROR_INVALID, "type: '%s' is there twice", type);
	if (*path && *path != '/')
		return error_new(ERROR_INVALID, "path: '%s' is not absolute", path);
	*(*path ? &build->joined : &build->new_namespaces) |= kind->flag;
	return NULL;
}

static bool is_same(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* In a namespace that is joined the root is switched for all who are there. In ours that would be
 * us, so ours by its path is the same as none; in that of process 1 it would be the machine. */
static fallible check_mount_namespace(struct spec_build *build)
{
	const char *path = spec_namespace_path(build, "mount");

	if (is_same(path, "/proc/self/ns/mnt"))
		build->joined &= ~(uint64_t)CLONE_NEWNS;
	else if (is_same(path, "/proc/1/ns/mnt"))
		return error_new(ERROR_INVALID,
				 "linux.namespaces: '%s' is the mount namespace of process 1: the "
				 "whole machine would get the container's root",
				 path);
	return NULL;
}

fallible spec_read_namespaces(struct spec_build *build)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_array(build->linux, "namespaces", &list), "linux"));
	json_array_foreach (list, i, row)
		TRY(error_wrap(read_namespace(build, row), "linux.namespaces[%zu]", i));
	return build->joined & CLONE_NEWNS ? check_mount_namespace(build) : NULL;
}

const char *spec_namespace_path(const struct spec_build *build, const char *type)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(build->linux, "namespaces"), i, row)
		if (strcmp(json_string_at(row, "type", NULL), type) == 0)
			return json_string_at(row, "path", NULL);
	return "";
}

bool spec_has_mounts(const struct spec_build *build)
{
	return (build->new_namespaces | build->joined) & CLONE_NEWNS;
}

static fallible read_range(const json_t *row, struct buffer *map)
{
	int64_t inside, outside, size;

	TRY(spec_get_number(row, "containerID", SPEC_REQUIRED, 0, UINT32_MAX, &inside));
	TRY(spec_get_number(row, "hostID", SPEC_REQUIRED, 0, UINT32_MAX, &outside));
	TRY(spec_get_number(row, "size", SPEC_REQUIRED, 1, UINT32_MAX, &size));
	buffer_printf(map, "%" PRId64 " %" PRId64 " %" PRId64 "\n", inside, outside, size);
	return NULL;
}

fallible spec_read_map(const json_t *object, const char *member, struct buffer *map)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(json_get_array(object, member, &list));
	if (json_array_size(list) > RANGES_MAX)
		return error_new(ERROR_INVALID, "%s: the kernel takes at most %d ranges", member,
				 RANGES_MAX);
	json_array_foreach (list, i, row)
		TRY(error_wrap(read_range(row, map), "%s[%zu]", member, i));
	return NULL;
}

static fallible add_id_maps(struct spec_build *build)
{
	autobuffer uids = {0}, gids = {0};

	TRY(error_wrap(spec_read_map(build->linux, "uidMappings", &uids), "linux"));
	TRY(error_wrap(spec_read_map(build->linux, "gidMappings", &gids), "linux"));
	if (!(build->new_namespaces & CLONE_NEWUSER)) {
		if ((uids.length || gids.length) && !(build->joined & CLONE_NEWUSER))
			return error_new(ERROR_INVALID, "linux.uidMappings: they need a namespace "
							"of type user");
		return NULL;
	}
	if (!uids.length || !gids.length)
		return error_new(ERROR_INVALID, "linux.%s: a new user namespace needs it",
				 uids.length ? "gidMappings" : "uidMappings");
	plan_step(build->plan, STEP_MAP_IDS, .text = {uids.data, gids.data});
	plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_IDS_MAPPED});
	return NULL;
}

fallible spec_check_mapped(const struct spec_build *build, const char *member, int64_t id)
{
	const json_t *row;
	size_t i;

	if (!(build->new_namespaces & CLONE_NEWUSER))
		return NULL;
	json_array_foreach (json_object_get(build->linux, member), i, row) {
		json_int_t first = json_integer_value(json_object_get(row, "containerID"));

		if (id >= first && id - first < json_integer_value(json_object_get(row, "size")))
			return NULL;
	}
	return error_new(ERROR_INVALID,
			 "%lld is nobody in the container: linux.%s does not have it",
			 (long long)id, member);
}

static fallible add_time(struct spec_build *build)
{
	const char *clock;
	const json_t *offset;
	autobuffer lines = {0};

	json_object_foreach (json_object_get(build->linux, "timeOffsets"), clock, offset) {
		int64_t seconds, nanoseconds;

		if (strcmp(clock, "monotonic") != 0 && strcmp(clock, "boottime") != 0)
			return error_new(ERROR_INVALID,
					 "linux.timeOffsets: '%s' is no clock of it "
					 "(monotonic, boottime)",
					 clock);
		TRY(error_wrap(json_get_integer(offset, "secs", 0, &seconds),
			       "linux.timeOffsets.%s", clock));
		TRY(error_wrap(json_get_integer(offset, "nanosecs", 0, &nanoseconds),
			       "linux.timeOffsets.%s", clock));
		buffer_printf(&lines, "%s %" PRId64 " %" PRId64 "\n", clock, seconds, nanoseconds);
	}
	if (build->new_namespaces & CLONE_NEWTIME)
		plan_step(build->plan, STEP_TIME_NAMESPACE, .text = {lines.data});
	else if (lines.length)
		return error_new(ERROR_INVALID,
				 "linux.timeOffsets: they need a namespace of type time");
	return NULL;
}

static void join_given(struct spec_build *build)
{
	for (const struct namespace_kind *kind = namespace_kinds; kind->oci; kind++) {
		const char *path = spec_namespace_path(build, kind->oci);

		if (build->joined & kind->flag & ~(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS))
			plan_step(build->plan, STEP_JOIN, .number = {kind->flag}, .text = {path});
	}
}

static fallible accept_no_mount_namespace(struct spec_build *build)
{
	if ((build->new_namespaces | build->joined) & CLONE_NEWUSER)
		return error_new(ERROR_INVALID,
				 "linux.namespaces: who is in another user namespace may not mount "
				 "on the host; add {\"type\": \"mount\"}");
	spec_warn(build, "linux.namespaces: without one of type mount the container's mounts are "
			 "the host's, too, until it is deleted, and who breaks out of a chroot is "
			 "there");
	return NULL;
}

/* The folder of its message queues belongs to who makes it: that has to be the container's root,
 * which in a new user namespace there is only later. */
uint64_t spec_late_ipc(const struct spec_build *build)
{
	return build->new_namespaces & CLONE_NEWUSER ? build->new_namespaces & CLONE_NEWIPC : 0;
}

fallible spec_add_namespaces(struct spec_build *build)
{
	/* Made by unshare later: the cgroup one when the child is in its group, the time one as
	 * its clocks have to be set before anyone is inside. */
	const uint64_t later = CLONE_NEWCGROUP | CLONE_NEWTIME | spec_late_ipc(build);
	const uint64_t own = build->new_namespaces | build->joined;

	if (!spec_has_mounts(build))
		TRY(accept_no_mount_namespace(build));
	if (build->options->rootless && geteuid() != 0 && !(own & CLONE_NEWUSER))
		return error_new(ERROR_FORBIDDEN,
				 "linux.namespaces: who is not root needs one of type user to make "
				 "the others in (`mini-runc spec --rootless` writes it), or run "
				 "this with sudo");
	if (build->new_namespaces & CLONE_NEWUSER && build->joined)
		spec_warn(build, "namespaces that belong to the host cannot be joined from a new "
				 "user namespace");
	if (build->joined & CLONE_NEWUSER)
		plan_step(build->plan, STEP_JOIN_USER,
			  .text = {spec_namespace_path(build, "user")});
	if (build->joined & CLONE_NEWPID)
		plan_step(build->plan, STEP_JOIN_PID, .text = {spec_namespace_path(build, "pid")});
	if (build->new_namespaces & ~later)
		plan_step(build->plan, STEP_CLONE, .number = {build->new_namespaces & ~later});
	TRY(add_id_maps(build));
	join_given(build);
	return add_time(build);
}
