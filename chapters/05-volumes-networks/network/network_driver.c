#include "network_driver.h"

#include <string.h>

#include "memory.h"

static const struct network_driver host_driver = {.name = "host", .single = true};
static const struct network_driver null_driver = {.name = "null", .single = true};

static const struct network_driver *const drivers[] = {&bridge_driver, &host_driver, &ipvlan_driver,
						       &macvlan_driver, &null_driver};

json_t *network_driver_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < countof(drivers); i++)
		json_array_append_new(names, json_string(drivers[i]->name));
	return names;
}

fallible network_driver_find(const char *name, const struct network_driver **driver)
{
	for (size_t i = 0; i < countof(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0) {
			*driver = drivers[i];
			return NULL;
		}
	return error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found", name);
}
