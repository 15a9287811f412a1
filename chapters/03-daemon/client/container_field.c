#include "container_field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "container_value.h"
#include "memory.h"
#include "text.h"
#include "ulimit.h"

json_t *container_field_member(json_t *object, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value)) {
		value = make();
		json_object_set_new(object, key, value);
	}
	return value;
}

/* -- the kinds of fields -- */

fallible container_field_put_text(json_t *section, const struct field *field, const void *value)
{
	const char *text = *(const char *const *)value;

	if (text)
		json_object_set_new(section, field->key, json_string_or_null(text));
	return NULL;
}

static fallible put_flag(json_t *section, const struct field *field, const void *value)
{
	if (*(const bool *)value)
		json_object_set_new(section, field->key, json_true());
	return NULL;
}

static fallible put_integer(json_t *section, const struct field *field, const void *value)
{
	int64_t number = *(const int64_t *)value;

	if (number != INTEGER_UNSET)
		json_object_set_new(section, field->key, json_integer(number));
	return NULL;
}

fallible container_field_put_list(json_t *section, const struct field *field, const void *value)
{
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(container_field_member(section, field->key, json_array),
				      json_string_or_null(words->items[i]));
	return NULL;
}

static fallible put_pairs(json_t *section, const struct field *field, const void *value,
			  char separator)
{
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++) {
		const char *text = words->items[i], *at = strchr(text, separator);
		autofree char *name = at ? duplicate_range(text, at - text) : duplicate(text);

		json_object_set_new(container_field_member(section, field->key, json_object), name,
				    json_string_or_null(at ? at + 1 : ""));
	}
	return NULL;
}

/* "a=b" is {"a": "b"}; a bare "a" is {"a": ""}. */
fallible container_field_put_map(json_t *section, const struct field *field, const void *value)
{
	return put_pairs(section, field, value, '=');
}

/* "/run:size=1m" */
static fallible put_tmpfs(json_t *section, const struct field *field, const void *value)
{
	return put_pairs(section, field, value, ':');
}

static fallible tell(const struct field *field, const char *text, struct error *e)
{
	return field->flag ? options_wrap(e, text, field->flag) : e;
}

/* Every word through a function that adds to an array. */
static fallible put_each(json_t *section, const struct field *field, const void *value)
{
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++)
		TRY(tell(field, words->items[i],
			 field->add(words->items[i],
				    container_field_member(section, field->key, json_array))));
	return NULL;
}

static fallible put_cpus(json_t *section, const struct field *field, const void *value)
{
	const char *text = *(const char *const *)value;
	int64_t nano = 0;

	if (!text)
		return NULL;
	TRY(tell(field, text, container_value_cpus(text, &nano)));
	json_object_set_new(section, field->key, json_integer(nano));
	return NULL;
}

static fallible put_restart(json_t *section, const struct field *field, const void *value)
{
	const char *text = *(const char *const *)value;

	return text ? container_value_restart(text, json_object_get(section, field->key)) : NULL;
}

static fallible put_entrypoint(json_t *section, const struct field *field, const void *value)
{
	const char *text = *(const char *const *)value;

	if (text)
		json_object_set_new(section, field->key, json_pack("[s]", text));
	return NULL;
}

/* What a namespace option may say besides "container:NAME". */
static fallible put_mode(json_t *section, const struct field *field, const void *value)
{
	static const struct {
		const char *key, *modes, *message;
	} rows[] = {
		{"PidMode", "host|", "--pid: invalid PID mode"},
		{"UTSMode", "host|", "--uts: invalid UTS mode"},
		{"UsernsMode", "host|", "--userns: invalid USER mode"},
		{"CgroupnsMode", "host|private|", "--cgroupns: invalid CGROUP mode"},
	};
	const char *text = *(const char *const *)value;

	for (size_t i = 0; text && *text && i < countof(rows); i++) {
		autofree char *mode = format("%s|", text);

		if (strcmp(rows[i].key, field->key) != 0 || strstr(rows[i].modes, mode))
			continue;
		if (i > 0 || !text_has_prefix(text, "container:"))
			return error_new(ERROR_INVALID, "%s", rows[i].message);
	}
	return container_field_put_text(section, field, value);
}

static fallible add_read_rate(const char *text, json_t *array)
{
	return container_value_device_rate(text, "Rate", true, array);
}

static fallible add_operations(const char *text, json_t *array)
{
	return container_value_device_rate(text, "Rate", false, array);
}

static fallible add_weight(const char *text, json_t *array)
{
	return container_value_device_rate(text, "Weight", false, array);
}

/* The kernel's settings that belong to a namespace; others are the whole machine's. */
static fallible put_sysctls(json_t *section, const struct field *field, const void *value)
{
	static const char *const prefixes[] = {"kernel.msg", "kernel.sem", "kernel.shm",
					       "fs.mqueue.", "net.",       "kernel.domainname="};
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++) {
		bool known = false;

		for (size_t k = 0; k < countof(prefixes); k++)
			known |= text_has_prefix(words->items[i], prefixes[k]);
		if (!known || !strchr(words->items[i], '='))
			return tell(field, words->items[i],
				    error_new(ERROR_INVALID, "sysctl '%s' is not allowed",
					      words->items[i]));
	}
	return container_field_put_map(section, field, value);
}

#define AT(member) offsetof(struct container_options, member)
#define HOST       "HostConfig"

