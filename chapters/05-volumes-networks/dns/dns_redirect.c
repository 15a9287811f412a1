#include "dns_redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "buffer.h"
#include "memory.h"
#include "netlink.h"

#define TABLE "mini-dns"
#define CHAIN "output"

/* Where a header has what. */
#define IP_PROTO_AT  9
#define IP_FROM_AT   12
#define IP_TO_AT     16
#define PORT_FROM_AT 0
#define PORT_TO_AT   2
#define UDP_SUM_AT   6
#define TCP_SUM_AT   16
#define PRIORITY_RAW (-300)

/* Attributes have numbers with the highest byte first. */
static void add_number(struct buffer *message, uint16_t type, uint32_t number)
{
	number = htonl(number);
	netlink_add(message, type, &number, sizeof(number));
}

static void add_text(struct buffer *message, uint16_t type, const char *text)
{
	netlink_add(message, type, text, strlen(text) + 1);
}

static void add_nested(struct buffer *message, uint16_t type, const struct buffer *parts)
{
	netlink_add(message, type | NLA_F_NESTED, parts->data, parts->length);
}

/* ---- a rule is a list of expressions, each a name and what belongs to it ---- */

static void add_expression(struct buffer *rule, const char *name, const struct buffer *data)
{
	autobuffer expression = {0};

	add_text(&expression, NFTA_EXPR_NAME, name);
	add_nested(&expression, NFTA_EXPR_DATA, data);
	add_nested(rule, NFTA_LIST_ELEM, &expression);
}

static void add_bytes(struct buffer *data, uint16_t type, const void *bytes, size_t length)
{
	autobuffer value = {0};

	netlink_add(&value, NFTA_DATA_VALUE, bytes, length);
	add_nested(data, type, &value);
}

struct place {
	uint32_t base, offset, length;
};

static void add_place(struct buffer *data, const struct place *place)
{
	add_number(data, NFTA_PAYLOAD_BASE, place->base);
	add_number(data, NFTA_PAYLOAD_OFFSET, place->offset);
	add_number(data, NFTA_PAYLOAD_LEN, place->length);
}

/* The bytes of that place are these, or the rule ends. */
static void add_match(struct buffer *rule, struct place place, const void *bytes)
{
	autobuffer load = {0}, compare = {0};

	add_number(&load, NFTA_PAYLOAD_DREG, NFT_REG_1);
	add_place(&load, &place);
	add_expression(rule, "payload", &load);
	add_number(&compare, NFTA_CMP_SREG, NFT_REG_1);
	add_number(&compare, NFTA_CMP_OP, NFT_CMP_EQ);
	add_bytes(&compare, NFTA_CMP_DATA, bytes, place.length);
	add_expression(rule, "cmp", &compare);
}

/* These bytes into that place; the checksum follows. */
static void add_write(struct buffer *rule, struct place place, const void *bytes, uint32_t checksum)
{
	autobuffer take = {0}, write = {0};

	add_number(&take, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	add_bytes(&take, NFTA_IMMEDIATE_DATA, bytes, place.length);
	add_expression(rule, "immediate", &take);
	add_number(&write, NFTA_PAYLOAD_SREG, NFT_REG_1);
	add_place(&write, &place);
	add_number(&write, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	add_number(&write, NFTA_PAYLOAD_CSUM_OFFSET, checksum);
	add_expression(rule, "payload", &write);
}

/* ---- messages: all of them in one packet, which is done as a whole or not at all ---- */

static void add_message(struct buffer *batch, uint16_t type, uint16_t flags,
			const struct buffer *attributes)
{
	bool edge = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;
	const struct nfgenmsg part = {.nfgen_family = edge ? AF_UNSPEC : NFPROTO_IPV4,
				      .version = NFNETLINK_V0,
				      .res_id = htons(edge ? NFNL_SUBSYS_NFTABLES : 0)};
	size_t start = batch->length;

	netlink_begin(batch, edge ? type : NFNL_SUBSYS_NFTABLES << 8 | type, flags, &part,
		      sizeof(part));
	if (attributes)
		buffer_append(batch, attributes->data, attributes->length);
	struct nlmsghdr *header = (void *)(batch->data + start);
	header->nlmsg_len = batch->length - start;
	header->nlmsg_flags = NLM_F_REQUEST | flags; /* only the last order is acknowledged */
}

/* anew: that it is there, that it is gone, that it is there. Else it must not be there. */
static void add_table(struct buffer *batch, bool anew)
{
	autobuffer table = {0};

	add_text(&table, NFTA_TABLE_NAME, TABLE);
	if (anew) {
		add_message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, &table);
		add_message(batch, NFT_MSG_DELTABLE, 0, &table);
	}
	add_message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, &table);
}

