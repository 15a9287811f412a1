/*
 * dns_forward.h - what no network knows is asked of the servers outside
 *
 * One after the other, as they stand in resolv.conf: the next one when one refuses, fails or is
 * not there, or has not answered when its part of the time is over. All of them together have four
 * seconds, since the one who asked us waits five (resolv.conf(5)). When none has answered, we say
 * so (SERVFAIL).
 *
 * An answer can be forged by anybody who can send packets. So each question goes out from a socket
 * of its own, with a port that the kernel chooses and connected to the one server, under a new
 * random id, and what comes back must have that id and repeat the question (RFC 5452). Everything
 * else is dropped, and waiting goes on.
 *
 * Asked by UDP means asked by UDP outside, and TCP means TCP. A server's answer that was cut (TC)
 * is handed on as it is: the asker then comes by TCP, and so do we.
 *
 * Servers of --dns are asked from the container's own network, as they may be there; those of the
 * host's resolv.conf from the host's. Book: 5.9
 */
#ifndef MINI_DNS_FORWARD_H
#define MINI_DNS_FORWARD_H

#include "dns_message.h"
#include "dns_server.h"

struct dns_forward; /* opaque */

/* Takes the question over, and will tell the asker; false when there is nobody to ask or too many
 * are on their way. */
bool dns_forward_start(struct dns_server *server, const struct dns_asker *asker,
		       struct dns_question *question, const uint8_t *bytes, size_t length);
void dns_forward_end(struct dns_forward *forward);
/* The asker has gone: nobody wants to know any more. */
void dns_forward_forget(struct dns_server *server, const struct dns_connection *connection);

#endif
