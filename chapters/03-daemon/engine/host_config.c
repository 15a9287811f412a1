#include "host_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/sysinfo.h>

#include "device_request.h"
#include "host_limits.h"
#include "json.h"
#include "members.h"
#include "memory.h"
#include "restart_policy.h"
#include "runtimes.h"
#include "text.h"
#include "ulimit.h"

#define MEMORY_LEAST (6 * 1024 * 1024)
#define SHM_SIZE     67108864

/* What the default root filesystem view hides; `systempaths=unconfined` sends []. */
static const char masked_paths[] =
	"[\"/proc/asound\",\"/proc/acpi\",\"/proc/interrupts\",\"/proc/kcore\",\"/proc/keys\","
	"\"/proc/latency_stats\",\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\","
	"\"/proc/scsi\",\"/sys/firmware\",\"/sys/devices/virtual/powercap\"]";
static const char readonly_paths[] =
	"[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]";

static const struct member members[] = {
	{"Binds", MEMBER_TEXTS, "null"},
	{"ContainerIDFile", MEMBER_TEXT, "\"\""},
	{"LogConfig", MEMBER_OBJECT, "{}"},
	{"NetworkMode", MEMBER_TEXT, "\"bridge\""},
	{"PortBindings", MEMBER_OBJECT, "{}"},
	{"RestartPolicy", MEMBER_OBJECT, "{}"},
	{"AutoRemove", MEMBER_FLAG, "false"},
	{"VolumeDriver", MEMBER_TEXT, "\"\""},
	{"VolumesFrom", MEMBER_TEXTS, "null"},
	{"ConsoleSize", MEMBER_ARRAY, "[0,0]"},
	{"Annotations", MEMBER_TEXT_MAP, NULL},
	{"CapAdd", MEMBER_TEXTS, "null"},
	{"CapDrop", MEMBER_TEXTS, "null"},
	{"CgroupnsMode", MEMBER_TEXT, "\"\""},
	{"Dns", MEMBER_TEXTS, "null"},
	{"DnsOptions", MEMBER_TEXTS, "null"},
	{"DnsSearch", MEMBER_TEXTS, "null"},
	{"ExtraHosts", MEMBER_TEXTS, "null"},
	{"GroupAdd", MEMBER_TEXTS, "null"},
	{"IpcMode", MEMBER_TEXT, "\"\""},
	{"Cgroup", MEMBER_TEXT, "\"\""},
	{"Links", MEMBER_TEXTS, "null"},
	{"OomScoreAdj", MEMBER_INTEGER, "0"},
	{"PidMode", MEMBER_TEXT, "\"\""},
	{"Privileged", MEMBER_FLAG, "false"},
	{"PublishAllPorts", MEMBER_FLAG, "false"},
	{"ReadonlyRootfs", MEMBER_FLAG, "false"},
	{"SecurityOpt", MEMBER_TEXTS, "null"},
	{"StorageOpt", MEMBER_TEXT_MAP, NULL},
	{"Tmpfs", MEMBER_TEXT_MAP, NULL},
	{"UTSMode", MEMBER_TEXT, "\"\""},
	{"UsernsMode", MEMBER_TEXT, "\"\""},
	{"ShmSize", MEMBER_INTEGER, "0"},
	{"Sysctls", MEMBER_TEXT_MAP, NULL},
	{"Runtime", MEMBER_TEXT, "\"\""},
	{"Isolation", MEMBER_TEXT, "\"\""},
	{"CpuShares", MEMBER_INTEGER, "0"},
	{"Memory", MEMBER_INTEGER, "0"},
	{"NanoCpus", MEMBER_INTEGER, "0"},
	{"CgroupParent", MEMBER_TEXT, "\"\""},
	{"BlkioWeight", MEMBER_INTEGER, "0"},
	{"BlkioWeightDevice", MEMBER_ARRAY, "null"},
	{"BlkioDeviceReadBps", MEMBER_ARRAY, "null"},
	{"BlkioDeviceWriteBps", MEMBER_ARRAY, "null"},
	{"BlkioDeviceReadIOps", MEMBER_ARRAY, "null"},
	{"BlkioDeviceWriteIOps", MEMBER_ARRAY, "null"},
	{"CpuPeriod", MEMBER_INTEGER, "0"},
	{"CpuQuota", MEMBER_INTEGER, "0"},
	{"CpuRealtimePeriod", MEMBER_INTEGER, "0"},
	{"CpuRealtimeRuntime", MEMBER_INTEGER, "0"},
	{"CpusetCpus", MEMBER_TEXT, "\"\""},
	{"CpusetMems", MEMBER_TEXT, "\"\""},
	{"Devices", MEMBER_ARRAY, "null"},
	{"DeviceCgroupRules", MEMBER_TEXTS, "null"},
	{"DeviceRequests", MEMBER_ARRAY, "null"},
	{"MemoryReservation", MEMBER_INTEGER, "0"},
	{"MemorySwap", MEMBER_INTEGER, "0"},
	{"MemorySwappiness", MEMBER_INTEGER, "null"},
	{"OomKillDisable", MEMBER_FLAG, "null"},
	{"PidsLimit", MEMBER_INTEGER, "null"},
	{"Ulimits", MEMBER_ARRAY, "null"},
	{"Mounts", MEMBER_ARRAY, NULL},
	{"Init", MEMBER_FLAG, NULL},
	{"CpuCount", MEMBER_INTEGER, "0"},
	{"CpuPercent", MEMBER_INTEGER, "0"},
	{"IOMaximumIOps", MEMBER_INTEGER, "0"},
	{"IOMaximumBandwidth", MEMBER_INTEGER, "0"},
	{"MaskedPaths", MEMBER_TEXTS, masked_paths},
	{"ReadonlyPaths", MEMBER_TEXTS, readonly_paths},
	{0},
};

