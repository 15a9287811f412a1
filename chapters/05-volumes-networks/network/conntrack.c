#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

#include "explain.h"
#include "memory.h"
#include "netfilter.h"

/* The kernel has no header for these: net/netfilter/nf_internals.h. */
#define BY_PROTOCOL         (1 << 3)
#define BY_DESTINATION_PORT (1 << 5)

static void add_tuple(struct buffer *order, uint16_t port)
{
	const uint8_t protocol = IPPROTO_UDP;
	const uint16_t network_order = htons(port);
	size_t tuple = netlink_begin_nest(order, CTA_TUPLE_ORIG | NLA_F_NESTED);
	size_t part = netlink_begin_nest(order, CTA_TUPLE_PROTO | NLA_F_NESTED);

	netlink_add(order, CTA_PROTO_NUM, &protocol, sizeof(protocol));
	netlink_add(order, CTA_PROTO_DST_PORT, &network_order, sizeof(network_order));
	netlink_end_nest(order, part);
	netlink_end_nest(order, tuple);
}

static void add_filter(struct buffer *order)
{
	size_t filter = netlink_begin_nest(order, CTA_FILTER | NLA_F_NESTED);

	netlink_add_number(order, CTA_FILTER_ORIG_FLAGS, BY_PROTOCOL | BY_DESTINATION_PORT);
	netlink_end_nest(order, filter);
}

/* An older kernel takes the tuple for one flow, finds no addresses in it, and refuses. */
static fallible forget(struct netlink *netlink, uint8_t family, uint16_t port)
{
	const struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};
	autobuffer order = {0};

	netlink_begin(&order, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0, &head,
		      sizeof(head));
	add_tuple(&order, port);
	add_filter(&order);
	autoerror e = netlink_ask(netlink, &order, NULL, NULL);
	if (e && (e->errnum == EOPNOTSUPP || e->errnum == EINVAL || e->errnum == ENOENT))
		return NULL;
	return error_wrap(steal(&e), "cannot forget the flows of UDP to port %u", port);
}

fallible conntrack_forget_udp(uint16_t port)
{
	uint64_t began = explain_clock();
	autonetlink netlink = {.fd = -1};

	TRY(netfilter_open(&netlink));
	TRY(forget(&netlink, AF_INET, port));
	TRY(forget(&netlink, AF_INET6, port));
	explain(began, "5.8", "who has sent there before gets there, too",
		"conntrack -D -p udp --orig-port-dst %u", port);
	return NULL;
}
