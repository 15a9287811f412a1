/*
 * network_sysctl.h - settings of the kernel for a container's network: --sysctl net.NAME
 *
 * Many are about a device (net.ipv4.conf.eth0.rp_filter), or are looked at when one comes
 * (net.ipv6.conf.all.disable_ipv6). The container's first steps run beside the plugging of its
 * cables, in no fixed order (lifecycle.h, attach); so what a user asks for of his container's own
 * network is taken out of those steps, and is written here, from outside, when the devices are
 * there.
 *
 * Standard: OCI runtime-spec, config-linux.md, "Sysctl"; kernel, networking/ip-sysctl. Book: 5.5
 */
#ifndef MINI_NETWORK_SYSCTL_H
#define MINI_NETWORK_SYSCTL_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* Whether it is a name below "net." and no way out of there. Names with a slash are not: what they
 * mean is told by who compiles the plan. */
bool network_sysctl_is_plain(const char *name);
/* The plain ones that a container's user has asked for: a new object. */
json_t *network_sysctl_wished(const json_t *host_config);
/* They go out of the OCI config.json. */
void network_sysctl_take_out(const json_t *host_config, json_t *spec);
/* All of an object of texts, whose names were checked, in a network namespace: an open
 * /proc/PID/ns/net. */
fallible network_sysctl_set(int netns, const json_t *sysctls);

#endif
