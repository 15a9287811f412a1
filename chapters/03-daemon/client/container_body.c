/* From the options to the request body (container_options.h). */
#include "container_options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "container_value.h"
#include "memory.h"
#include "text.h"

/* What the docker CLI sends when no option is given: Go writes every field, with its zero. */
static const char defaults[] =
	"{\"Hostname\":\"\",\"Domainname\":\"\",\"User\":\"\",\"AttachStdin\":false,"
	"\"AttachStdout\":true,\"AttachStderr\":true,\"Tty\":false,\"OpenStdin\":false,"
	"\"StdinOnce\":false,\"Env\":null,\"Cmd\":null,\"Image\":\"\",\"Volumes\":{},"
	"\"WorkingDir\":\"\",\"Entrypoint\":null,\"OnBuild\":null,\"Labels\":{},"
	"\"HostConfig\":{\"Binds\":null,\"ContainerIDFile\":\"\","
	"\"LogConfig\":{\"Type\":\"\",\"Config\":{}},\"NetworkMode\":\"default\","
	"\"PortBindings\":{},\"RestartPolicy\":{\"Name\":\"no\",\"MaximumRetryCount\":0},"
	"\"AutoRemove\":false,\"VolumeDriver\":\"\",\"VolumesFrom\":null,"
	"\"ConsoleSize\":[0,0],\"CapAdd\":null,\"CapDrop\":null,\"CgroupnsMode\":\"\","
	"\"Dns\":[],\"DnsOptions\":[],\"DnsSearch\":[],\"ExtraHosts\":null,"
	"\"GroupAdd\":null,\"IpcMode\":\"\",\"Cgroup\":\"\",\"Links\":null,"
	"\"OomScoreAdj\":0,\"PidMode\":\"\",\"Privileged\":false,\"PublishAllPorts\":false,"
	"\"ReadonlyRootfs\":false,\"SecurityOpt\":null,\"UTSMode\":\"\",\"UsernsMode\":\"\","
	"\"ShmSize\":0,\"Isolation\":\"\",\"CpuShares\":0,\"Memory\":0,\"NanoCpus\":0,"
	"\"CgroupParent\":\"\",\"BlkioWeight\":0,\"BlkioWeightDevice\":[],"
	"\"BlkioDeviceReadBps\":[],\"BlkioDeviceWriteBps\":[],\"BlkioDeviceReadIOps\":[],"
	"\"BlkioDeviceWriteIOps\":[],\"CpuPeriod\":0,\"CpuQuota\":0,"
	"\"CpuRealtimePeriod\":0,\"CpuRealtimeRuntime\":0,\"CpusetCpus\":\"\","
	"\"CpusetMems\":\"\",\"Devices\":[],\"DeviceCgroupRules\":null,"
	"\"DeviceRequests\":null,\"MemoryReservation\":0,\"MemorySwap\":0,"
	"\"MemorySwappiness\":-1,\"OomKillDisable\":false,\"PidsLimit\":0,\"Ulimits\":[],"
	"\"CpuCount\":0,\"CpuPercent\":0,\"IOMaximumIOps\":0,\"IOMaximumBandwidth\":0,"
	"\"MaskedPaths\":null,\"ReadonlyPaths\":null},"
	"\"NetworkingConfig\":{\"EndpointsConfig\":{}}}";

static const char endpoint_defaults[] =
	"{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,\"MacAddress\":\"\","
	"\"DriverOpts\":null,\"GwPriority\":0,\"NetworkID\":\"\",\"EndpointID\":\"\","
	"\"Gateway\":\"\",\"IPAddress\":\"\",\"IPPrefixLen\":0,\"IPv6Gateway\":\"\","
	"\"GlobalIPv6Address\":\"\",\"GlobalIPv6PrefixLen\":0,\"DNSNames\":null}";

/* An empty array or object in the place of null, once there is something to put in. */
static json_t *member(json_t *object, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value)) {
		value = make();
		json_object_set_new(object, key, value);
	}
	return value;
}

/* Where an option goes. */
struct field {
	size_t offset;       /* of its value in struct container_options */
	const char *section; /* "HostConfig"; NULL for Config, which is the body itself */
	const char *key;
	fallible (*put)(json_t *section, const struct field *field, const void *value);
	fallible (*add)(const char *text, json_t *array); /* put_each(): one word */
	const char *flag; /* the option's name where docker tells a bad value as such */
};

