/*
 * device_request.h - HostConfig.DeviceRequests: devices asked for by their kind (--gpus)
 *
 * A request names what a device must be able to do, not which one it is; a driver chooses. dockerd
 * has one when a program of NVIDIA's is installed beside it. There is none here: a request is kept
 * and shown, and the container's start says that nobody can meet it, in dockerd's words. Devices
 * that are known by their paths (--device) need no driver.
 *
 * Standard: Engine API, DeviceRequest. Book: 3.4
 */
#ifndef MINI_DEVICE_REQUEST_H
#define MINI_DEVICE_REQUEST_H

#include <jansson.h>

#include "error.h"

/* Checks types and completes members, in place. ERROR_INVALID. */
fallible device_request_read(json_t *host_config);
/* At a start. ERROR_INVALID for the first request, whatever it is. */
fallible device_request_meet(const json_t *host_config);

#endif
