#include "network_sysctl.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "namespace.h"
#include "sysctl.h"
#include "text.h"

bool network_sysctl_is_plain(const char *name)
{
	return text_has_prefix(name, "net.") && !strchr(name, '/') && !strstr(name, "..") &&
	       !text_has_suffix(name, ".");
}

json_t *network_sysctl_wished(const json_t *host_config)
{
	json_t *plain = json_object(), *value;
	const char *name;

	json_object_foreach (json_object_get(host_config, "Sysctls"), name, value)
		if (network_sysctl_is_plain(name))
			json_object_set(plain, name, value);
	return plain;
}

void network_sysctl_take_out(const json_t *host_config, json_t *spec)
{
	autojson *wished = network_sysctl_wished(host_config);
	json_t *value;
	const char *name;

	json_object_foreach (wished, name, value)
		json_object_del(json_at(spec, "linux", "sysctl", NULL), name);
}

/* What of /proc/sys/net is seen depends on the network that the thread is in. */
static fallible set_all(void *sysctls)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name;
	json_t *value;

	if (root < 0)
		return error_system("cannot open '/'");
	json_object_foreach ((json_t *)sysctls, name, value)
		TRY(sysctl_set(root, name, json_string_value(value)));
	return NULL;
}

fallible network_sysctl_set(int netns, const json_t *sysctls)
{
	if (!json_object_size(sysctls))
		return NULL;
	return namespace_visit_network(netns, "of the container", set_all, (void *)sysctls);
}
