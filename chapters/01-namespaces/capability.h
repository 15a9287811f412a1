/*
 * capability.h - root's power in pieces, and most of them taken away
 *
 * A set is a mask: bit N is capability N of <linux/capability.h>. What this process does not hold
 * itself cannot be given and is left out silently; who compiled the plan has warned about it.
 *
 * Standard: capabilities(7); OCI runtime-spec, config.md, "process.capabilities". Book: 1.7
 */
#ifndef MINI_CAPABILITY_H
#define MINI_CAPABILITY_H

#include <stdint.h>

#include "error.h"

#define CAPABILITY_COUNT 41 /* CAP_CHECKPOINT_RESTORE is the last one */
#define CAPABILITY_ALL   ((UINT64_C(1) << CAPABILITY_COUNT) - 1)
/* Docker's default: chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap setpcap
 * net_bind_service sys_chroot kill audit_write */
#define CAPABILITY_DOCKER UINT64_C(0xa80425fb)

/* Before the change of user: what no program in here may ever get is dropped. */
fallible capability_limit(uint64_t bounding);
/* The change of user shall not clear the permitted set. */
fallible capability_keep(void);
/* After it: exactly these remain. */
fallible capability_apply(uint64_t effective, uint64_t permitted, uint64_t inheritable,
			  uint64_t ambient);
/* All that is permitted becomes effective again. */
fallible capability_raise(void);
/* Which of those asked for are in the bounding set of the caller. */
uint64_t capability_bounding(uint64_t asked);

#endif