/* -- the kinds of fields -- */

static fallible put_text(json_t *section, const struct field *field, const void *value)
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

static fallible put_list(json_t *section, const struct field *field, const void *value)
{
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(member(section, field->key, json_array),
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

		json_object_set_new(member(section, field->key, json_object), name,
				    json_string_or_null(at ? at + 1 : ""));
	}
	return NULL;
}

/* "a=b" is {"a": "b"}; a bare "a" is {"a": ""}. */
static fallible put_map(json_t *section, const struct field *field, const void *value)
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
	return field->flag
		       ? error_wrap(e, "invalid argument \"%s\" for \"%s\" flag", text, field->flag)
		       : e;
}

/* Every word through a function that adds to an array. */
static fallible put_each(json_t *section, const struct field *field, const void *value)
{
	const struct words *words = value;

	for (size_t i = 0; i < words->count; i++)
		TRY(tell(field, words->items[i],
			 field->add(words->items[i], member(section, field->key, json_array))));
	return NULL;
}

static fallible put_cpus(json_t *section, const struct field *field, const void *value)
{
	const char *text = *(const char *const *)value;
	int64_t nano = 0;

	if (!text)
		return NULL;
	TRY(tell(field, text, value_cpus(text, &nano)));
	json_object_set_new(section, field->key, json_integer(nano));
	return NULL;
}

static fallible put_restart(json_t *section, const struct field *field, const void *value)
{
	return value_restart(*(const char *const *)value, json_object_get(section, field->key));
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
	return put_text(section, field, value);
}

static fallible add_read_rate(const char *text, json_t *array)
{
	return value_device_rate(text, "Rate", true, array);
}

static fallible add_operations(const char *text, json_t *array)
{
	return value_device_rate(text, "Rate", false, array);
}

static fallible add_weight(const char *text, json_t *array)
{
	return value_device_rate(text, "Weight", false, array);
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
	return put_map(section, field, value);
}

#define AT(member) offsetof(struct container_options, member)
#define HOST       "HostConfig"

