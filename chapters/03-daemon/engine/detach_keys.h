/*
 * detach_keys.h - the keys that leave a terminal: "ctrl-p,ctrl-q", "a,b", "ctrl-@"
 */
#ifndef MINI_DETACH_KEYS_H
#define MINI_DETACH_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define DETACH_KEYS_MOST 15

/* NULL and "" are the default. ERROR_INVALID "Invalid detach keys (x) provided". */
fallible detach_keys_read(const char *text, uint8_t keys[DETACH_KEYS_MOST + 1], size_t *count);

#endif
