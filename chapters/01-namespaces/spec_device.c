#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "spec_parts.h"

/* Every container has these (config-linux.md, "Default Devices"). */
static const struct {
	const char *path;
	int major, minor;
} devices[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

/* The terminals of a container are those of its own devpts, so is their multiplexer. */
static const struct {
	const char *path, *points_at;
} links[] = {
	{"/dev/fd", "/proc/self/fd"},       {"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/core", "/proc/kcore"},       {"/dev/ptmx", "pts/ptmx"},
};

static mode_t type_of(const char *word)
{
	return strcmp(word, "c") == 0 || strcmp(word, "u") == 0 ? S_IFCHR
	       : strcmp(word, "b") == 0                         ? S_IFBLK
	       : strcmp(word, "p") == 0                         ? S_IFIFO
								: 0;
}

static fallible add_device(struct spec_build *build, const json_t *row)
{
	static const struct {
		const char *name;
		int64_t fallback, most;
	} members[] = {{"fileMode", 0666, 0xffff},
		       {"major", 0, UINT32_MAX},
		       {"minor", 0, UINT32_MAX},
		       {"uid", 0, UINT32_MAX},
		       {"gid", 0, UINT32_MAX}};
	int64_t value[countof(members)];
	const char *path, *type;

	TRY(json_get_string(row, "path", "", &path));
	TRY(json_get_string(row, "type", "", &type));
	if (*path != '/')
		return error_new(ERROR_INVALID, "path: '%s' is not absolute", path);
	if (!type_of(type))
		return error_new(ERROR_INVALID, "type: '%s' is not c, b, u or p", type);
	for (size_t i = 0; i < countof(members); i++) {
		TRY(json_get_integer(row, members[i].name, members[i].fallback, &value[i]));
		if (value[i] < 0 || value[i] > members[i].most)
			return error_new(ERROR_INVALID, "%s: %lld is out of range", members[i].name,
					 (long long)value[i]);
	}
	plan_step(build->plan, STEP_DEVICE,
		  .number = {type_of(type) | (value[0] & 07777), value[1], value[2], value[3],
			     value[4]},
		  .text = {path});
	return NULL;
}

static bool is_listed(const json_t *list, const char *path)
{
	const json_t *row;
	size_t i;

	json_array_foreach (list, i, row)
		if (strcmp(json_string_at(row, "path", NULL), path) == 0)
			return true;
	return false;
}

/* A /dev that is bind mounted is somebody else's: nothing is made in there. */
static bool dev_is_foreign(const json_t *mounts)
{
	const json_t *row, *option;
	size_t i, j;

	json_array_foreach (mounts, i, row) {
		if (strcmp(json_string_at(row, "destination", NULL), "/dev") != 0)
			continue;
		if (strcmp(json_string_at(row, "type", NULL), "bind") == 0)
			return true;
		json_array_foreach (json_object_get(row, "options"), j, option)
			if (strcmp(json_string_value(option), "bind") == 0 ||
			    strcmp(json_string_value(option), "rbind") == 0)
				return true;
	}
	return false;
}

fallible spec_add_devices(struct spec_build *build)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_array(build->linux, "devices", &list), "linux"));
	if (dev_is_foreign(json_object_get(build->spec, "mounts")))
		return NULL;
	for (i = 0; i < countof(devices); i++)
		if (!is_listed(list, devices[i].path))
			plan_step(build->plan, STEP_DEVICE,
				  .number = {S_IFCHR | 0666, devices[i].major, devices[i].minor},
				  .text = {devices[i].path});
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_device(build, row), "linux.devices[%zu]", i));
	for (i = 0; i < countof(links); i++) {
		/* Kernels may be built without /proc/kcore. */
		if (strcmp(links[i].points_at, "/proc/kcore") == 0 &&
		    access("/proc/kcore", F_OK) < 0)
			continue;
		plan_step(build->plan, STEP_SYMLINK, .text = {links[i].path, links[i].points_at});
	}
	return NULL;
}
