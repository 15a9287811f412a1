/*
 * conntrack.h - flows that the kernel remembers
 *
 * Where a packet goes is decided with the first one of a flow; those that follow do not ask the
 * rules again. UDP has no end of a flow: who has sent to a port before somebody published it, and
 * goes on, would go on in vain. So what is remembered of such a port is forgotten when it is
 * published, and when it is not any more.
 *
 * Linux 6.11 or newer does that for a port; with older ones a flow is forgotten by itself after 30
 * seconds of silence.
 *
 * Standard: nfnetlink_conntrack. Book: 5.8
 */
#ifndef MINI_CONNTRACK_H
#define MINI_CONNTRACK_H

#include <stdint.h>

#include "error.h"

/* All flows of UDP that began with a packet to that port, of this network namespace. That there is
 * none, or that the kernel cannot, is success. */
fallible conntrack_forget_udp(uint16_t port);

#endif
