/*
 * netlink.h - questions and orders to the kernel's network configuration
 *
 * A message is a header, a fixed part that its type has, and attributes, each a type, a length and
 * bytes, which may be attributes again. Every order is answered: with 0, or with an errno and, of
 * newer kernels, with words that say more than that.
 *
 *	autobuffer order = {0};
 *	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
 *	netlink_add(&order, IFLA_IFNAME, "eth0", sizeof("eth0"));
 *	TRY(netlink_ask(&netlink, &order, NULL, NULL));
 *
 * A socket belongs to the network namespace that it was made in, whoever uses it from where.
 *
 * Standard: RFC 3549; netlink(7), rtnetlink(7). Book: 1.2
 */
#ifndef MINI_NETLINK_H
#define MINI_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

struct netlink {
	int fd; /* owned; -1: closed */
	uint32_t sequence;
};
#define autonetlink __attribute__((cleanup(netlink_close))) struct netlink

fallible netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/* Starts a message of a type (RTM_*) in an empty buffer. flags: NLM_F_DUMP, NLM_F_CREATE ... */
void netlink_begin(struct buffer *message, uint16_t type, uint16_t flags, const void *part,
		   size_t length);
void netlink_add(struct buffer *message, uint16_t type, const void *bytes, size_t length);
void netlink_add_text(struct buffer *message, uint16_t type, const char *text); /* with its NUL */
void netlink_add_number(struct buffer *message, uint16_t type, uint32_t number);
/* Attributes in an attribute: what is added between the two calls is in it. */
size_t netlink_begin_nest(struct buffer *message, uint16_t type);
void netlink_end_nest(struct buffer *message, size_t nest);

/* What comes as an answer, once for each object; `message` is whole. */
typedef fallible netlink_answer(const struct nlmsghdr *message, void *context);
/* Sends it and takes the answers until the kernel says that it is done; `answer` may be NULL.
 * ERROR_SYSTEM with errnum when the kernel refuses. */
fallible netlink_ask(struct netlink *netlink, struct buffer *message, netlink_answer *answer,
		     void *context);

/* The attribute of that type behind a fixed part of `length` bytes; NULL if none. */
const struct nlattr *netlink_find(const struct nlmsghdr *message, size_t length, uint16_t type);
/* The bytes of an attribute. */
const void *netlink_bytes(const struct nlattr *attribute);
uint32_t netlink_number(const struct nlattr *attribute); /* 0 when it is too short for one */
/* One of the attributes that are in an attribute; NULL if none. */
const struct nlattr *netlink_find_in(const struct nlattr *nest, uint16_t type);

#endif
