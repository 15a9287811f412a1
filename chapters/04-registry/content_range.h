/*
 * content_range.h - which bytes are meant: the three ways in which a registry's headers say it
 *
 *	Content-Range: 0-1023                 a chunk of an upload (not RFC 9110: no unit, no total)
 *	Range: bytes=512-, bytes=0-9, -5      a client asks for a part of a blob
 *	Content-Range: bytes 512-1023/1024    which part it got, with a 206
 *
 * Both ends are inclusive. Positions are at most 2^63 - 1, and what is written without digits, with
 * signs or spaces is no position.
 *
 * Standard: OCI distribution-spec, "Pushing a blob in chunks"; RFC 9110, 14. Book: 4.3
 */
#ifndef MINI_CONTENT_RANGE_H
#define MINI_CONTENT_RANGE_H

#include <stdint.h>

#include "error.h"

struct content_range {
	int64_t first, last;
};

/* "first-last" of a chunk; also "bytes first-last/total", which some clients send. ERROR_INVALID,
 * code BLOB_UPLOAD_INVALID. */
fallible content_range_parse_chunk(const char *text, struct content_range *out);

/* "bytes first-last/total" of a 206; *total is -1 for "*". ERROR_INVALID. */
fallible content_range_parse_part(const char *text, struct content_range *out, int64_t *total);

enum range_answer {
	RANGE_WHOLE,       /* 200: no range, or one that is to be ignored (RFC 9110, 14.2) */
	RANGE_PART,        /* 206 */
	RANGE_UNSATISFIED, /* 416: it begins behind the end */
};

/* What a request's Range header (NULL: none) asks of something of `size` bytes. Several ranges at
 * once are answered with the whole. */
enum range_answer content_range_ask(const char *text, int64_t size, struct content_range *out);

#endif
