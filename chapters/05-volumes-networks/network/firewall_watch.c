#include "firewall_watch.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "firewall_element.h"
#include "memory.h"
#include "netfilter.h"
#include "netlink.h"
#include "thread.h"

#define PAUSE_MS     1000
#define DATAGRAM_MAX (64 << 10)

struct firewall_watch {
	int events, stop; /* descriptors */
	pthread_t thread;
	void (*look)(void *);
	void *context;
};

static bool is_of(const struct nlmsghdr *message, uint8_t type)
{
	return message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type);
}

/* The first attribute of each of these messages is the name of their table. */
static bool tells_of_loss(const struct nlmsghdr *message)
{
	static const uint8_t losses[] = {NFT_MSG_DELTABLE, NFT_MSG_DELCHAIN, NFT_MSG_DELRULE,
					 NFT_MSG_DELSET};
	const struct nlattr *name = netlink_find(message, sizeof(struct nfgenmsg), NFTA_TABLE_NAME);

	for (size_t i = 0; name && i < countof(losses); i++)
		if (is_of(message, losses[i]))
			return strcmp(netlink_bytes(name), strchr(FIREWALL_TABLE, ' ') + 1) == 0;
	return false;
}

/* A chain that packets come by without being sent there, new or with another policy. Ours, too: it
 * comes with our table, once. */
static bool tells_of_neighbour(const struct nlmsghdr *message)
{
	return is_of(message, NFT_MSG_NEWCHAIN) &&
	       netlink_find(message, sizeof(struct nfgenmsg), NFTA_CHAIN_HOOK);
}

/* All that has come; when too much came (ENOBUFS) nobody knows what was in it. */
static bool drain(int events)
{
	autofree char *bytes = allocate(DATAGRAM_MAX);
	bool news = false;
	ssize_t got;

	while ((got = recv(events, bytes, DATAGRAM_MAX, MSG_DONTWAIT)) > 0 || errno == ENOBUFS) {
		size_t length = got > 0 ? got : 0;

		news |= got < 0;
		for (struct nlmsghdr *m = (void *)bytes; NLMSG_OK(m, length);
		     m = NLMSG_NEXT(m, length))
			news |= tells_of_loss(m) || tells_of_neighbour(m);
		errno = 0;
	}
	return news;
}

static bool wait_for(const struct firewall_watch *watch, bool events, int milliseconds)
{
	struct pollfd fds[] = {{watch->stop, POLLIN}, {watch->events, POLLIN}};

	while (poll(fds, events ? 2 : 1, milliseconds) < 0 && errno == EINTR)
		;
	return !fds[0].revents;
}

static bool wait_for_news(const struct firewall_watch *watch)
{
	while (wait_for(watch, true, -1))
		if (drain(watch->events))
			return true;
	return false;
}

static void *run(void *argument)
{
	struct firewall_watch *watch = argument;

	do
		watch->look(watch->context);
	while (wait_for(watch, false, PAUSE_MS) && wait_for_news(watch));
	return NULL;
}

/* With an address of its own: a message goes to all but its sender, and both would be 0. */
static fallible subscribe(int *fd)
{
	static const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	static const int group = NFNLGRP_NFTABLES;
	struct netlink netlink;

	TRY(netfilter_open(&netlink));
	*fd = netlink.fd;
	if (bind(*fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(*fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return error_system("cannot hear of changes of the kernel's packet filter");
	return NULL;
}

static void destroy(struct firewall_watch *watch)
{
	close_fd(&watch->events);
	close_fd(&watch->stop);
	free(watch);
}

static fallible start(struct firewall_watch *watch)
{
	TRY(subscribe(&watch->events));
	watch->stop = eventfd(0, EFD_CLOEXEC);
	if (watch->stop < 0)
		return error_system("cannot make an eventfd");
	return thread_start(&watch->thread, run, watch, "watches over the packet filter");
}

fallible firewall_watch_start(void (*look)(void *), void *context, struct firewall_watch **out)
{
	struct firewall_watch *watch = allocate(sizeof(*watch));

	*watch = (struct firewall_watch){-1, -1, 0, look, context};
	struct error *e = start(watch);
	if (e)
		destroy(watch);
	else
		*out = watch;
	return e;
}

void firewall_watch_stop(struct firewall_watch *watch)
{
	if (!watch)
		return;
	eventfd_write(watch->stop, 1);
	pthread_join(watch->thread, NULL);
	destroy(watch);
}
