#include <sched.h>
#include <string.h>

#include "net_device.h"
#include "spec_parts.h"

/* Two that would get the same name; "eth%d" is never the same twice. */
static bool is_taken(const json_t *devices, const char *device, const char *name)
{
	const char *other;
	json_t *row;

	json_object_foreach ((json_t *)devices, other, row) {
		const char *given = json_string_at(row, "name", NULL);

		if (strcmp(other, device) == 0)
			break;
		if (!strchr(name, '%') && strcmp(*given ? given : other, name) == 0)
			return true;
	}
	return false;
}

static fallible add_device(struct spec_build *build, const json_t *devices, const char *device,
			   const json_t *row)
{
	const char *name;

	if (!net_device_name_is_valid(device, false))
		return error_new(ERROR_INVALID, "that is no name of a network device");
	if (!json_is_object(row))
		return error_new(ERROR_INVALID, "it must be an object");
	TRY(json_get_string(row, "name", "", &name));
	if (!*name)
		name = device;
	if (!net_device_name_is_valid(name, true))
		return error_new(ERROR_INVALID, "name: '%s' is no name of a network device", name);
	if (is_taken(devices, device, name))
		return error_new(ERROR_INVALID, "name: '%s' is there twice", name);
	plan_step(build->plan, STEP_NET_DEVICE,
		  .text = {device, name, spec_namespace_path(build, "network")});
	return NULL;
}

fallible spec_add_net_devices(struct spec_build *build)
{
	const char *device;
	const json_t *row;
	json_t *devices;

	TRY(error_wrap(json_get_object(build->linux, "netDevices", &devices), "linux"));
	if (json_object_size(devices) && !((build->new_namespaces | build->joined) & CLONE_NEWNET))
		return error_new(ERROR_INVALID,
				 "linux.netDevices: they need a namespace of type network");
	json_object_foreach (devices, device, row)
		TRY(error_wrap(add_device(build, devices, device, row), "linux.netDevices['%s']",
			       device));
	return NULL;
}
