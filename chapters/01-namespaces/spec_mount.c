#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel_call.h"
#include "memory.h"
#include "spec_parts.h"
#include "text.h"

/* ---- the root ---- */

/* What mounts on the host may do to the container, and the other way round, until the root is
 * switched. Shared is not among it: pivot_root refuses, and a container's mounts are its own. */
static fallible add_propagation(struct spec_build *build)
{
	const char *name = json_string_at(build->linux, "rootfsPropagation", NULL);
	bool private = strstr(name, "private") != NULL;

	if (strstr(name, "shared"))
		spec_warn(build, "linux.rootfsPropagation: mounts made in the container are shared "
				 "within it, and not seen on the host");
	plan_step(build->plan, STEP_PROPAGATION,
		  .number = {(private ? MS_PRIVATE : MS_SLAVE) | MS_REC});
	return NULL;
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
	TRY(add_propagation(build));
	autofree char *absolute = *path == '/' ? duplicate(path) : format("%s/%s", bundle, path);
	plan_step(build->plan, STEP_ROOT, .number = {given}, .text = {absolute});
	return NULL;
}

/* ---- options ---- */

enum option_effect { OPTION_SET, OPTION_CLEAR, OPTION_PROPAGATE, OPTION_REFUSE, OPTION_IGNORE };

/* Names of mount(8). With r before it, one of the last column is meant for the whole tree. */
static const struct {
	const char *name;
	enum option_effect effect;
	unsigned long flags;
	bool of_tree;
} options[] = {
	{"async", OPTION_CLEAR, MS_SYNCHRONOUS, false},
	{"atime", OPTION_CLEAR, MS_NOATIME, true},
	{"bind", OPTION_SET, MS_BIND, false},
	{"defaults", OPTION_IGNORE, 0, false},
	{"dev", OPTION_CLEAR, MS_NODEV, true},
	{"diratime", OPTION_CLEAR, MS_NODIRATIME, true},
	{"dirsync", OPTION_SET, MS_DIRSYNC, false},
	{"exec", OPTION_CLEAR, MS_NOEXEC, true},
	{"idmap", OPTION_REFUSE, 0, false},
	{"iversion", OPTION_SET, MS_I_VERSION, false},
	{"lazytime", OPTION_SET, MS_LAZYTIME, false},
	{"loud", OPTION_IGNORE, 0, false},
	{"mand", OPTION_IGNORE, 0, false},
	{"noatime", OPTION_SET, MS_NOATIME, true},
	{"nodev", OPTION_SET, MS_NODEV, true},
	{"nodiratime", OPTION_SET, MS_NODIRATIME, true},
	{"noexec", OPTION_SET, MS_NOEXEC, true},
	{"noiversion", OPTION_CLEAR, MS_I_VERSION, false},
	{"nolazytime", OPTION_CLEAR, MS_LAZYTIME, false},
	{"nomand", OPTION_IGNORE, 0, false},
	{"norelatime", OPTION_CLEAR, MS_RELATIME, true},
	{"nostrictatime", OPTION_CLEAR, MS_STRICTATIME, true},
	{"nosuid", OPTION_SET, MS_NOSUID, true},
	{"nosymfollow", OPTION_SET, MS_NOSYMFOLLOW, true},
	{"private", OPTION_PROPAGATE, MS_PRIVATE, false},
	{"rbind", OPTION_SET, MS_BIND | MS_REC, false},
	{"relatime", OPTION_SET, MS_RELATIME, true},
	{"remount", OPTION_SET, MS_REMOUNT, false},
	{"ridmap", OPTION_REFUSE, 0, false},
	{"ro", OPTION_SET, MS_RDONLY, true},
	{"rprivate", OPTION_PROPAGATE, MS_PRIVATE | MS_REC, false},
	{"rshared", OPTION_PROPAGATE, MS_SHARED | MS_REC, false},
	{"rslave", OPTION_PROPAGATE, MS_SLAVE | MS_REC, false},
	{"runbindable", OPTION_PROPAGATE, MS_UNBINDABLE | MS_REC, false},
	{"rw", OPTION_CLEAR, MS_RDONLY, true},
	{"shared", OPTION_PROPAGATE, MS_SHARED, false},
	{"silent", OPTION_IGNORE, 0, false},
	{"slave", OPTION_PROPAGATE, MS_SLAVE, false},
	{"strictatime", OPTION_SET, MS_STRICTATIME, true},
	{"suid", OPTION_CLEAR, MS_NOSUID, true},
	{"symfollow", OPTION_CLEAR, MS_NOSYMFOLLOW, true},
	{"sync", OPTION_SET, MS_SYNCHRONOUS, false},
	{"unbindable", OPTION_PROPAGATE, MS_UNBINDABLE, false},
};

