/*
 * endpoint_device.h - a container's device in a network, as its user wishes it beyond addresses
 *
 * Wishes stand in the entry NetworkSettings.Networks.NAME: LinkLocalIPs of its IPAMConfig, and two
 * of its DriverOpts, which are for every driver that makes a device:
 *
 *	com.docker.network.endpoint.ifname      what it is called in the container
 *	com.docker.network.endpoint.sysctls     "net.ipv4.conf.IFNAME.rp_filter=2,...": IFNAME
 *stands for the device, whatever it is called
 *
 * Without a name it is eth0, eth1, ..., or what the network has for eth
 * (com.docker.network.container_iface_prefix).
 *
 * Standard: Docker's `docker run --network`, `docker network connect`. Book: 5.5
 */
#ifndef MINI_ENDPOINT_DEVICE_H
#define MINI_ENDPOINT_DEVICE_H

#include <jansson.h>

#include "network_cable.h"

/* ERROR_INVALID. */
fallible endpoint_device_check(const json_t *entry);
/* A name, or what the kernel makes one of: "eth%d". */
void endpoint_device_name(const json_t *entry, const struct network *network, char name[LINK_NAME]);
/* It is plugged in: its further addresses and its settings. */
fallible endpoint_device_furnish(struct network_cables *cables, const json_t *entry,
				 const struct network_endpoint *endpoint);

#endif
