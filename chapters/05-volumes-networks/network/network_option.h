/*
 * network_option.h - what a network's driver is told with -o: texts in its document's Options
 *
 * Words and errors are Docker's: flags are what Go's ParseBool takes.
 *
 * Standard: Engine API, NetworkCreate, Options. Book: 5.6
 */
#ifndef MINI_NETWORK_OPTION_H
#define MINI_NETWORK_OPTION_H

#include "network.h"

/* "" for one that was not given; borrowed. */
const char *network_option(const struct network *network, const char *name);
/* *flag stays as it was for one that was not given. ERROR_INVALID. */
fallible network_option_flag(const struct network *network, const char *name, bool *flag);
/* com.docker.network.container_iface_prefix; "eth" when it was not given. ERROR_INVALID. */
fallible network_option_prefix(const struct network *network, const char **prefix);
/* com.docker.network.bridge.gateway_mode_ipv4, ..._ipv6. ERROR_INVALID, ERROR_NOT_IMPLEMENTED. */
fallible network_option_gateway(const struct network *network, const char *name,
				struct network_gateway *gateway);
/* com.docker.network.driver.mtu. ERROR_INVALID. */
fallible network_option_mtu(const struct network *network, uint32_t *mtu);

#endif