static void add_chain(struct buffer *batch)
{
	autobuffer chain = {0}, hook = {0};

	add_number(&hook, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	add_number(&hook, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY_RAW);
	add_text(&chain, NFTA_CHAIN_TABLE, TABLE);
	add_text(&chain, NFTA_CHAIN_NAME, CHAIN);
	add_text(&chain, NFTA_CHAIN_TYPE, "filter");
	add_nested(&chain, NFTA_CHAIN_HOOK, &hook);
	add_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, &chain);
}

struct rewrite {
	uint8_t protocol;
	uint32_t address, port, checksum; /* places */
	uint16_t from, to;                /* ports */
};

static void add_rule(struct buffer *batch, const struct rewrite *rewrite, uint16_t flags)
{
	const struct place address = {NFT_PAYLOAD_NETWORK_HEADER, rewrite->address, 4};
	const struct place protocol = {NFT_PAYLOAD_NETWORK_HEADER, IP_PROTO_AT, 1};
	const struct place port = {NFT_PAYLOAD_TRANSPORT_HEADER, rewrite->port, 2};
	uint32_t ours = inet_addr(DNS_ADDRESS);
	uint16_t from = htons(rewrite->from), to = htons(rewrite->to);
	autobuffer rule = {0}, expressions = {0};

	add_match(&expressions, address, &ours);
	add_match(&expressions, protocol, &rewrite->protocol);
	add_match(&expressions, port, &from);
	add_write(&expressions, port, &to, rewrite->checksum);
	add_text(&rule, NFTA_RULE_TABLE, TABLE);
	add_text(&rule, NFTA_RULE_CHAIN, CHAIN);
	add_nested(&rule, NFTA_RULE_EXPRESSIONS, &expressions);
	add_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | flags, &rule);
}

static void build(uint16_t udp, uint16_t tcp, bool anew, struct buffer *batch)
{
	const struct rewrite rewrites[] = {
		{IPPROTO_UDP, IP_TO_AT, PORT_TO_AT, UDP_SUM_AT, DNS_PORT, udp},
		{IPPROTO_TCP, IP_TO_AT, PORT_TO_AT, TCP_SUM_AT, DNS_PORT, tcp},
		{IPPROTO_UDP, IP_FROM_AT, PORT_FROM_AT, UDP_SUM_AT, udp, DNS_PORT},
		{IPPROTO_TCP, IP_FROM_AT, PORT_FROM_AT, TCP_SUM_AT, tcp, DNS_PORT},
	};

	add_message(batch, NFNL_MSG_BATCH_BEGIN, 0, NULL);
	add_table(batch, anew);
	add_chain(batch);
	for (size_t i = 0; i < countof(rewrites); i++)
		add_rule(batch, &rewrites[i], i + 1 == countof(rewrites) ? NLM_F_ACK : 0);
	add_message(batch, NFNL_MSG_BATCH_END, 0, NULL);
}

/* The kernel's answers: one for each order that it refused, or one for the last. */
static fallible receive(int fd)
{
	char answer[4096];
	const struct nlmsghdr *header = (const void *)answer;
	const struct nlmsgerr *reply = NLMSG_DATA(header);
	ssize_t n = recv(fd, answer, sizeof(answer), 0);

	if (n < 0)
		return error_system("cannot read what the packet filter answers");
	if ((size_t)n < NLMSG_LENGTH(sizeof(*reply)) || header->nlmsg_type != NLMSG_ERROR)
		return error_new(ERROR_SYSTEM, "the packet filter's answer is cut off");
	return reply->error ? error_errno(ERROR_SYSTEM, -reply->error,
					  "the packet filter (nf_tables) refused the rules that "
					  "lead port 53 of %s to the daemon",
					  DNS_ADDRESS)
			    : NULL;
}

static fallible give(uint16_t udp_port, uint16_t tcp_port, bool anew)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	autobuffer batch = {0};

	if (fd < 0)
		return error_system("cannot talk to the kernel's packet filter (nfnetlink)");
	build(udp_port, tcp_port, anew, &batch);
	if (sendto(fd, batch.data, batch.length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return error_system("cannot give rules to the kernel's packet filter");
	return receive(fd);
}

/* A new container has no such table, and a transaction that deletes nothing is over at once. After
 * one that does, closing the socket waits until no processor looks at the old rules any more. */
fallible dns_redirect(uint16_t udp_port, uint16_t tcp_port)
{
	autoerror e = give(udp_port, tcp_port, false);

	if (e && e->errnum == EEXIST)
		return give(udp_port, tcp_port, true);
	return steal(&e);
}
