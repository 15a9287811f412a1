/*
 * duration.h - how long ago, as people say it
 *
 * The words are Docker's: in STATUS of `docker ps` ("Up 5 seconds", "Exited (0) 2 minutes ago"),
 * which the daemon makes, and in CREATED, which the client makes.
 */
#ifndef MINI_DURATION_H
#define MINI_DURATION_H

#include <stdint.h>

#include "error.h"

#define DURATION_TEXT_SIZE 40

/* "Less than a second", "1 second", "5 seconds", "About a minute", "2 minutes", "About an hour",
 * "3 hours", "2 days", "2 weeks", "3 months", "2 years". A negative one is less than a second. */
void duration_text(int64_t seconds, char text[DURATION_TEXT_SIZE]);

/* As Go programs take it on their command line: "5s", "1m30s", "1.5h", "100ms". ERROR_INVALID
 * otherwise; `what` names the input. */
fallible duration_parse(const char *text, const char *what, int64_t *nanoseconds);

#endif
