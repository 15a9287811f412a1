#include "endpoint_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "json.h"
#include "memory.h"
#include "net_device.h"
#include "network_sysctl.h"

#define NAME_OPTION    "com.docker.network.endpoint.ifname"
#define SYSCTLS_OPTION "com.docker.network.endpoint.sysctls"
#define DEVICE         ".IFNAME."

static const char *option(const json_t *entry, const char *name)
{
	return json_string_at(entry, "DriverOpts", name, NULL);
}

static const json_t *link_addresses(const json_t *entry)
{
	return json_at(entry, "IPAMConfig", "LinkLocalIPs", NULL);
}

/* ---- checks ---- */

static fallible check_name(const char *name)
{
	if (!*name || (net_device_name_is_valid(name, false) && strcmp(name, "lo") != 0))
		return NULL;
	return error_new(ERROR_INVALID,
			 "invalid endpoint settings:\n" NAME_OPTION
			 ": '%s' cannot be the name of a device: it has 1 to 15 letters, no slash, "
			 "colon, percent sign or blank, and is not lo",
			 name);
}

/* "net.ipv4.conf.IFNAME.rp_filter=2" -> {"net.ipv4.conf.eth0.rp_filter": "2"}. `docker run` sends
 * "ifname". */
static fallible add_sysctl(json_t *sysctls, const char *text, const char *device)
{
	size_t length = strcspn(text, "=");
	autofree char *name = duplicate_range(text, length);
	const char *place = strcasestr(name, DEVICE);

	if (!text[length] || !place || !network_sysctl_is_plain(name))
		return error_new(
			ERROR_INVALID,
			"invalid endpoint settings:\nunrecognised network interface sysctl "
			"'%s'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y" DEVICE "Z=V'",
			text);
	/* A dot of a device's name is a slash in that of a setting. */
	autofree char *spelled = duplicate(device);
	for (char *c = spelled; *c; c++)
		*c = *c == '.' ? '/' : *c;
	autofree char *whole =
		format("%.*s.%s.%s", (int)(place - name), name, spelled, place + strlen(DEVICE));
	json_object_set_new(sysctls, whole, json_string(text + length + 1));
	return NULL;
}

static fallible read_sysctls(const json_t *entry, const char *device, json_t **sysctls)
{
	autofree char *list = duplicate(option(entry, SYSCTLS_OPTION));
	autojson *all = json_object();
	char *rest = NULL;

	for (char *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest))
		TRY(add_sysctl(all, one, device));
	*sysctls = steal(&all);
	return NULL;
}

static fallible read_link_address(const json_t *value, struct subnet *subnet)
{
	const char *text = json_string_value(value);

	if (!text || !address_parse(text, &subnet->address))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\ninvalid link-local IP address: %s",
				 text ? text : "no text");
	subnet->length = subnet->address.family == AF_INET6 ? 64 : 16;
	return NULL;
}

fallible endpoint_device_check(const json_t *entry)
{
	autojson *sysctls = NULL;
	struct subnet subnet;
	const json_t *value;
	size_t i;

	TRY(check_name(option(entry, NAME_OPTION)));
	json_array_foreach (link_addresses(entry), i, value)
		TRY(read_link_address(value, &subnet));
	return read_sysctls(entry, "eth0", &sysctls);
}

void endpoint_device_name(const json_t *entry, const struct network *network, char name[LINK_NAME])
{
	const char *wish = option(entry, NAME_OPTION);

	if (*wish)
		snprintf(name, LINK_NAME, "%s", wish);
	else
		snprintf(name, LINK_NAME, "%.12s%%d", network->prefix ? network->prefix : "eth");
}

/* ---- when it is there ---- */

struct search {
	const struct network_endpoint *endpoint;
	char mark[LINK_NAME];
	struct link found; /* index 0: none yet */
};

/* By its mark, where the driver has given it one; else by its hardware address. */
static fallible compare(void *context, const struct link *link)
{
	struct search *search = context;

	if (strcmp(link->mark, search->mark) == 0 ||
	    (!search->found.index && memcmp(link->mac, search->endpoint->mac, MAC_LENGTH) == 0))
		search->found = *link;
	return NULL;
}

fallible endpoint_device_furnish(struct network_cables *cables, const json_t *entry,
				 const struct network_endpoint *endpoint)
{
	struct search search = {.endpoint = endpoint};
	autojson *sysctls = NULL;
	const json_t *value;
	size_t i;

	if (!json_array_size(link_addresses(entry)) && !*option(entry, SYSCTLS_OPTION))
		return NULL;
	network_cable_name(endpoint, search.mark);
	TRY(link_each(&cables->there, compare, &search));
	if (!search.found.index)
		return error_new(ERROR_NOT_FOUND, "the device of the network is not there");
	json_array_foreach (link_addresses(entry), i, value) {
		struct subnet subnet;

		TRY(read_link_address(value, &subnet));
		TRY(link_add_address(&cables->there, search.found.index, &subnet));
	}
	TRY(read_sysctls(entry, search.found.name, &sysctls));
	return network_sysctl_set(cables->netns, sysctls);
}
