/*
 * nftables.h - the kernel's packet filter, spoken to as a person speaks to it
 *
 * libnftables is the program nft without its main(): it takes the text that nft takes, and what it
 * is given at once happens as one transaction, wholly or not at all. So every order of the daemon
 * is a line that a reader can type, and is shown by --explain as such.
 *
 * It is opened with dlopen(3) when it is needed first, as libcurl is (remote_curl.h): a daemon
 * whose containers have no network does without it.
 *
 * Not thread-safe: the caller serializes. A socket to the kernel belongs to the network namespace
 * of the thread that opened it.
 *
 * Standard: libnftables(3), nft(8). Book: 5.7
 */
#ifndef MINI_NFTABLES_H
#define MINI_NFTABLES_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

struct nft_ctx;

#define NFTABLES_PLACES 16

struct nftables {
	struct nft_ctx *context; /* NULL: not opened yet */
	int places[NFTABLES_PLACES];
};

/* Before all else. The library waits by select(2), which is for descriptors below 1024 and ends the
 * process at others; and a daemon with a thousand ports has more when it needs the first rule. So a
 * few small numbers are taken in time, and are free for a moment when the library takes one. */
void nftables_reserve(struct nftables *nftables);
/* ERROR_UNAVAILABLE when the library is not installed or the kernel has no netfilter. */
fallible nftables_open(struct nftables *nftables);
void nftables_close(struct nftables *nftables);

/* One transaction. ERROR_SYSTEM with the first line of what the library says. */
fallible nftables_run(struct nftables *nftables, const char *commands);
/* What a "list ..." prints, appended. `brief`: without the elements of sets, with the handles by
 * which the kernel tells things of the same name apart. */
fallible nftables_list(struct nftables *nftables, const char *command, bool brief,
		       struct buffer *text);

#endif