static const struct field fields[] = {
	{AT(hostname), NULL, "Hostname", put_text},
	{AT(domainname), NULL, "Domainname", put_text},
	{AT(user), NULL, "User", put_text},
	{AT(tty), NULL, "Tty", put_flag},
	{AT(interactive), NULL, "OpenStdin", put_flag},
	{AT(workdir), NULL, "WorkingDir", put_text},
	{AT(entrypoint), NULL, "Entrypoint", put_entrypoint},
	{AT(stop_signal), NULL, "StopSignal", put_text},
	{AT(stop_timeout), NULL, "StopTimeout", put_integer},
	{AT(env), NULL, "Env", put_each, value_variable, "-e, --env"},
	{AT(rm), HOST, "AutoRemove", put_flag},
	{AT(cidfile), HOST, "ContainerIDFile", put_text},
	{AT(privileged), HOST, "Privileged", put_flag},
	{AT(read_only), HOST, "ReadonlyRootfs", put_flag},
	{AT(init), HOST, "Init", put_flag},
	{AT(publish_all), HOST, "PublishAllPorts", put_flag},
	{AT(oom_kill_disable), HOST, "OomKillDisable", put_flag},
	{AT(pid), HOST, "PidMode", put_mode},
	{AT(ipc), HOST, "IpcMode", put_text},
	{AT(uts), HOST, "UTSMode", put_mode},
	{AT(userns), HOST, "UsernsMode", put_mode},
	{AT(cgroupns), HOST, "CgroupnsMode", put_mode},
	{AT(runtime), HOST, "Runtime", put_text},
	{AT(cgroup_parent), HOST, "CgroupParent", put_text},
	{AT(cpuset_cpus), HOST, "CpusetCpus", put_text},
	{AT(cpuset_mems), HOST, "CpusetMems", put_text},
	{AT(volume_driver), HOST, "VolumeDriver", put_text},
	{AT(isolation), HOST, "Isolation", put_text},
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
	{AT(cap_add), HOST, "CapAdd", put_each, value_capability},
	{AT(cap_drop), HOST, "CapDrop", put_each, value_capability},
	{AT(device_cgroup_rules), HOST, "DeviceCgroupRules", put_list},
	{AT(group_add), HOST, "GroupAdd", put_list},
	{AT(sysctl), HOST, "Sysctls", put_sysctls, NULL, "--sysctl"},
	{AT(tmpfs), HOST, "Tmpfs", put_tmpfs},
	{AT(ulimit), HOST, "Ulimits", put_each, value_ulimit, "--ulimit"},
	{AT(annotation), HOST, "Annotations", put_map},
	{AT(storage_opt), HOST, "StorageOpt", put_map},
	{AT(add_host), HOST, "ExtraHosts", put_each, value_host, "--add-host"},
	{AT(dns), HOST, "Dns", put_list},
	{AT(dns_search), HOST, "DnsSearch", put_list},
	{AT(dns_option), HOST, "DnsOptions", put_list},
	{AT(links), HOST, "Links", put_list},
	{AT(volumes_from), HOST, "VolumesFrom", put_list},
	{AT(mounts), HOST, "Mounts", put_each, value_mount, "--mount"},
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

static fallible put_fields(const struct container_options *options, json_t *body)
{
	for (size_t i = 0; i < countof(fields); i++) {
		const struct field *field = &fields[i];
		json_t *section = field->section ? json_object_get(body, field->section) : body;

		TRY(field->put(section, field, (const char *)options + field->offset));
	}
	return NULL;
}

/* -- what several options make together, or one makes in several places -- */

struct attached_streams container_options_streams(const struct container_options *options)
{
	struct attached_streams streams = {.in = options->interactive, .out = true, .err = true};

	if (!options->attach.count)
		return streams;
	streams = (struct attached_streams){.in = options->interactive};
	for (size_t i = 0; i < options->attach.count; i++) {
		streams.in |= strcasecmp(options->attach.items[i], "stdin") == 0;
		streams.out |= strcasecmp(options->attach.items[i], "stdout") == 0;
		streams.err |= strcasecmp(options->attach.items[i], "stderr") == 0;
	}
	return streams;
}

static fallible put_streams(const struct container_options *options, json_t *body)
{
	struct attached_streams streams = container_options_streams(options);

	for (size_t i = 0; i < options->attach.count; i++) {
		const char *name = options->attach.items[i];

		if (strcasecmp(name, "stdin") != 0 && strcasecmp(name, "stdout") != 0 &&
		    strcasecmp(name, "stderr") != 0)
			return error_new(ERROR_INVALID,
					 "invalid argument \"%s\" for \"-a, --attach\" flag: valid "
					 "streams are STDIN, STDOUT and STDERR",
					 name);
	}
	json_object_set_new(body, "AttachStdin", json_boolean(streams.in && !options->detach));
	json_object_set_new(body, "AttachStdout", json_boolean(streams.out && !options->detach));
	json_object_set_new(body, "AttachStderr", json_boolean(streams.err && !options->detach));
	/* The first client that attaches decides when the container's input ends. */
	json_object_set_new(body, "StdinOnce",
			    json_boolean(options->interactive && !options->detach));
	return NULL;
}

/* Files first: an option on the command line takes the place of a line in a file. */
static fallible put_files(const struct container_options *options, json_t *body)
{
	json_t *labels = json_object_get(body, "Labels");
	const struct field label = {.key = "Labels"};

	for (size_t i = 0; i < options->env_files.count; i++)
		TRY(value_variables_file(options->env_files.items[i],
					 member(body, "Env", json_array)));
	for (size_t i = 0; i < options->label_files.count; i++)
		TRY(value_labels_file(options->label_files.items[i], labels));
	return put_map(body, &label, &options->labels);
}

static fallible put_devices(const struct container_options *options, json_t *host)
{
	autojson *requests = json_array();

	for (size_t i = 0; i < options->device.count; i++)
		TRY(value_device(options->device.items[i], json_object_get(host, "Devices"),
				 requests));
	if (json_array_size(requests))
		json_object_set(host, "DeviceRequests", requests);
	return NULL;
}

/* systempaths=unconfined is not an option of the daemon: it is two empty lists. */
static fallible put_security(const struct container_options *options, json_t *host)
{
	for (size_t i = 0; i < options->security_opt.count; i++) {
		const char *text = options->security_opt.items[i];
		json_t *array = member(host, "SecurityOpt", json_array);

		if (strcmp(text, "systempaths=unconfined") != 0) {
			TRY(value_security(text, array));
			continue;
		}
		json_object_set_new(host, "MaskedPaths", json_array());
		json_object_set_new(host, "ReadonlyPaths", json_array());
	}
	return NULL;
}

static fallible put_volumes(const struct container_options *options, json_t *body, json_t *host)
{
	autojson *binds = json_array();

	for (size_t i = 0; i < options->volumes.count; i++)
		TRY(value_volume(options->volumes.items[i], binds,
				 json_object_get(body, "Volumes")));
	if (json_array_size(binds))
		json_object_set(host, "Binds", binds);
	return NULL;
}

static fallible put_ports(const struct container_options *options, json_t *body, json_t *host)
{
	autojson *exposed = json_object();

	for (size_t i = 0; i < options->publish.count; i++)
		TRY(value_publish(options->publish.items[i], exposed,
				  json_object_get(host, "PortBindings")));
	for (size_t i = 0; i < options->expose.count; i++)
		TRY(value_expose(options->expose.items[i], exposed));
	if (json_object_size(exposed))
		json_object_set(body, "ExposedPorts", exposed);
	return NULL;
}

static fallible put_log(const struct container_options *options, json_t *host)
{
	json_t *log = json_object_get(host, "LogConfig");
	const struct field type = {.key = "Type"}, config = {.key = "Config"};

	if (options->log_driver && strcmp(options->log_driver, "none") == 0 &&
	    options->log_opt.count)
		return error_new(ERROR_INVALID, "invalid logging opts for driver none");
	TRY(put_text(log, &type, &options->log_driver));
	return put_map(log, &config, &options->log_opt);
}

static fallible put_period(json_t *check, const char *key, const char *flag, const char *text)
{
	int64_t nanoseconds = 0;

	if (!text)
		return NULL;
	TRY(error_wrap(value_duration(text, &nanoseconds),
		       "invalid argument \"%s\" for \"%s\" flag", text, flag));
	if (nanoseconds < 0)
		return error_new(ERROR_INVALID, "%s cannot be negative", flag);
	json_object_set_new(check, key, json_integer(nanoseconds));
	return NULL;
}

static fallible put_health(const struct container_options *options, json_t *body)
{
	autojson *check = json_object();

	TRY(put_period(check, "Interval", "--health-interval", options->health_interval));
	TRY(put_period(check, "Timeout", "--health-timeout", options->health_timeout));
	TRY(put_period(check, "StartPeriod", "--health-start-period",
		       options->health_start_period));
	TRY(put_period(check, "StartInterval", "--health-start-interval",
		       options->health_start_interval));
	if (options->health_retries < 0)
		return error_new(ERROR_INVALID, "--health-retries cannot be negative");
	if (options->health_retries)
		json_object_set_new(check, "Retries", json_integer(options->health_retries));
	if (options->health_cmd)
		json_object_set_new(check, "Test",
				    json_pack("[s, s]", "CMD-SHELL", options->health_cmd));
	if (options->no_healthcheck && json_object_size(check))
		return error_new(ERROR_INVALID,
				 "--no-healthcheck conflicts with --health-* options");
	if (options->no_healthcheck)
		json_object_set_new(check, "Test", json_pack("[s]", "NONE"));
	if (json_object_size(check))
		json_object_set(body, "Healthcheck", check);
	return NULL;
}

/* -- networks -- */

static bool is_user_defined(const char *network)
{
	static const char *const built_in[] = {"default", "bridge", "host", "none"};

	for (size_t i = 0; i < countof(built_in); i++)
		if (strcmp(network, built_in[i]) == 0)
			return false;
	return !text_has_prefix(network, "container:");
}

/* "name=foo,alias=x,ip=1.2.3.4": the long form of --network. */
static fallible network_fields(char *text, json_t *endpoint, char **name)
{
	char *rest = NULL;

	for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');
		const char *value = equals ? equals + 1 : "";

		if (!equals)
			return error_new(ERROR_INVALID, "invalid field %s", part);
		*equals = '\0';
		if (strcmp(part, "name") == 0)
			*name = duplicate(value);
		else if (strcmp(part, "alias") == 0)
			json_array_append_new(member(endpoint, "Aliases", json_array),
					      json_string_or_null(value));
		else if (strcmp(part, "ip") == 0 || strcmp(part, "ip6") == 0)
			json_object_set_new(member(endpoint, "IPAMConfig", json_object),
					    part[2] ? "IPv6Address" : "IPv4Address",
					    json_string_or_null(value));
		else if (strcmp(part, "mac-address") == 0)
			json_object_set_new(endpoint, "MacAddress", json_string_or_null(value));
		else
			return error_new(ERROR_INVALID, "invalid field key %s", part);
	}
	return *name ? NULL : error_new(ERROR_INVALID, "network name/id is not specified");
}

