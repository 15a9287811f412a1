/*
 * firewall_test.h - a network namespace of the test's own, and what its packet filter has
 *
 * Book: 5.7
 */
#ifndef MINI_FIREWALL_TEST_H
#define MINI_FIREWALL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "error.h"
#include "memory.h"
#include "nftables.h"

/* A namespace whose lo never was up takes every address for one of its own. */
static inline void bring_up_loopback(void)
{
	const struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
}

/* Skips, which on CI is a failure, where the test may not have a namespace. */
static inline void enter_own_network(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		print_error("NOT TESTED: a network namespace of one's own needs root\n");
		skip();
	}
	bring_up_loopback();
}

static inline void make_bridge(const char *name)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCBRADDBR, name), 0);
}

/* What nft prints for it; "" where there is no such thing. The caller frees. */
static inline char *listed(const char *command)
{
	struct nftables nftables;
	autobuffer text = {0};

	nftables_reserve(&nftables);
	assert_null(nftables_open(&nftables));
	error_free(nftables_list(&nftables, command, false, &text));
	nftables_close(&nftables);
	return buffer_take(&text);
}

static inline bool lists(const char *command, const char *wanted)
{
	autofree char *text = listed(command);

	return strstr(text, wanted) != NULL;
}

/* As somebody else does it. */
static inline void nft(const char *commands)
{
	struct nftables nftables;

	nftables_reserve(&nftables);
	assert_null(nftables_open(&nftables));
	assert_null(nftables_run(&nftables, commands));
	nftables_close(&nftables);
}

#endif
