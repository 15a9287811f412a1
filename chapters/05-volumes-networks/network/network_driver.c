#include "network_driver.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "plugin.h"

static const struct network_driver host_driver = {.name = "host", .single = true};
static const struct network_driver null_driver = {.name = "null", .single = true};

static const struct network_driver *const drivers[] = {&bridge_driver, &host_driver, &ipvlan_driver,
						       &macvlan_driver, &null_driver};

json_t *network_driver_names(void)
{
	autojson *names = plugin_names("NetworkDriver"), *all = json_object();

	for (size_t i = 0; i < countof(drivers); i++)
		json_object_set_new(all, drivers[i]->name, json_null());
	for (size_t i = 0; i < json_array_size(names); i++)
		json_object_set_new(all, json_string_value(json_array_get(names, i)), json_null());
	return json_sorted_keys(all);
}

const struct network_driver *network_driver_named(const char *name)
{
	for (size_t i = 0; i < countof(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return &remote_driver;
}

fallible network_driver_find(const char *name)
{
	autoplugin *plugin = NULL;

	return network_driver_named(name) == &remote_driver
		       ? plugin_get(name, "NetworkDriver", &plugin)
		       : NULL;
}