static fallible add_endpoint(const char *text, json_t *endpoints, char **name, json_t **endpoint)
{
	json_error_t why;
	autojson *value = json_loads(endpoint_defaults, 0, &why);
	autofree char *copy = duplicate(text);

	if (strchr(text, '='))
		TRY(network_fields(copy, value, name));
	else
		*name = duplicate(text);
	*endpoint = NULL;
	/* These have no endpoint of their own to describe. */
	if (strcmp(*name, "host") == 0 || strcmp(*name, "none") == 0 ||
	    text_has_prefix(*name, "container:"))
		return NULL;
	json_object_set(endpoints, *name, value);
	*endpoint = value;
	return NULL;
}

/* --ip, --network-alias and --mac-address are about the first network. */
static fallible first_endpoint(const struct container_options *options, const char *network,
			       json_t *endpoint)
{
	const struct field aliases = {.key = "Aliases"}, v4 = {.key = "IPv4Address"},
			   v6 = {.key = "IPv6Address"}, mac = {.key = "MacAddress"};

	if (options->network_alias.count && !is_user_defined(network))
		return error_new(ERROR_INVALID,
				 "network-scoped aliases are only supported for user-defined "
				 "networks");
	if (options->mac_address && strlen(options->mac_address) != 17)
		return error_new(ERROR_INVALID, "%s is not a valid mac address",
				 options->mac_address);
	if (!endpoint)
		return NULL;
	TRY(put_list(endpoint, &aliases, &options->network_alias));
	TRY(put_text(endpoint, &mac, &options->mac_address));
	if (!options->ip && !options->ip6)
		return NULL;
	json_t *addresses = member(endpoint, "IPAMConfig", json_object);
	TRY(put_text(addresses, &v4, &options->ip));
	return put_text(addresses, &v6, &options->ip6);
}

