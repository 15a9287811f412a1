#include "network_option.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "net_device.h"
#include "text.h"

#define MTU_OPTION    "com.docker.network.driver.mtu"
#define PREFIX_OPTION "com.docker.network.container_iface_prefix"
#define PREFIX_MOST   11 /* a number comes behind it */
#define MTU_LEAST     68 /* of IPv4; IPv6 wants 1280 */
#define MTU_MOST      65535

const char *network_option(const struct network *network, const char *name)
{
	return json_string_at(network->document, "Options", name, NULL);
}

fallible network_option_flag(const struct network *network, const char *name, bool *flag)
{
	static const char *const texts[][2] = {{"0", "1"},        {"f", "t"},
					       {"F", "T"},        {"false", "true"},
					       {"False", "True"}, {"FALSE", "TRUE"}};
	const char *text = network_option(network, name);

	if (!*text)
		return NULL;
	for (size_t i = 0; i < countof(texts); i++)
		for (size_t on = 0; on < 2; on++)
			if (strcmp(text, texts[i][on]) == 0) {
				*flag = on;
				return NULL;
			}
	autofree char *quoted = text_quoted(text);
	return error_new(ERROR_INVALID,
			 "failed to parse %s value: %s (strconv.ParseBool: parsing %s: invalid "
			 "syntax)",
			 name, text, quoted);
}

fallible network_option_prefix(const struct network *network, const char **prefix)
{
	const char *text = network_option(network, PREFIX_OPTION);

	*prefix = *text ? text : "eth";
	if (!net_device_name_is_valid(*prefix, false) || strlen(*prefix) > PREFIX_MOST)
		return error_new(ERROR_INVALID,
				 PREFIX_OPTION ": '%s' cannot be what names of devices begin with: "
					       "it has at most %d letters, and no slash, colon or "
					       "blank",
				 text, PREFIX_MOST);
	return NULL;
}

fallible network_option_gateway(const struct network *network, const char *name,
				struct network_gateway *gateway)
{
	const char *mode = network_option(network, name);

	gateway->open = strcmp(mode, "nat-unprotected") == 0;
	gateway->nameless = strcmp(mode, "isolated") == 0;
	if (strcmp(mode, "routed") == 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "%s: this mini-docker has no mode 'routed': nat-unprotected with "
				 "enable_ip_masquerade=false has routes, and no filter of ports",
				 name);
	if (gateway->nameless && !network->internal)
		return error_new(
			ERROR_INVALID,
			"%s: gateway mode 'isolated' can only be used for an internal network",
			name);
	if (*mode && strcmp(mode, "nat") != 0 && !gateway->open && !gateway->nameless)
		return error_new(ERROR_INVALID, "%s: unknown gateway mode %s", name, mode);
	return NULL;
}

fallible network_option_mtu(const struct network *network, uint32_t *mtu)
{
	const char *text = network_option(network, MTU_OPTION);
	int64_t value = 0;

	if (!*text)
		return NULL;
	autoerror e = integer_parse(text, "the MTU", 0, MTU_MOST, &value);
	if (e || (value && value < MTU_LEAST))
		return error_new(ERROR_INVALID,
				 "failed to parse " MTU_OPTION " value: %s: it is a number of "
				 "bytes from %d to %d",
				 text, MTU_LEAST, MTU_MOST);
	*mtu = value;
	return NULL;
}
