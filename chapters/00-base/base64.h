/*
 * base64.h - bytes as text, where a header or a message has room for text only
 *
 * Standard: RFC 4648, section 4, with padding.
 */
#ifndef MINI_BASE64_H
#define MINI_BASE64_H

#include <stddef.h>

#include "buffer.h"
#include "error.h"

char *base64_encode(const void *bytes, size_t length); /* the caller frees */
/* Appends the bytes. ERROR_INVALID for anything that is not what an encoder writes. */
fallible base64_decode(const char *text, struct buffer *bytes);

#endif
