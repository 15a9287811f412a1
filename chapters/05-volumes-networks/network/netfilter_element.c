#include "netfilter_element.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "memory.h"
#include "netfilter.h"
#include "netlink.h"
#include "text.h"

#define TABLE   "mini-docker"
#define NESTED  NLA_F_NESTED
#define ANSWERS 4096

/* ---- words as bytes ---- */

static bool protocol_of(const char *word, uint8_t *number)
{
	static const struct {
		const char *name;
		uint8_t number;
	} known[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

	for (size_t i = 0; i < countof(known); i++)
		if (strcmp(known[i].name, word) == 0) {
			*number = known[i].number;
			return true;
		}
	return false;
}

static fallible append_word(struct buffer *bytes, const char *word)
{
	static const char zeros[4];
	struct address address;
	uint8_t protocol;
	int64_t port;

	if (protocol_of(word, &protocol)) {
		buffer_append(bytes, &protocol, 1);
	} else if (address_parse(word, &address)) {
		buffer_append(bytes, address.bytes, address_length(&address));
	} else {
		TRY(integer_parse(word, "a port", 0, UINT16_MAX, &port));
		buffer_append(bytes, &(uint16_t){htons(port)}, 2);
	}
	buffer_append(bytes, zeros, -bytes->length % 4);
	return NULL;
}

static fallible concatenate(const char *words, struct buffer *bytes)
{
	autofree char *copy = duplicate(words);
	char *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (strcmp(word, ".") != 0)
			TRY(append_word(bytes, word));
	return NULL;
}

/* ---- the batch ---- */

static void append_message(struct buffer *batch, uint16_t type, uint16_t flags, uint8_t family,
			   uint16_t resource, const struct buffer *attributes)
{
	const struct nfgenmsg head = {
		.nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource)};
	size_t length = attributes ? attributes->length : 0;
	const struct nlmsghdr header = {.nlmsg_len = NLMSG_LENGTH(sizeof(head)) + length,
					.nlmsg_type = type,
					.nlmsg_flags = NLM_F_REQUEST | flags,
					.nlmsg_seq = 1};

	buffer_append(batch, &header, sizeof(header));
	buffer_append(batch, &head, sizeof(head));
	if (length)
		buffer_append(batch, attributes->data, length);
}

static void append_data(struct buffer *attributes, uint16_t type, const struct buffer *bytes)
{
	size_t nest = netlink_begin_nest(attributes, type | NESTED);

	netlink_add(attributes, NFTA_DATA_VALUE, bytes->data, bytes->length);
	netlink_end_nest(attributes, nest);
}

static fallible build(const char *set, bool add, const char *key, const char *value,
		      struct buffer *batch)
{
	uint16_t order =
		NFNL_SUBSYS_NFTABLES << 8 | (add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM);
	uint16_t flags = NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0);
	autobuffer attributes = {0}, key_bytes = {0}, value_bytes = {0};

	TRY(concatenate(key, &key_bytes));
	TRY(concatenate(value, &value_bytes));
	netlink_add_text(&attributes, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	netlink_add_text(&attributes, NFTA_SET_ELEM_LIST_SET, set);
	size_t list = netlink_begin_nest(&attributes, NFTA_SET_ELEM_LIST_ELEMENTS | NESTED);
	size_t element = netlink_begin_nest(&attributes, NFTA_LIST_ELEM | NESTED);
	append_data(&attributes, NFTA_SET_ELEM_KEY, &key_bytes);
	if (add && value_bytes.length)
		append_data(&attributes, NFTA_SET_ELEM_DATA, &value_bytes);
	netlink_end_nest(&attributes, element);
	netlink_end_nest(&attributes, list);
	append_message(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, NULL);
	append_message(batch, order, flags, NFPROTO_INET, 0, &attributes);
	append_message(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, NULL);
	return NULL;
}

/* One answer: 0, or why not. */
static fallible receive(int fd)
{
	_Alignas(struct nlmsghdr) char bytes[ANSWERS];
	ssize_t length = recv(fd, bytes, sizeof(bytes), 0);
	const struct nlmsghdr *message = (const void *)bytes;
	const struct nlmsgerr *answer = NLMSG_DATA(message);

	if (length < 0)
		return error_system("cannot read the packet filter's answer");
	if (!NLMSG_OK(message, (size_t)length) || message->nlmsg_type != NLMSG_ERROR ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*answer)))
		return error_new(ERROR_SYSTEM, "the packet filter's answer makes no sense");
	return answer->error ? error_errno(ERROR_SYSTEM, -answer->error,
					   "the kernel's packet filter refused an element")
			     : NULL;
}

static fallible order(int fd, const struct buffer *batch)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (sendto(fd, batch->data, batch->length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return error_system("cannot give an element to the packet filter");
	return receive(fd);
}

fallible netfilter_element(struct netlink *netlink, const char *set, bool add, const char *key,
			   const char *value)
{
	autobuffer batch = {0};

	TRY(build(set, add, key, value, &batch));
	if (netlink->fd < 0)
		TRY(netfilter_open(netlink));
	struct error *e = order(netlink->fd, &batch);
	if (e)
		netlink_close(netlink);
	return e;
}