static int64_t integer(const json_t *config, const char *name)
{
	return json_integer_value(json_object_get(config, name));
}

static const char *text(const json_t *config, const char *name)
{
	return json_string_at(config, name, NULL);
}

static bool flag(const json_t *config, const char *name)
{
	return json_is_true(json_object_get(config, name));
}

bool host_config_is_host(const json_t *config, const char *mode)
{
	return strcmp(text(config, mode), "host") == 0;
}

const char *host_config_container(const json_t *config, const char *mode)
{
	const char *value = text(config, mode);

	return text_has_prefix(value, "container:") ? value + strlen("container:") : NULL;
}

const char *host_config_security(const json_t *config, const char *name)
{
	size_t length = strlen(name), i;
	const json_t *option;

	json_array_foreach (json_object_get(config, "SecurityOpt"), i, option) {
		const char *value = json_string_value(option);

		if (strncmp(value, name, length) != 0)
			continue;
		if (!value[length])
			return "";
		if (value[length] == '=' || value[length] == ':')
			return value + length + 1;
	}
	return NULL;
}

/* ---- completing ---- */

static void set_if_empty(json_t *config, const char *name, const char *value)
{
	if (!*text(config, name))
		json_object_set_new(config, name, json_string(value));
}

/* The request, the daemon's own default, Docker's. */
static void set_mode(json_t *config, const char *name, const json_t *defaults, const char *key,
		     const char *fallback)
{
	const char *given = json_string_at(defaults, key, NULL);

	set_if_empty(config, name, *given ? given : fallback);
}

static bool has_ulimit(const json_t *limits, const char *name)
{
	const json_t *limit;
	size_t i;

	json_array_foreach (limits, i, limit)
		if (strcmp(text(limit, "Name"), name) == 0)
			return true;
	return false;
}

static void add_ulimits(json_t *config, const json_t *defaults)
{
	json_t *all = json_object_get(config, "Ulimits"), *limit;
	size_t i;

	if (json_array_size(defaults) && !json_is_array(all)) {
		all = json_array();
		json_object_set_new(config, "Ulimits", all);
	}
	json_array_foreach (defaults, i, limit)
		if (!has_ulimit(all, text(limit, "Name")))
			json_array_append(all, limit);
}

