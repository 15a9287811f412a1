/*
 * cgroup_device.h - which devices a group may open, under version 2: a BPF program
 *
 * Version 1 has files for it (devices.allow, devices.deny). Version 2 asks a program that is
 * attached to the group at each open(2) and mknod(2) of a device. The program made here goes
 * through the rules from the last to the first and takes the first that fits, as the last one
 * written wins in version 1 too.
 *
 * Standard: Linux Documentation/admin-guide/cgroup-v2.rst, "Device controller"; bpf(2).
 * Book: 1.6
 */
#ifndef MINI_CGROUP_DEVICE_H
#define MINI_CGROUP_DEVICE_H

#include "error.h"

/* rules: lines like those of CGROUP_DEVICE_RULE, "a c 1:3 rwm". group: a folder of the tree. */
fallible cgroup_device_attach(int group, const char *rules);

#endif
