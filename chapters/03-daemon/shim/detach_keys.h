/*
 * detach_keys.h - the keys that leave a terminal: "ctrl-p,ctrl-q", "a,b", "ctrl-@"
 *
 * The daemon reads them, the shim looks for them in what a client sends, and so does our own
 * client, which must know that it was left.
 *
 * Book: 3.6
 */
#ifndef MINI_DETACH_KEYS_H
#define MINI_DETACH_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define DETACH_KEYS_MOST 15

struct detach_keys {
	uint8_t bytes[DETACH_KEYS_MOST + 1];
	size_t count;   /* 0: nothing is looked for */
	size_t matched; /* how many of them came last */
};

/* NULL and "" are the default. ERROR_INVALID "Invalid detach keys (x) provided". */
fallible detach_keys_read(const char *text, uint8_t keys[DETACH_KEYS_MOST + 1], size_t *count);

/* Appends what is to be passed on: keys that may become the sequence are held back until they turn
 * out not to be it. False when the sequence is whole; what follows it is dropped. */
bool detach_keys_filter(struct detach_keys *keys, const char *bytes, size_t length,
			struct buffer *input);

#endif
