/* From the options to the request body (container_options.h). */
#include "container_options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "container_field.h"
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

/* One option to one field is container_field.c; here is what several options make together, or
 * one makes in several places. */

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
			return options_wrap(error_new(ERROR_INVALID, "valid streams are STDIN, "
								     "STDOUT and STDERR"),
					    name, "-a, --attach");
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
		TRY(container_value_variables_file(options->env_files.items[i],
						   container_field_member(body, "Env",
									  json_array)));
	for (size_t i = 0; i < options->label_files.count; i++)
		TRY(container_value_labels_file(options->label_files.items[i], labels));
	TRY(container_value_check_labels(&options->labels, "-l, --label"));
	return container_field_put_map(body, &label, &options->labels);
}

static fallible put_devices(const struct container_options *options, json_t *host)
{
	autojson *requests = json_array();

	for (size_t i = 0; i < options->device.count; i++)
		TRY(container_value_device(options->device.items[i],
					   json_object_get(host, "Devices"), requests));
	for (size_t i = 0; i < options->gpus.count; i++)
		TRY(options_wrap(container_value_gpus(options->gpus.items[i], requests),
				 options->gpus.items[i], "--gpus"));
	if (json_array_size(requests))
		json_object_set(host, "DeviceRequests", requests);
	return NULL;
}

/* systempaths=unconfined is not an option of the daemon: it is two empty lists. */
static fallible put_security(const struct container_options *options, json_t *host)
{
	for (size_t i = 0; i < options->security_opt.count; i++) {
		const char *text = options->security_opt.items[i];
		json_t *array = container_field_member(host, "SecurityOpt", json_array);

		if (strcmp(text, "systempaths=unconfined") != 0) {
			TRY(container_value_security(text, array));
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
		TRY(container_value_volume(options->volumes.items[i], binds,
					   json_object_get(body, "Volumes")));
	if (json_array_size(binds))
		json_object_set(host, "Binds", binds);
	return NULL;
}

static fallible put_ports(const struct container_options *options, json_t *body, json_t *host)
{
	autojson *exposed = json_object();

	for (size_t i = 0; i < options->publish.count; i++)
		TRY(container_value_publish(options->publish.items[i], exposed,
					    json_object_get(host, "PortBindings")));
	for (size_t i = 0; i < options->expose.count; i++)
		TRY(container_value_expose(options->expose.items[i], exposed));
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
	TRY(container_field_put_text(log, &type, &options->log_driver));
	return container_field_put_map(log, &config, &options->log_opt);
}

static fallible put_period(json_t *check, const char *key, const char *flag, const char *text)
{
	int64_t nanoseconds = 0;

	if (!text)
		return NULL;
	TRY(options_wrap(container_value_duration(text, &nanoseconds), text, flag));
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
		json_array_append_new(container_field_member(body, cmd.key, json_array),
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
	TRY(container_field_put_all(options, body));
	TRY(put_devices(options, host));
	TRY(put_security(options, host));
	TRY(put_volumes(options, body, host));
	TRY(put_ports(options, body, host));
	TRY(put_log(options, host));
	TRY(put_health(options, body));
	TRY(container_networks(options, body, host));
	put_command(body, image, command, count);
	json_object_set_new(host, "ConsoleSize",
			    json_pack("[i, i]", console.rows, console.columns));
	*body_out = json_incref(body);
	return NULL;
}
