#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel_call.h"
#include "memory.h"
#include "mount_source.h"
#include "security_module.h"
#include "spec_mount_option.h"
#include "spec_parts.h"
#include "text.h"

/* ---- mounts ---- */

static bool is_folder(const char *path)
{
	struct stat st;

	/* One that is missing is told when it is mounted. */
	return stat(path, &st) < 0 || S_ISDIR(st.st_mode);
}

/* Sources of binds are relative to the bundle. */
static char *source_of(const struct spec_build *build, const char *source, bool bind)
{
	const char *bundle = build->options->bundle;

	return bind && *source != '/' && bundle ? format("%s/%s", bundle, source)
						: duplicate(source);
}

/* A mount of the document with all that is said about it. */
struct parsed {
	struct spec_mount mount;
	const char *type, *target;
	char *source;             /* owned */
	struct buffer uids, gids; /* of an idmapped one; empty: those of the container */
	int given;                /* which of the mounts that the caller has made; -1: none */
};

static void parsed_finish(struct parsed *parsed)
{
	spec_mount_finish(&parsed->mount);
	free(parsed->source);
	buffer_finish(&parsed->uids);
	buffer_finish(&parsed->gids);
}
#define autoparsed __attribute__((cleanup(parsed_finish))) struct parsed

static fallible read_idmap(const struct spec_build *build, const json_t *row, struct parsed *parsed)
{
	TRY(spec_read_map(row, "uidMappings", &parsed->uids));
	TRY(spec_read_map(row, "gidMappings", &parsed->gids));
	if (!parsed->uids.length != !parsed->gids.length)
		return error_new(ERROR_INVALID, "%s: it goes with %s, which is missing",
				 parsed->uids.length ? "uidMappings" : "gidMappings",
				 parsed->uids.length ? "gidMappings" : "uidMappings");
	if (parsed->uids.length && !parsed->mount.idmap)
		parsed->mount.idmap = MS_BIND;
	if (!parsed->mount.idmap)
		return NULL;
	if (!(parsed->mount.set & MS_BIND))
		return error_new(
			ERROR_INVALID,
			"options: only a bind mount can be idmapped, and there is no bind");
	if (!parsed->uids.length && !((build->new_namespaces | build->joined) & CLONE_NEWUSER))
		return error_new(ERROR_INVALID, "options: idmap needs uidMappings and gidMappings, "
						"as the container has no user namespace");
	return NULL;
}

static int find_given(const struct spec_build *build, const char *source)
{
	int descriptor = mount_source_descriptor(source);

	for (size_t i = 0; descriptor >= 0 && i < build->options->mount_count; i++)
		if (build->options->mounts[i] == descriptor)
			return (int)i;
	return -1;
}

static fallible parse(const struct spec_build *build, const json_t *row, struct parsed *parsed)
{
	const char *source;

	TRY(spec_read_mount_options(row, &parsed->mount));
	TRY(json_get_string(row, "type", "", &parsed->type));
	TRY(json_get_string(row, "source", "", &source));
	TRY(json_get_string(row, "destination", "", &parsed->target));
	if (!*parsed->target)
		return error_new(ERROR_INVALID, "destination is missing");
	if (strcmp(parsed->type, "bind") == 0)
		parsed->mount.set |= MS_BIND;
	if (!*parsed->type && !(parsed->mount.set & (MS_BIND | MS_REMOUNT)))
		return error_new(ERROR_INVALID, "type is missing, and no option says bind");
	if (parsed->mount.copy_up && strcmp(parsed->type, "tmpfs") != 0)
		return error_new(ERROR_INVALID, "options: tmpcopyup is for a tmpfs only");
	parsed->source = source_of(build, source, parsed->mount.set & MS_BIND);
	parsed->given = find_given(build, parsed->source);
	if (parsed->mount.set & MS_BIND && !(parsed->mount.set & MS_REMOUNT) &&
	    *parsed->source != '/')
		return error_new(ERROR_INVALID, "source: '%s' is not absolute", source);
	return read_idmap(build, row, parsed);
}

/* ---- sources that are opened before the container's root ---- */

static bool is_shared(const struct spec_mount *mount)
{
	const uint32_t *at = (const void *)mount->propagations.data;

	for (size_t i = 0; i < mount->propagations.length / sizeof(*at); i++)
		if (at[i] & MS_SHARED)
			return true;
	return false;
}

/* An idmapped mount takes rights over the file system, which only the host's root has; and a mount
 * that shall be shared with the host must be a copy of the host's, not of our own slave of it. In
 * a user namespace the source is opened while we are still who may pass the folders above it. */
static enum step_kind opened_by(const struct spec_build *build, const struct parsed *parsed)
{
	bool user = (build->new_namespaces | build->joined) & CLONE_NEWUSER;
	const char *propagation = json_string_at(build->linux, "rootfsPropagation", NULL);

	if (!(parsed->mount.set & MS_BIND) || parsed->mount.set & MS_REMOUNT)
		return STEP_MOUNT;
	if (parsed->given >= 0)
		return STEP_SOURCE_GIVEN;
	if (parsed->mount.idmap ||
	    (is_shared(&parsed->mount) && text_has_suffix(propagation, "shared")))
		return STEP_SOURCE_OUTSIDE;
	return user ? STEP_SOURCE : STEP_MOUNT;
}