static void set_shm_size(json_t *config, const json_t *defaults)
{
	int64_t size = integer(defaults, "default-shm-size");

	if (!integer(config, "ShmSize"))
		json_object_set_new(config, "ShmSize", json_integer(size ? size : SHM_SIZE));
}

static void complete(json_t *config, const json_t *defaults)
{
	json_t *restart = json_object_get(config, "RestartPolicy");

	if (strcmp(text(config, "NetworkMode"), "default") == 0)
		json_object_set_new(config, "NetworkMode", json_string("bridge"));
	set_if_empty(config, "NetworkMode", "bridge");
	set_mode(config, "IpcMode", defaults, "default-ipc-mode", "private");
	set_mode(config, "CgroupnsMode", defaults, "default-cgroupns-mode", "private");
	set_mode(config, "Runtime", defaults, "default-runtime", "runc");
	add_ulimits(config, json_object_get(defaults, "default-ulimits"));
	set_shm_size(config, defaults);
	set_if_empty(restart, "Name", "no");
	if (!json_is_integer(json_object_get(restart, "MaximumRetryCount")))
		json_object_set_new(restart, "MaximumRetryCount", json_integer(0));
	if (integer(config, "PidsLimit") <= 0)
		json_object_set_new(config, "PidsLimit", json_null());
	if (integer(config, "MemorySwappiness") == -1)
		json_object_set_new(config, "MemorySwappiness", json_null());
	if (integer(config, "Memory") > 0 && !integer(config, "MemorySwap"))
		json_object_set_new(config, "MemorySwap",
				    json_integer(2 * integer(config, "Memory")));
}

/* ---- checks: one function a topic ---- */

static fallible check_memory(const json_t *config)
{
	int64_t memory = integer(config, "Memory"), swap = integer(config, "MemorySwap");
	int64_t reservation = integer(config, "MemoryReservation");
	int64_t swappiness = integer(config, "MemorySwappiness");

	if (memory && memory < MEMORY_LEAST)
		return error_new(ERROR_INVALID, "Minimum memory limit allowed is 6MB");
	if (memory > 0 && swap > 0 && swap < memory)
		return error_new(ERROR_INVALID, "Minimum memoryswap limit should be larger than "
						"memory limit, see usage");
	if (memory == 0 && swap > 0)
		return error_new(ERROR_INVALID, "You should always set the Memory limit when using "
						"Memoryswap limit, see usage");
	if (swappiness < 0 || swappiness > 100)
		return error_new(ERROR_INVALID,
				 "invalid value: %lld, valid memory swappiness range is 0-100",
				 (long long)swappiness);
	if (reservation && reservation < MEMORY_LEAST)
		return error_new(ERROR_INVALID, "Minimum memory reservation allowed is 6MB");
	if (memory > 0 && memory < reservation)
		return error_new(ERROR_INVALID, "Minimum memory limit can not be less than memory "
						"reservation limit, see usage");
	return NULL;
}

static fallible check_cpu(const json_t *config)
{
	int64_t nano = integer(config, "NanoCpus"), period = integer(config, "CpuPeriod");
	int64_t quota = integer(config, "CpuQuota"), most = get_nprocs();

	if (nano > 0 && period > 0)
		return error_new(ERROR_INVALID, "Conflicting options: Nano CPUs and CPU Period "
						"cannot both be set");
	if (nano > 0 && quota > 0)
		return error_new(ERROR_INVALID, "Conflicting options: Nano CPUs and CPU Quota "
						"cannot both be set");
	if (nano < 0 || nano > most * 1000000000)
		return error_new(ERROR_INVALID,
				 "range of CPUs is from 0.01 to %lld.00, as there are only %lld "
				 "CPUs available",
				 (long long)most, (long long)most);
	if (period && (period < 1000 || period > 1000000))
		return error_new(ERROR_INVALID, "CPU cfs period can not be less than 1ms (i.e. "
						"1000) or larger than 1s (i.e. 1000000)");
	if (quota > 0 && quota < 1000)
		return error_new(ERROR_INVALID,
				 "CPU cfs quota can not be less than 1ms (i.e. 1000)");
	if (integer(config, "CpuShares") < 0)
		return error_new(ERROR_INVALID,
				 "invalid CPU shares (%lld): value must be a "
				 "positive integer",
				 (long long)integer(config, "CpuShares"));
	return NULL;
}