json_t *spec_mount_option_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < countof(options); i++) {
		if (options[i].effect == OPTION_REFUSE)
			continue;
		json_array_append_new(names, json_string(options[i].name));
		if (options[i].of_tree)
			json_array_append_new(names, json_sprintf("r%s", options[i].name));
	}
	return names;
}

/* One mount while its options are read. */
struct mount {
	unsigned long flags, propagation, of_tree;
	struct buffer data;
};

static bool apply(struct mount *mount, const char *name, bool *refused)
{
	for (size_t i = 0; i < countof(options); i++) {
		bool whole = strcmp(options[i].name, name) == 0;
		bool tree = !whole && options[i].of_tree && *name == 'r' &&
			    strcmp(options[i].name, name + 1) == 0;
		unsigned long *flags = tree ? &mount->of_tree : &mount->flags;

		if (!whole && !tree)
			continue;
		if (options[i].effect == OPTION_SET)
			*flags |= options[i].flags;
		else if (options[i].effect == OPTION_CLEAR)
			*flags &= ~options[i].flags;
		else if (options[i].effect == OPTION_PROPAGATE)
			mount->propagation |= options[i].flags;
		*refused = options[i].effect == OPTION_REFUSE;
		return true;
	}
	return false;
}

static fallible add_option(struct spec_build *build, struct mount *mount, const char *name)
{
	bool refused = false;

	if (strcmp(name, "tmpcopyup") == 0) {
		spec_warn(build, "mount option tmpcopyup is not built in yet: the tmpfs is empty");
		return NULL;
	}
	if (!apply(mount, name, &refused))
		buffer_printf(&mount->data, "%s%s", mount->data.length ? "," : "", name);
	return refused ? error_new(ERROR_NOT_IMPLEMENTED,
				   "options: '%s' (idmapped mounts) is not built in yet", name)
		       : NULL;
}

static fallible read_options(struct spec_build *build, const json_t *row, struct mount *mount)
{
	const json_t *option;
	json_t *list;
	size_t i;

	TRY(json_get_array(row, "options", &list));
	json_array_foreach (list, i, option) {
		if (!json_is_string(option))
			return error_new(ERROR_INVALID, "options[%zu] must be a string", i);
		TRY(add_option(build, mount, json_string_value(option)));
	}
	return NULL;
}

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

static fallible check_target(const char *target)
{
	if (!*target)
		return error_new(ERROR_INVALID, "destination is missing");
	if (strspn(target, "/.") == strlen(target))
		return error_new(
			ERROR_INVALID,
			"destination: '%s' is the root itself; root.path says what that is",
			target);
	return NULL;
}

static fallible add_parsed(struct spec_build *build, const json_t *row, const struct mount *mount)
{
	const char *type, *source, *target;
	unsigned long flags = mount->flags;

	TRY(json_get_string(row, "type", "", &type));
	TRY(json_get_string(row, "source", "", &source));
	TRY(json_get_string(row, "destination", "", &target));
	TRY(check_target(target));
	if (strcmp(type, "bind") == 0)
		flags |= MS_BIND;
	if (!*type && !(flags & (MS_BIND | MS_REMOUNT)))
		return error_new(ERROR_INVALID, "type is missing, and no option says bind");
	autofree char *absolute = *target == '/' ? duplicate(target) : format("/%s", target);
	if (strcmp(type, "cgroup") == 0 || strcmp(type, "cgroup2") == 0) {
		plan_step(build->plan, STEP_CGROUP_MOUNT, .number = {!!(flags & MS_RDONLY)},
			  .text = {absolute});
		return NULL;
	}
	autofree char *from = source_of(build, source, flags & MS_BIND);
	if (flags & MS_BIND && *from != '/')
		return error_new(ERROR_INVALID, "source: '%s' is not absolute", source);
	plan_step(build->plan, STEP_MOUNT,
		  .number = {flags, mount->propagation, flags & MS_BIND && !is_folder(from),
			     mount->of_tree},
		  .text = {type, from, absolute, mount->data.data});
	return NULL;
}

static fallible add_mount(struct spec_build *build, const json_t *row)
{
	struct mount mount = {0};
	struct error *e = read_options(build, row, &mount);

	if (!e && (json_array_size(json_object_get(row, "uidMappings")) ||
		   json_array_size(json_object_get(row, "gidMappings"))))
		e = error_new(ERROR_NOT_IMPLEMENTED,
			      "uidMappings: idmapped mounts are not built in yet");
	if (!e)
		e = add_parsed(build, row, &mount);
	buffer_finish(&mount.data);
	return e;
}

fallible spec_add_mounts(struct spec_build *build)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(json_get_array(build->spec, "mounts", &list));
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_mount(build, row), "mounts[%zu]", i));
	return NULL;
}
