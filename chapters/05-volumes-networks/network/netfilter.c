#include "netfilter.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "memory.h"

fallible netfilter_open(struct netlink *netlink)
{
	*netlink = (struct netlink){
		.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
	if (netlink->fd < 0)
		return error_system("cannot speak to the kernel's packet filter (netlink)");
	return NULL;
}

static fallible take(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *id = netlink_find(message, sizeof(struct nfgenmsg), NFTA_GEN_ID);
	uint32_t value = 0;

	if (id && id->nla_len >= NLA_HDRLEN + sizeof(value))
		memcpy(&value, netlink_bytes(id), sizeof(value));
	*(uint32_t *)context = ntohl(value);
	return NULL;
}

fallible netfilter_generation(uint32_t *generation)
{
	const struct nfgenmsg part = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
	autonetlink netlink = {.fd = -1};
	autobuffer question = {0};

	TRY(netfilter_open(&netlink));
	netlink_begin(&question, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &part,
		      sizeof(part));
	return netlink_ask(&netlink, &question, take, generation);
}
