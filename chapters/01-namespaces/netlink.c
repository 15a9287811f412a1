#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "file.h"
#include "memory.h"

#define ANSWER_MAX (64 << 10) /* the kernel fills at most half of it */

fallible netlink_open(struct netlink *netlink)
{
	static const int on = 1;

	*netlink =
		(struct netlink){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
	if (netlink->fd < 0)
		return error_system("cannot talk to the kernel about networks (netlink)");
	/* Words beside the errno; without its copy of what was asked. Old kernels do without. */
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return NULL;
}

void netlink_close(struct netlink *netlink)
{
	close_fd(&netlink->fd);
}

static void align(struct buffer *message)
{
	static const char zeros[NLMSG_ALIGNTO];

	buffer_append(message, zeros, -message->length % NLMSG_ALIGNTO);
}

void netlink_begin(struct buffer *message, uint16_t type, uint16_t flags, const void *part,
		   size_t length)
{
	/* A dump ends by itself; all else is acknowledged. */
	uint16_t ending = (flags & NLM_F_DUMP) == NLM_F_DUMP ? 0 : NLM_F_ACK;
	const struct nlmsghdr header = {.nlmsg_type = type,
					.nlmsg_flags = NLM_F_REQUEST | flags | ending};

	buffer_append(message, &header, sizeof(header));
	buffer_append(message, part, length);
	align(message);
}

void netlink_add(struct buffer *message, uint16_t type, const void *bytes, size_t length)
{
	const struct nlattr header = {.nla_len = NLA_HDRLEN + length, .nla_type = type};

	buffer_append(message, &header, sizeof(header));
	buffer_append(message, bytes, length);
	align(message);
}

void netlink_add_text(struct buffer *message, uint16_t type, const char *text)
{
	netlink_add(message, type, text, strlen(text) + 1);
}

void netlink_add_number(struct buffer *message, uint16_t type, uint32_t number)
{
	netlink_add(message, type, &number, sizeof(number));
}

size_t netlink_begin_nest(struct buffer *message, uint16_t type)
{
	size_t nest = message->length;

	netlink_add(message, type, NULL, 0);
	return nest;
}

/* Its length is known when what is in it is there. */
void netlink_end_nest(struct buffer *message, size_t nest)
{
	((struct nlattr *)(message->data + nest))->nla_len = message->length - nest;
}

static const struct nlattr *find(const char *at, const char *end, uint16_t type)
{
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attribute = (const void *)at;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at)
			break;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}

const struct nlattr *netlink_find(const struct nlmsghdr *message, size_t length, uint16_t type)
{
	const char *start = (const char *)message;

	return find(start + NLMSG_SPACE(length), start + message->nlmsg_len, type);
}

const void *netlink_bytes(const struct nlattr *attribute)
{
	return (const char *)attribute + NLA_HDRLEN;
}

uint32_t netlink_number(const struct nlattr *attribute)
{
	uint32_t number = 0;

	if (attribute->nla_len >= NLA_HDRLEN + sizeof(number))
		memcpy(&number, netlink_bytes(attribute), sizeof(number));
	return number;
}

const struct nlattr *netlink_find_in(const struct nlattr *nest, uint16_t type)
{
	return find(netlink_bytes(nest), (const char *)nest + nest->nla_len, type);
}

/* 0 in it is the acknowledgement. */
static fallible judge(const struct nlmsghdr *message)
{
	const struct nlmsgerr *reply = NLMSG_DATA(message);
	const struct nlattr *words = NULL;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*reply)))
		return error_new(ERROR_SYSTEM, "the kernel's answer is cut off");
	if (!reply->error)
		return NULL;
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && message->nlmsg_flags & NLM_F_CAPPED)
		words = netlink_find(message, sizeof(*reply), NLMSGERR_ATTR_MSG);
	return error_errno(ERROR_SYSTEM, -reply->error, "%s",
			   words ? (const char *)netlink_bytes(words) : "the kernel refused");
}

/* Of one datagram; *done after the last message of the last. */
static fallible take(const struct netlink *netlink, const char *bytes, size_t length,
		     netlink_answer *answer, void *context, bool *done)
{
	const struct nlmsghdr *message = (const void *)bytes;

	for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
		if (message->nlmsg_seq != netlink->sequence)
			continue;
		*done = message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR;
		if (message->nlmsg_type == NLMSG_ERROR)
			return judge(message);
		if (!*done && answer)
			TRY(answer(message, context));
	}
	return NULL;
}

static fallible receive(struct netlink *netlink, netlink_answer *answer, void *context)
{
	autofree char *bytes = allocate(ANSWER_MAX);
	bool done = false;

	while (!done) {
		ssize_t n = recv(netlink->fd, bytes, ANSWER_MAX, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_system("cannot read the kernel's answer");
		TRY(take(netlink, bytes, n, answer, context, &done));
	}
	return NULL;
}

fallible netlink_ask(struct netlink *netlink, struct buffer *message, netlink_answer *answer,
		     void *context)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsghdr *header = (void *)message->data;

	header->nlmsg_len = message->length;
	header->nlmsg_seq = ++netlink->sequence;
	if (sendto(netlink->fd, message->data, message->length, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return error_system("cannot ask the kernel about networks");
	return receive(netlink, answer, context);
}
