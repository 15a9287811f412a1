#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "spec.h"
#include "text.h"

/* Docker's default capabilities, in the order of their numbers. */
static json_t *capabilities(void)
{
	return json_pack("[s, s, s, s, s, s, s, s, s, s, s, s, s, s]", "CAP_CHOWN",
			 "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
			 "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
			 "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP");
}

static json_t *process(void)
{
	return json_pack("{s:b, s:{s:i, s:i}, s:[s], s:[s, s], s:s, s:{s:o, s:o, s:o}, "
			 "s:[{s:s, s:i, s:i}], s:b}",
			 "terminal", 1, "user", "uid", 0, "gid", 0, "args", "sh", "env",
			 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			 "TERM=xterm", "cwd", "/", "capabilities", "bounding", capabilities(),
			 "effective", capabilities(), "permitted", capabilities(), "rlimits",
			 "type", "RLIMIT_NOFILE", "hard", 1024, "soft", 1024, "noNewPrivileges", 1);
}

/* A mount with up to six options; NULL ends them. */
static json_t *mount(const char *target, const char *type, const char *source,
		     const char *const options[])
{
	json_t *list = json_array();

	for (; *options; options++)
		json_array_append_new(list, json_string(*options));
	return json_pack("{s:s, s:s, s:s, s:o}", "destination", target, "type", type, "source",
			 source, "options", list);
}

static json_t *mounts(void)
{
	static const struct {
		const char *target, *type, *source;
		const char *options[8];
	} rows[] = {
		{"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
		{"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{"/dev/pts",
		 "devpts",
		 "devpts",
		 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{"/dev/shm",
		 "tmpfs",
		 "shm",
		 {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
		{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
		{"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
		{"/sys/fs/cgroup",
		 "cgroup",
		 "cgroup",
		 {"nosuid", "noexec", "nodev", "relatime", "ro"}},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_array_append_new(list, mount(rows[i].target, rows[i].type, rows[i].source,
						  rows[i].options));
	return list;
}

/* Files that tell of the machine: keys, timings, hardware. Docker's list. */
static json_t *masked(void)
{
	return json_pack("[s, s, s, s, s, s, s, s, s, s, s, s, s]", "/proc/acpi", "/proc/asound",
			 "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
			 "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
			 "/sys/devices/virtual/powercap", "/sys/firmware",
			 "/sys/devices/system/cpu/cpu0/thermal_throttle");
}

static json_t *linux_part(void)
{
	return json_pack("{s:{s:[{s:b, s:s}]}, s:[{s:s}, {s:s}, {s:s}, {s:s}, {s:s}, {s:s}], s:o, "
			 "s:[s, s, s, s, s]}",
			 "resources", "devices", "allow", 0, "access", "rwm", "namespaces", "type",
			 "pid", "type", "network", "type", "ipc", "type", "uts", "type", "mount",
			 "type", "cgroup", "maskedPaths", masked(), "readonlyPaths", "/proc/bus",
			 "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
}

json_t *spec_default(void)
{
	return json_pack("{s:s, s:o, s:{s:s, s:b}, s:s, s:o, s:o, s:{s:s}}", "ociVersion", "1.0.2",
			 "process", process(), "root", "path", "rootfs", "readonly", 1, "hostname",
			 "mini-runc", "mounts", mounts(), "linux", linux_part(), "annotations",
			 "mini-docker.seccomp", "default");
}

/* ---- without root ---- */

static json_t *only_id(unsigned int id)
{
	return json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)id, "size",
			 1);
}

static void remove_ids(json_t *options)
{
	for (size_t i = json_array_size(options); i-- > 0;) {
		const char *option = json_string_value(json_array_get(options, i));

		if (text_has_prefix(option, "gid=") || text_has_prefix(option, "uid="))
			json_array_remove(options, i);
	}
}

/* A sysfs shows the network of who mounts it, and only its owner may mount one. */
static void change_mounts(json_t *mounts)
{
	json_t *row;
	size_t i;

	json_array_foreach (mounts, i, row) {
		remove_ids(json_object_get(row, "options"));
		if (strcmp(json_string_at(row, "type", NULL), "sysfs") == 0)
			json_object_update_new(row, json_pack("{s:s, s:s, s:[s, s, s, s, s]}",
							      "type", "none", "source", "/sys",
							      "options", "rbind", "nosuid",
							      "noexec", "nodev", "ro"));
	}
}

void spec_make_rootless(json_t *spec)
{
	json_t *part = json_object_get(spec, "linux"),
	       *namespaces = json_object_get(part, "namespaces");

	for (size_t i = json_array_size(namespaces); i-- > 0;)
		if (strcmp(json_string_at(json_array_get(namespaces, i), "type", NULL),
			   "network") == 0)
			json_array_remove(namespaces, i);
	json_array_append_new(namespaces, json_pack("{s:s}", "type", "user"));
	json_object_set_new(part, "uidMappings", only_id(geteuid()));
	json_object_set_new(part, "gidMappings", only_id(getegid()));
	json_object_del(part, "resources");
	change_mounts(json_object_get(spec, "mounts"));
}
