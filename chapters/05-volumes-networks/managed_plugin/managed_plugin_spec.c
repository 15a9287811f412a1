#include "managed_plugin_spec.h"

#include <string.h>
#include <unistd.h>

#include "container_config.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "oci_spec.h"
#include "text.h"

#define SOCKETS "/run/docker/plugins"

static bool flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* ---- the words of containers ---- */

static json_t *user_of(const json_t *config)
{
	const json_t *user = json_object_get(config, "User");
	autofree char *text =
		format("%lld:%lld", (long long)json_integer_value(json_object_get(user, "UID")),
		       (long long)json_integer_value(json_object_get(user, "GID")));

	return json_string(text);
}

static json_t *config_request(const struct managed_plugin_frame *frame)
{
	return json_pack("{s:O?, s:O?, s:O?, s:O?, s:o, s:s%}", "Entrypoint",
			 json_object_get(frame->config, "Entrypoint"), "Cmd",
			 json_object_get(frame->settings, "Args"), "Env",
			 json_object_get(frame->settings, "Env"), "WorkingDir",
			 json_object_get(frame->config, "WorkDir"), "User", user_of(frame->config),
			 "Hostname", frame->id, (size_t)12);
}

/* One without a path is an option that was not chosen. */
static json_t *devices_of(const json_t *settings)
{
	json_t *devices = json_array(), *path;
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(settings, "Devices"), i, one) {
		path = json_object_get(one, "Path");
		if (json_is_string(path))
			json_array_append_new(devices, json_pack("{s:O, s:O, s:s}", "PathOnHost",
								 path, "PathInContainer", path,
								 "CgroupPermissions", "rwm"));
	}
	return devices;
}

static json_t *host_request(const struct managed_plugin_frame *frame)
{
	const json_t *config = frame->config;
	const char *network = json_string_at(config, "Network", "Type", NULL);
	json_t *request =
		json_pack("{s:s, s:s, s:s, s:O?, s:o, s:[s]}", "NetworkMode",
			  strcmp(network, "host") == 0 ? "host" : "none", "PidMode",
			  flag(config, "PidHost") ? "host" : "", "IpcMode",
			  flag(config, "IpcHost") ? "host" : "private", "CapAdd",
			  json_at(config, "Linux", "Capabilities", NULL), "Devices",
			  devices_of(frame->settings), "SecurityOpt", "seccomp=unconfined");

	if (flag(json_object_get(config, "Linux"), "AllowAllDevices"))
		json_object_set_new(request, "DeviceCgroupRules",
				    json_pack("[s, s]", "c *:* rwm", "b *:* rwm"));
	return request;
}

static fallible make_document(const struct managed_plugin_frame *frame, json_t **spec)
{
	autojson *wanted = config_request(frame), *host_wanted = host_request(frame);
	autojson *config = NULL, *host = NULL, *warnings = json_array();

	TRY(container_config_make(wanted, NULL, &config));
	TRY(host_config_make(host_wanted, frame->defaults, &host, warnings));
	const struct oci_frame oci = {
		.config = config,
		.host_config = host,
		.settings = frame->defaults,
		.root_path = frame->root_path,
		.cgroup_path = frame->cgroup_path,
	};
	return oci_spec_make(&oci, spec);
}

/* ---- mounts ---- */

/* Who brings a /dev brings all that is in it. */
static void drop_below_dev(json_t *spec)
{
	json_t *mounts = json_object_get(spec, "mounts");

	for (size_t i = json_array_size(mounts); i-- > 0;)
		if (text_has_prefix(json_string_at(json_array_get(mounts, i), "destination", NULL),
				    "/dev/"))
			json_array_remove(mounts, i);
}

static fallible add_wanted_mounts(const json_t *settings, json_t *spec)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(settings, "Mounts"), i, mount) {
		const char *target = json_string_at(mount, "Destination", NULL);
		const char *type = json_string_at(mount, "Type", NULL);
		const json_t *options = json_object_get(mount, "Options");

		if (!json_is_string(json_object_get(mount, "Source")))
			return error_new(ERROR_INVALID,
					 "mount source is not specified: say it with 'docker "
					 "plugin set PLUGIN %s.source=PATH'",
					 json_string_at(mount, "Name", NULL));
		if (strcmp(target, "/dev") == 0)
			drop_below_dev(spec);
		oci_spec_add_mount(spec, *type ? type : "bind",
				   json_string_at(mount, "Source", NULL), target,
				   json_is_array(options) ? json_deep_copy(options) : json_array());
	}
	return NULL;
}

static void add_host_file(json_t *spec, const char *path)
{
	if (access(path, F_OK) == 0)
		oci_spec_add_mount(spec, "bind", path, path, json_pack("[s, s]", "rbind", "ro"));
}

static void add_own_mounts(const struct managed_plugin_frame *frame, struct furnishing *furnishing)
{
	json_t *spec = furnishing->spec;

	if (frame->propagated >= 0)
		furnishing_add_mount(furnishing, frame->propagated,
				     json_string_at(frame->config, "PropagatedMount", NULL),
				     json_pack("[s, s, s]", "rbind", "rw", "rshared"));
	oci_spec_add_mount(spec, "bind", frame->sockets, SOCKETS,
			   json_pack("[s, s]", "rbind", "rprivate"));
	if (*json_string_at(frame->config, "Network", "Type", NULL)) {
		add_host_file(spec, "/etc/hosts");
		add_host_file(spec, "/etc/resolv.conf");
	}
}

fallible managed_plugin_spec_make(const struct managed_plugin_frame *frame,
				  struct furnishing *furnishing)
{
	autoclose int propagated = frame->propagated;
	struct managed_plugin_frame own = *frame;

	TRY(make_document(frame, &furnishing->spec));
	TRY(add_wanted_mounts(frame->settings, furnishing->spec));
	own.propagated = steal_fd(&propagated);
	add_own_mounts(&own, furnishing);
	oci_spec_sort_mounts(furnishing->spec);
	return NULL;
}
