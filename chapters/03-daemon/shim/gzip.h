/*
 * gzip.h - compresses a file, small enough for the shim
 *
 * The shim is static and links no library, and a log repeats itself so much that the simplest
 * deflate does: one table of where four bytes were last seen, copies from there where they still
 * match, and the fixed codes of the standard. A log becomes about a fifth; the real gzip makes
 * it a third smaller than that.
 *
 * The head has an extra field with a number of the caller's.
 *
 * Standard: RFC 1951 (deflate), RFC 1952 (gzip). Book: 3.7
 */
#ifndef MINI_GZIP_H
#define MINI_GZIP_H

#include <stdint.h>

#include "error.h"

/* The head as it is written: 10 bytes, then XLEN, then one field "mi" of 8 bytes, the number. */
#define GZIP_HEAD        24
#define GZIP_NUMBER_AT   16
#define GZIP_EXTRA_NAMED 12

/* All of the file `from`, which must not change meanwhile, into `to`. */
fallible gzip_file(int from, int to, uint64_t number);

#endif
