/*
 * text.h - small facts about text that every layer needs: ids, times, sizes, words
 */
#ifndef MINI_TEXT_H
#define MINI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "buffer.h"
#include "error.h"

/* A container, exec or layer id: 64 lower-case hex digits of getrandom(2), and the NUL. */
#define ID_LENGTH 64
void id_generate(char id[ID_LENGTH + 1]);

void hex_encode(const uint8_t *bytes, size_t length, char *hex); /* 2 * length + NUL */

/* RFC 3339 in UTC with nanoseconds, as Go's time.RFC3339Nano writes it (trailing zeros cut):
 * "2026-11-23T21:06:05.12Z". */
#define TIME_TEXT_SIZE 40
void time_text(struct timespec time, char text[TIME_TEXT_SIZE]);
/* With all nine digits, as json-file logs and `logs --timestamps` have it. */
void time_text_fixed(struct timespec time, char text[TIME_TEXT_SIZE]);
/* Reads either; also offsets like +02:00. ERROR_INVALID otherwise. */
fallible time_parse(const char *text, struct timespec *time);
struct timespec time_now(void); /* CLOCK_REALTIME */

/* "5m", "512k", "1.5g", "100": bytes, powers of 1024, as docker's --memory takes them.
 * ERROR_INVALID "invalid size: '...'" otherwise. */
fallible size_parse(const char *text, int64_t *bytes);
/* The same with powers of 1000, as json-file's max-size takes them. */
fallible size_parse_decimal(const char *text, int64_t *bytes);
/* Docker's decimal form: "4.26MB", "0B"; at most four significant digits. */
void size_text(double bytes, char text[32]);
/* With at most three, as docker's lists have it: "4.26MB", "120MB". */
void size_text_short(double bytes, char text[32]);
/* "23.54GiB": of memory. */
void size_text_binary(double bytes, char text[32]);

bool text_has_prefix(const char *text, const char *prefix);
bool text_has_suffix(const char *text, const char *suffix);

/* In quotes, as Go's %q has it: whoever reads a message on a terminal sees what was meant, and the
 * terminal obeys nothing of it. The caller frees. */
char *text_quoted(const char *text);
/* The same without the quotes around it, appended. */
void text_append_escaped(struct buffer *to, const char *text);
/* ERROR_INVALID: `why: "text"`. */
fallible text_refuse(const char *why, const char *text);

/* A whole decimal number in a range; ERROR_INVALID with `what` in the message otherwise. */
fallible integer_parse(const char *text, const char *what, int64_t least, int64_t most,
		       int64_t *out);

/* Bytes of the valid UTF-8 sequence that text starts with, 0 when it starts with none: not for
 * surrogates, overlong forms or NUL, which JSON writers do not take either. left is at least 1. */
size_t utf8_sequence(const char *text, size_t left);

#endif