static fallible check_cpuset(const json_t *config, const char *name)
{
	const char *set = text(config, name);

	if (set[strspn(set, "0123456789-,")])
		return error_new(ERROR_INVALID, "Invalid value %s for cpuset %s", set,
				 strcmp(name, "CpusetCpus") == 0 ? "cpus" : "mems");
	return NULL;
}

static fallible check_other_limits(const json_t *config)
{
	int64_t weight = integer(config, "BlkioWeight"), oom = integer(config, "OomScoreAdj");

	TRY(check_cpuset(config, "CpusetCpus"));
	TRY(check_cpuset(config, "CpusetMems"));
	if (weight && (weight < 10 || weight > 1000))
		return error_new(ERROR_INVALID, "Range of blkio weight is from 10 to 1000");
	if (oom < -1000 || oom > 1000)
		return error_new(ERROR_INVALID,
				 "Invalid value %lld, range for oom score adj is [-1000, 1000]",
				 (long long)oom);
	if (integer(config, "ShmSize") < 0)
		return error_new(ERROR_INVALID, "SHM size can not be less than 0");
	return NULL;
}

static fallible check_ulimits(const json_t *config)
{
	const json_t *limit;
	size_t i;

	json_array_foreach (json_object_get(config, "Ulimits"), i, limit)
		TRY(ulimit_check(limit));
	return NULL;
}

static fallible check_capability_list(const json_t *config, const char *member)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(config, member), i, item) {
		const char *given = json_string_value(item);
		autofree char *name =
			format("%s%s", strncasecmp(given, "CAP_", 4) ? "CAP_" : "", given);
		cap_value_t value;

		if (strcasecmp(name, "CAP_ALL") == 0)
			continue;
		for (char *c = name; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? *c - 32 : *c;
		if (cap_from_name(name, &value) < 0)
			return error_wrap(text_refuse("unknown capability", name), "invalid %s",
					  member);
	}
	return NULL;
}

static fallible check_capabilities(const json_t *config)
{
	TRY(check_capability_list(config, "CapAdd"));
	return check_capability_list(config, "CapDrop");
}

/* AppArmor and SELinux options only ever take something away where neither is built in. */
static fallible check_security(const json_t *config)
{
	static const char *const known[] = {"seccomp", "no-new-privileges", "apparmor", "label",
					    "systempaths"};
	const json_t *option;
	size_t i;

	json_array_foreach (json_object_get(config, "SecurityOpt"), i, option) {
		const char *value = json_string_value(option);
		bool is_known = false;

		for (size_t k = 0; k < countof(known); k++)
			is_known |= text_has_prefix(value, known[k]);
		if (!is_known)
			return error_new(ERROR_INVALID, "invalid --security-opt: \"%s\"", value);
	}
	const char *privileges = host_config_security(config, "no-new-privileges");
	if (privileges && *privileges && strcmp(privileges, "true") != 0 &&
	    strcmp(privileges, "false") != 0)
		return error_new(ERROR_INVALID, "invalid --security-opt: \"no-new-privileges=%s\"",
				 privileges);
	return NULL;
}

static const struct {
	const char *member, *what;
	const char *values[5]; /* beside "container:NAME" where that is allowed */
	bool container;
} modes[] = {
	{"IpcMode", "IPC", {"private", "shareable", "host", "none", NULL}, true},
	{"PidMode", "PID", {"", "host", NULL}, true},
	{"UTSMode", "UTS", {"", "host", NULL}, false},
	{"CgroupnsMode", "cgroup namespace", {"private", "host", NULL}, false},
	{"UsernsMode", "USER", {"", "host", NULL}, false},
};