static fallible put_networks(const struct container_options *options, json_t *body, json_t *host)
{
	json_t *endpoints = json_at(body, "NetworkingConfig", "EndpointsConfig", NULL);
	size_t count = options->network.count;

	for (size_t i = 0; i < (count ? count : 1); i++) {
		autofree char *name = NULL;
		json_t *endpoint;

		TRY(add_endpoint(count ? options->network.items[i] : "default", endpoints, &name,
				 &endpoint));
		if (i > 0)
			continue;
		json_object_set_new(host, "NetworkMode", json_string_or_null(name));
		TRY(first_endpoint(options, name, endpoint));
	}
	return NULL;
}

static fallible check_conflicts(const struct container_options *options)
{
	if (options->rm && strcmp(options->restart, "no") != 0)
		return error_new(ERROR_INVALID,
				 "conflicting options: cannot specify both --restart and --rm");
	if (options->memory_swappiness < -1 || options->memory_swappiness > 100)
		return error_new(ERROR_INVALID,
				 "invalid value: %lld. Valid memory swappiness range is 0-100",
				 (long long)options->memory_swappiness);
	return NULL;
}

static void put_command(json_t *body, const char *image, char **command, int count)
{
	const struct field cmd = {.key = "Cmd"};

	json_object_set_new(body, "Image", json_string_or_null(image));
	for (int i = 0; i < count; i++)
		json_array_append_new(member(body, cmd.key, json_array),
				      json_string_or_null(command[i]));
}

fallible container_options_body(const struct container_options *options, const char *image,
				char **command, int count, struct terminal_size console,
				json_t **body_out)
{
	json_error_t why;
	autojson *body = json_loads(defaults, 0, &why);
	json_t *host = json_object_get(body, "HostConfig");

	TRY(check_conflicts(options));
	TRY(put_streams(options, body));
	TRY(put_files(options, body));
	TRY(put_fields(options, body));
	TRY(put_devices(options, host));
	TRY(put_security(options, host));
	TRY(put_volumes(options, body, host));
	TRY(put_ports(options, body, host));
	TRY(put_log(options, host));
	TRY(put_health(options, body));
	TRY(put_networks(options, body, host));
	put_command(body, image, command, count);
	json_object_set_new(host, "ConsoleSize",
			    json_pack("[i, i]", console.rows, console.columns));
	*body_out = json_incref(body);
	return NULL;
}