static const struct field fields[] = {
	{AT(hostname), NULL, "Hostname", container_field_put_text},
	{AT(domainname), NULL, "Domainname", container_field_put_text},
	{AT(user), NULL, "User", container_field_put_text},
	{AT(tty), NULL, "Tty", put_flag},
	{AT(interactive), NULL, "OpenStdin", put_flag},
	{AT(workdir), NULL, "WorkingDir", container_field_put_text},
	{AT(entrypoint), NULL, "Entrypoint", put_entrypoint},
	{AT(stop_signal), NULL, "StopSignal", container_field_put_text},
	{AT(stop_timeout), NULL, "StopTimeout", put_integer},
	{AT(env), NULL, "Env", put_each, container_value_variable, "-e, --env"},
	{AT(rm), HOST, "AutoRemove", put_flag},
	{AT(cidfile), HOST, "ContainerIDFile", container_field_put_text},
	{AT(privileged), HOST, "Privileged", put_flag},
	{AT(read_only), HOST, "ReadonlyRootfs", put_flag},
	{AT(init), HOST, "Init", put_flag},
	{AT(publish_all), HOST, "PublishAllPorts", put_flag},
	{AT(oom_kill_disable), HOST, "OomKillDisable", put_flag},
	{AT(pid), HOST, "PidMode", put_mode},
	{AT(ipc), HOST, "IpcMode", container_field_put_text},
	{AT(uts), HOST, "UTSMode", put_mode},
	{AT(userns), HOST, "UsernsMode", put_mode},
	{AT(cgroupns), HOST, "CgroupnsMode", put_mode},
	{AT(runtime), HOST, "Runtime", container_field_put_text},
	{AT(cgroup_parent), HOST, "CgroupParent", container_field_put_text},
	{AT(cpuset_cpus), HOST, "CpusetCpus", container_field_put_text},
	{AT(cpuset_mems), HOST, "CpusetMems", container_field_put_text},
	{AT(volume_driver), HOST, "VolumeDriver", container_field_put_text},
	{AT(isolation), HOST, "Isolation", container_field_put_text},
	{AT(memory), HOST, "Memory", put_integer},
	{AT(memory_swap), HOST, "MemorySwap", put_integer},
	{AT(memory_reservation), HOST, "MemoryReservation", put_integer},
	{AT(memory_swappiness), HOST, "MemorySwappiness", put_integer},
	{AT(shm_size), HOST, "ShmSize", put_integer},
	{AT(cpus), HOST, "NanoCpus", put_cpus, NULL, "--cpus"},
	{AT(cpu_shares), HOST, "CpuShares", put_integer},
	{AT(cpu_quota), HOST, "CpuQuota", put_integer},
	{AT(cpu_period), HOST, "CpuPeriod", put_integer},
	{AT(cpu_rt_period), HOST, "CpuRealtimePeriod", put_integer},
	{AT(cpu_rt_runtime), HOST, "CpuRealtimeRuntime", put_integer},
	{AT(pids_limit), HOST, "PidsLimit", put_integer},
	{AT(oom_score_adj), HOST, "OomScoreAdj", put_integer},
	{AT(blkio_weight), HOST, "BlkioWeight", put_integer},
	{AT(restart), HOST, "RestartPolicy", put_restart},
	{AT(cap_add), HOST, "CapAdd", put_each, container_value_capability},
	{AT(cap_drop), HOST, "CapDrop", put_each, container_value_capability},
	{AT(device_cgroup_rules), HOST, "DeviceCgroupRules", container_field_put_list},
	{AT(group_add), HOST, "GroupAdd", container_field_put_list},
	{AT(sysctl), HOST, "Sysctls", put_sysctls, NULL, "--sysctl"},
	{AT(tmpfs), HOST, "Tmpfs", put_tmpfs},
	{AT(ulimit), HOST, "Ulimits", put_each, ulimit_parse, "--ulimit"},
	{AT(annotation), HOST, "Annotations", container_field_put_map},
	{AT(storage_opt), HOST, "StorageOpt", container_field_put_map},
	{AT(add_host), HOST, "ExtraHosts", put_each, container_value_host, "--add-host"},
	{AT(dns), HOST, "Dns", put_each, container_value_address, "--dns"},
	{AT(dns_search), HOST, "DnsSearch", container_field_put_list},
	{AT(dns_option), HOST, "DnsOptions", container_field_put_list},
	{AT(links), HOST, "Links", container_field_put_list},
	{AT(volumes_from), HOST, "VolumesFrom", container_field_put_list},
	{AT(mounts), HOST, "Mounts", put_each, container_value_mount, "--mount"},
	{AT(device_read_bps), HOST, "BlkioDeviceReadBps", put_each, add_read_rate,
	 "--device-read-bps"},
	{AT(device_write_bps), HOST, "BlkioDeviceWriteBps", put_each, add_read_rate,
	 "--device-write-bps"},
	{AT(device_read_iops), HOST, "BlkioDeviceReadIOps", put_each, add_operations,
	 "--device-read-iops"},
	{AT(device_write_iops), HOST, "BlkioDeviceWriteIOps", put_each, add_operations,
	 "--device-write-iops"},
	{AT(blkio_weight_device), HOST, "BlkioWeightDevice", put_each, add_weight,
	 "--blkio-weight-device"},
};

fallible container_field_put_all(const struct container_options *options, json_t *body)
{
	for (size_t i = 0; i < countof(fields); i++) {
		const struct field *field = &fields[i];
		json_t *section = field->section ? json_object_get(body, field->section) : body;

		TRY(field->put(section, field, (const char *)options + field->offset));
	}
	return NULL;
}
