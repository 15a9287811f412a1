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

struct device_numbers {
	int64_t mode, major, minor, uid, gid;
};

static fallible read_numbers(const json_t *row, mode_t type, struct device_numbers *numbers)
{
	int64_t fallback = type == S_IFIFO ? 0 : SPEC_REQUIRED;

	/* Some give the mode with the bits of the type. */
	TRY(spec_get_number(row, "fileMode", 0666, 0, UINT16_MAX, &numbers->mode));
	TRY(spec_get_number(row, "major", fallback, 0, UINT32_MAX, &numbers->major));
	TRY(spec_get_number(row, "minor", fallback, 0, UINT32_MAX, &numbers->minor));
	TRY(spec_get_number(row, "uid", 0, 0, UINT32_MAX - 1, &numbers->uid));
	return spec_get_number(row, "gid", 0, 0, UINT32_MAX - 1, &numbers->gid);
}

static fallible add_device(struct spec_build *build, const json_t *row)
{
	struct device_numbers n;
	const char *path, *word;

	TRY(json_get_string(row, "path", "", &path));
	TRY(json_get_string(row, "type", "", &word));
	if (*path != '/')
		return error_new(ERROR_INVALID, "path: '%s' is not absolute", path);
	mode_t type = type_of(word);
	if (!type)
		return error_new(ERROR_INVALID, "type: '%s' is not c, b, u or p", word);
	TRY(read_numbers(row, type, &n));
	plan_step(build->plan, STEP_DEVICE,
		  .number = {type | (n.mode & 07777), n.major, n.minor, n.uid, n.gid},
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
