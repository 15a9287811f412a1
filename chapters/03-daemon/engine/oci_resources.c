#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device_request.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "oci_spec.h"
#include "text.h"

/* Folders below a device folder that is handed on (--device /dev/snd) and entries in all. */
#define DEVICE_DEPTH 4
#define DEVICE_MOST  4096

/* ---- limits ---- */

static int64_t integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* A limit of HostConfig and where it goes; 0 and null are "no limit asked for". */
static const struct {
	const char *from, *part, *to;
} numbers[] =
	{
		{"Memory", "memory", "limit"},
		{"MemorySwap", "memory", "swap"},
		{"MemoryReservation", "memory", "reservation"},
		{"CpuShares", "cpu", "shares"},
		{"CpuQuota", "cpu", "quota"},
		{"CpuPeriod", "cpu", "period"},
		{"CpuRealtimePeriod", "cpu", "realtimePeriod"},
		{"CpuRealtimeRuntime", "cpu", "realtimeRuntime"},
		{"PidsLimit", "pids", "limit"},
		{"BlkioWeight", "blockIO", "weight"},
},
  texts[] = {
	  {"CpusetCpus", "cpu", "cpus"},
	  {"CpusetMems", "cpu", "mems"},
};

static json_t *part_of(json_t *resources, const char *name)
{
	json_t *part = json_object_get(resources, name);

	if (!part) {
		part = json_object();
		json_object_set_new(resources, name, part);
	}
	return part;
}

void oci_limits_add(const json_t *host_config, json_t *resources)
{
	int64_t nano = integer(host_config, "NanoCpus");

	for (size_t i = 0; i < countof(numbers); i++)
		if (integer(host_config, numbers[i].from))
			json_object_set_new(part_of(resources, numbers[i].part), numbers[i].to,
					    json_integer(integer(host_config, numbers[i].from)));
	for (size_t i = 0; i < countof(texts); i++)
		if (*json_string_at(host_config, texts[i].from, NULL))
			json_object_set(part_of(resources, texts[i].part), texts[i].to,
					json_object_get(host_config, texts[i].from));
	if (nano) { /* --cpus 1.5: a quota in a period of 100 ms */
		json_object_set_new(part_of(resources, "cpu"), "period", json_integer(100000));
		json_object_set_new(part_of(resources, "cpu"), "quota", json_integer(nano / 10000));
	}
	/* 0 is a value of its own here: never swap. */
	if (json_is_integer(json_object_get(host_config, "MemorySwappiness")))
		json_object_set(part_of(resources, "memory"), "swappiness",
				json_object_get(host_config, "MemorySwappiness"));
	if (json_is_true(json_object_get(host_config, "OomKillDisable")))
		json_object_set_new(part_of(resources, "memory"), "disableOOMKiller", json_true());
}

/* ---- which devices may be used ---- */

static json_t *device_rule(bool allow, const char *type, int64_t major, int64_t minor,
			   const char *access)
{
	json_t *rule = json_pack("{s:b, s:s, s:s}", "allow", allow, "type", type, "access", access);

	if (major >= 0)
		json_object_set_new(rule, "major", json_integer(major));
	if (minor >= 0)
		json_object_set_new(rule, "minor", json_integer(minor));
	return rule;
}

/* What every container may use (null, its terminals ...) the runtime adds. */
static json_t *new_rules(bool privileged)
{
	return json_pack("[o]", device_rule(privileged, "a", -1, -1, "rwm"));
}

/* "c 1:3 rwm", "b *:* r": the kernel's own form (cgroup v1, devices.allow). */
static fallible add_rule_text(json_t *rules, const char *text)
{
	char type, major[16], minor[16], access[8];
	int64_t numbers_of[2] = {-1, -1};
	int end = 0;

	if (sscanf(text, "%c %15[0-9*]:%15[0-9*] %7[rwm]%n", &type, major, minor, access, &end) !=
		    4 ||
	    text[end] || !strchr("acb", type))
		return error_new(ERROR_INVALID, "invalid device cgroup rule format: '%s'", text);
	if (strcmp(major, "*") != 0)
		TRY(integer_parse(major, "major", 0, UINT32_MAX, &numbers_of[0]));
	if (strcmp(minor, "*") != 0)
		TRY(integer_parse(minor, "minor", 0, UINT32_MAX, &numbers_of[1]));
	json_array_append_new(rules, device_rule(true, (char[]){type, 0}, numbers_of[0],
						 numbers_of[1], access));
	return NULL;
}

/* ---- devices that are handed on ---- */

struct device_list {
	json_t *nodes, *rules;
	const char *access;
	size_t count;
};

static void add_device(struct device_list *list, const char *path, const struct stat *st)
{
	const char *type = S_ISBLK(st->st_mode) ? "b" : "c";
	int64_t number_major = major(st->st_rdev), number_minor = minor(st->st_rdev);

	list->count++;
	json_array_append_new(list->nodes,
			      json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "path", path, "type",
					type, "major", (json_int_t)number_major, "minor",
					(json_int_t)number_minor, "fileMode",
					(json_int_t)(st->st_mode & 07777), "uid",
					(json_int_t)st->st_uid, "gid", (json_int_t)st->st_gid));
	if (list->rules)
		json_array_append_new(list->rules, device_rule(true, type, number_major,
							       number_minor, list->access));
}

static bool is_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