static fallible check_modes(const json_t *config)
{
	for (size_t i = 0; i < countof(modes); i++) {
		const char *value = text(config, modes[i].member);
		const char *container = host_config_container(config, modes[i].member);
		bool known = modes[i].container && container && *container;

		for (size_t v = 0; modes[i].values[v]; v++)
			known |= strcmp(value, modes[i].values[v]) == 0;
		if (!known)
			return error_new(ERROR_INVALID, "invalid %s mode: %s", modes[i].what,
					 value);
	}
	return NULL;
}

static fallible check_restart(const json_t *config)
{
	const json_t *policy = json_object_get(config, "RestartPolicy");

	TRY(restart_policy_check(policy));
	if (restart_policy_is_set(policy) && flag(config, "AutoRemove"))
		return error_new(ERROR_INVALID,
				 "can't create 'AutoRemove' container with restart policy");
	return NULL;
}

/* What belongs to the machine is not for those who are root of a user namespace only. */
static fallible check_remap(const json_t *config, const json_t *defaults)
{
	static const struct {
		const char *mode, *what;
	} rows[] = {
		{"NetworkMode",
		 "cannot share the host's network namespace when user namespaces are "
		 "enabled"},
		{"PidMode", "cannot share the host PID namespace when user namespaces are enabled"},
	};

	if (!json_object_get(defaults, "userns-remap") || host_config_is_host(config, "UsernsMode"))
		return NULL;
	if (flag(config, "Privileged"))
		return error_new(ERROR_INVALID,
				 "privileged mode is incompatible with user namespaces. You must "
				 "run the container in the host namespace when running privileged "
				 "mode");
	for (size_t i = 0; i < countof(rows); i++)
		if (host_config_is_host(config, rows[i].mode))
			return error_new(ERROR_INVALID, "%s: run it with --userns=host",
					 rows[i].what);
	return NULL;
}

static fallible check_runtime(const json_t *config, const json_t *defaults)
{
	const char *runtime = text(config, "Runtime");

	if (runtimes_has(json_object_get(defaults, "runtimes"), runtime))
		return NULL;
	return error_new(ERROR_INVALID, "unknown or invalid runtime name: %s", runtime);
}

/* Whether the file system can limit a folder its row in the lifecycles knows. */
static fallible check_storage(const json_t *config)
{
	const char *name;
	json_t *value;
	int64_t bytes;

	json_object_foreach (json_object_get(config, "StorageOpt"), name, value) {
		if (strcmp(name, "size") != 0)
			return error_new(ERROR_INVALID, "Unknown option %s", name);
		TRY(size_parse(json_string_value(value), &bytes));
	}
	return NULL;
}

static void warn(const json_t *config, json_t *warnings)
{
	if (flag(config, "OomKillDisable") && !integer(config, "Memory"))
		json_array_append_new(warnings,
				      json_string("OOM killer is disabled for the container, but "
						  "no memory limit is set, this can result in the "
						  "system running out of resources."));
	if (host_config_is_host(config, "NetworkMode") &&
	    json_object_size(json_object_get(config, "PortBindings")))
		json_array_append_new(warnings, json_string("Published ports are discarded when "
							    "using host network mode"));
}

fallible host_config_make(const json_t *request, const json_t *defaults, json_t **out,
			  json_t *warnings)
{
	static struct error *(*const checks[])(const json_t *) = {
		check_memory,   check_cpu,   check_other_limits, check_ulimits, check_capabilities,
		check_security, check_modes, check_restart,      check_storage,
	};
	autojson *config = NULL;

	TRY(members_read(members, request, "HostConfig", &config));
	complete(config, defaults);
	TRY(device_request_read(config));
	for (size_t i = 0; i < countof(checks); i++)
		TRY(checks[i](config));
	TRY(check_runtime(config, defaults));
	TRY(check_remap(config, defaults));
	warn(config, warnings);
	TRY(host_limits_settle(config, warnings));
	*out = steal(&config);
	return NULL;
}
