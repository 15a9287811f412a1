/*
 * progress.h - the daemon's progress stream: load, import, pull, build
 *
 * JSON objects one after the other, with status 200 even when the work fails late: a failure is
 * an object with "errorDetail" or "error". On a terminal, objects with an "id" are one line each
 * that is written over; elsewhere each change of status is a line of its own.
 *
 * Book: 2.7, 3.11
 */
#ifndef MINI_PROGRESS_H
#define MINI_PROGRESS_H

#include <stdio.h>

#include "error.h"
#include "http_connection.h"

/* Shows the stream on `to`, or nothing if that is NULL. A failure in it is returned. */
fallible progress_show(struct http_connection *c, FILE *to);

#endif