/* What a container has of its own in /dev is not taken from the host. */
static bool is_own(const char *name)
{
	static const char *const own[] = {".",    "..",    "pts",    "shm",        "mqueue",
					  "fd",   "stdin", "stdout", "stderr",     "console",
					  "ptmx", ".udev", ".lxc",   ".lxd-mounts"};

	for (size_t i = 0; i < countof(own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	return false;
}

static void add_folder(struct device_list *list, int dirfd, const char *name, const char *target,
		       int depth)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		close_fd(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(folder)) && list->count < DEVICE_MOST;) {
		autofree char *path = format("%s/%s", target, entry->d_name);
		struct stat st;

		if (is_own(entry->d_name) ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (is_device(&st))
			add_device(list, path, &st);
		else if (S_ISDIR(st.st_mode) && depth > 0)
			add_folder(list, fd, entry->d_name, path, depth - 1);
	}
	closedir(folder);
}

static fallible add_mapping(const json_t *mapping, struct device_list *list)
{
	const char *from = json_string_at(mapping, "PathOnHost", NULL);
	const char *to = json_string_at(mapping, "PathInContainer", NULL);
	const char *access = json_string_at(mapping, "CgroupPermissions", NULL);
	struct stat st;

	list->access = *access ? access : "rwm";
	if (list->access[strspn(list->access, "rwm")])
		return error_new(ERROR_INVALID, "invalid device mode: %s", access);
	if (*from != '/' || (*to && *to != '/'))
		return error_new(ERROR_INVALID, "a device needs absolute paths, not '%s:%s'", from,
				 to);
	if (stat(from, &st) < 0)
		return error_errno(ERROR_NOT_FOUND, errno,
				   "error gathering device information while adding custom device "
				   "\"%s\"",
				   from);
	if (S_ISDIR(st.st_mode))
		add_folder(list, AT_FDCWD, from, *to ? to : from, DEVICE_DEPTH);
	else if (is_device(&st))
		add_device(list, *to ? to : from, &st);
	else
		return error_new(ERROR_INVALID,
				 "error gathering device information while adding custom device "
				 "\"%s\": not a device node",
				 from);
	return NULL;
}

/* ---- how fast a block device may be read and written ---- */

static const struct pace {
	const char *from, *to, *value, *oci_value;
} paces[] = {
	{"BlkioWeightDevice", "weightDevice", "Weight", "weight"},
	{"BlkioDeviceReadBps", "throttleReadBpsDevice", "Rate", "rate"},
	{"BlkioDeviceWriteBps", "throttleWriteBpsDevice", "Rate", "rate"},
	{"BlkioDeviceReadIOps", "throttleReadIOPSDevice", "Rate", "rate"},
	{"BlkioDeviceWriteIOps", "throttleWriteIOPSDevice", "Rate", "rate"},
};

static fallible add_pace(const struct pace *pace, const json_t *item, json_t *list)
{
	const char *path = json_string_at(item, "Path", NULL);
	struct stat st;

	if (stat(path, &st) < 0 && errno == ENOENT)
		return error_new(ERROR_NOT_FOUND, "stat %s: no such file or directory", path);
	if (stat(path, &st) < 0)
		return error_system("stat %s", path);
	if (!S_ISBLK(st.st_mode))
		return error_new(ERROR_INVALID, "%s: '%s' is not a block device", pace->from, path);
	json_array_append_new(list,
			      json_pack("{s:I, s:I, s:I}", "major", (json_int_t)major(st.st_rdev),
					"minor", (json_int_t)minor(st.st_rdev), pace->oci_value,
					(json_int_t)integer(item, pace->value)));
	return NULL;
}

static fallible add_paces(const json_t *host_config, json_t *resources)
{
	const json_t *item;
	size_t n;

	for (size_t i = 0; i < countof(paces); i++) {
		const json_t *items = json_object_get(host_config, paces[i].from);

		if (!json_array_size(items))
			continue;
		json_t *list = json_array();
		json_object_set_new(part_of(resources, "blockIO"), paces[i].to, list);
		json_array_foreach (items, n, item)
			TRY(add_pace(&paces[i], item, list));
	}
	return NULL;
}

fallible oci_resources_add(const json_t *host_config, json_t *spec)
{
	bool privileged = json_is_true(json_object_get(host_config, "Privileged"));
	json_t *resources = json_object(), *item;
	struct device_list list = {.nodes = json_array(), .rules = new_rules(privileged)};
	size_t i;

	/* The document owns them from here on, so an error below leaks nothing. */
	json_object_set_new(json_object_get(spec, "linux"), "resources", resources);
	json_object_set_new(json_object_get(spec, "linux"), "devices", list.nodes);
	json_object_set_new(resources, "devices", list.rules);
	oci_limits_add(host_config, resources);
	TRY(add_paces(host_config, resources));
	TRY(device_request_meet(host_config));
	if (privileged) { /* all of the host's; the one rule above allows them */
		list.rules = NULL;
		add_folder(&list, AT_FDCWD, "/dev", "/dev", DEVICE_DEPTH);
		return NULL;
	}
	json_array_foreach (json_object_get(host_config, "Devices"), i, item)
		TRY(add_mapping(item, &list));
	json_array_foreach (json_object_get(host_config, "DeviceCgroupRules"), i, item)
		TRY(add_rule_text(list.rules, json_string_value(item)));
	return NULL;
}