static fallible add_source(struct spec_build *build, const json_t *row, size_t number)
{
	autoparsed parsed = {0};

	TRY(parse(build, row, &parsed));
	enum step_kind kind = opened_by(build, &parsed);
	if (kind == STEP_MOUNT)
		return NULL;
	if (kind == STEP_SOURCE_GIVEN) {
		plan_step(build->plan, kind, .number = {(int64_t)number, parsed.given});
		return NULL;
	}
	bool joined = build->joined & CLONE_NEWUSER;
	bool container = parsed.mount.idmap && !parsed.uids.length;
	if (container && !joined) {
		TRY(spec_read_map(build->linux, "uidMappings", &parsed.uids));
		TRY(spec_read_map(build->linux, "gidMappings", &parsed.gids));
	}
	plan_step(build->plan, kind,
		  .number = {(int64_t)number, !!(parsed.mount.set & MS_REC),
			     (int64_t)parsed.mount.idmap},
		  .text = {parsed.source, parsed.uids.data, parsed.gids.data,
			   container && joined ? spec_namespace_path(build, "user") : ""});
	return NULL;
}

static fallible add_sources(struct spec_build *build)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(json_get_array(build->spec, "mounts", &list));
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_source(build, row, i), "mounts[%zu]", i));
	return NULL;
}

/* ---- the mounts themselves ---- */

/* These file systems have labels of their own for each file, or none. */
static bool takes_label(const char *type)
{
	static const char *const without[] = {"proc", "sysfs", "mqueue", "cgroup", "cgroup2"};

	for (size_t i = 0; i < countof(without); i++)
		if (strcmp(type, without[i]) == 0)
			return false;
	return true;
}

static fallible check_label(const char *label)
{
	if (!*label || security_module_is_on(SECURITY_SELINUX))
		return NULL;
	return error_new(ERROR_UNAVAILABLE,
			 "linux.mountLabel: '%s' cannot be applied, as this kernel runs without "
			 "SELinux; leave the member out",
			 label);
}

static fallible add_mount(struct spec_build *build, const json_t *row, size_t number,
			  const char *label)
{
	autoparsed parsed = {0};

	TRY(parse(build, row, &parsed));
	const struct spec_mount *mount = &parsed.mount;
	autofree char *target =
		*parsed.target == '/' ? duplicate(parsed.target) : format("/%s", parsed.target);
	bool bind = mount->set & MS_BIND;
	if (strcmp(parsed.type, "cgroup") == 0 || strcmp(parsed.type, "cgroup2") == 0) {
		plan_step(build->plan, STEP_CGROUP_MOUNT, .number = {!!(mount->set & MS_RDONLY)},
			  .text = {target});
		return NULL;
	}
	plan_step(build->plan, STEP_MOUNT,
		  .number = {(int64_t)mount->set, (int64_t)mount->clear, (int64_t)mount->tree_set,
			     (int64_t)mount->tree_clear, bind && !is_folder(parsed.source),
			     opened_by(build, &parsed) == STEP_MOUNT ? 0 : (int64_t)number + 1,
			     mount->copy_up},
		  .text = {parsed.type, parsed.source, target, mount->data.data,
			   !bind && takes_label(parsed.type) ? label : ""},
		  .bytes = mount->propagations.data, .bytes_length = mount->propagations.length);
	return NULL;
}

fallible spec_add_mounts(struct spec_build *build)
{
	const char *label;
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_string(build->linux, "mountLabel", "", &label), "linux"));
	TRY(check_label(label));
	TRY(json_get_array(build->spec, "mounts", &list));
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_mount(build, row, i, label), "mounts[%zu]", i));
	return NULL;
}

/* ---- the root ---- */

/* What mounts on the host may do to the container, and the other way round, until the root is
 * switched. Shared is not among it: all that is mounted here would be on the host too. */
static void add_propagation(struct spec_build *build)
{
	const char *name = json_string_at(build->linux, "rootfsPropagation", NULL);
	bool private = strstr(name, "private") != NULL;

	plan_step(build->plan, STEP_PROPAGATION,
		  .number = {(private ? MS_PRIVATE : MS_SLAVE) | MS_REC});
}

fallible spec_add_root(struct spec_build *build)
{
	bool given = strcmp(spec_annotation(build, "mini-docker.rootfs"), "descriptor") == 0;
	const char *bundle = build->options->bundle, *path;
	json_t *root;

	TRY(json_get_object(build->spec, "root", &root));
	TRY(error_wrap(json_get_string(root, "path", "", &path), "root"));
	if (!*path)
		return error_new(ERROR_INVALID, "root.path is missing");
	if (*path != '/' && !bundle)
		return error_new(ERROR_INVALID, "root.path: '%s' is not absolute", path);
	/* After all that needs the host's /proc and /sys. */
	if (build->joined & CLONE_NEWNS)
		plan_step(build->plan, STEP_JOIN, .number = {CLONE_NEWNS},
			  .text = {spec_namespace_path(build, "mount")});
	if (spec_has_mounts(build))
		add_propagation(build);
	TRY(add_sources(build));
	autofree char *absolute = *path == '/' ? duplicate(path) : format("%s/%s", bundle, path);
	plan_step(build->plan, STEP_ROOT, .number = {given}, .text = {absolute});
	if (spec_late_ipc(build))
		plan_step(build->plan, STEP_UNSHARE, .number = {(int64_t)spec_late_ipc(build)});
	return NULL;
}
