/*
 * registry_metrics.h - what was asked and answered: counters for machines, a log for people
 *
 *	GET /metrics                  Prometheus' text form
 *	--access-log FILE             one line a request, in the form that web servers have, and
 *	                              how long it took
 *
 * Standard: Prometheus text exposition format 0.0.4; Apache's combined log format. Book: 4.11
 */
#ifndef MINI_REGISTRY_METRICS_H
#define MINI_REGISTRY_METRICS_H

#include "error.h"
#include "http_exchange.h"
#include "http_route.h"

struct registry_metrics; /* opaque; thread-safe */

/* access_log: a path, "-" is stdout, NULL none. */
fallible registry_metrics_open(const char *access_log, struct registry_metrics **out);
void registry_metrics_close(struct registry_metrics *metrics); /* NULL is legal */
/* An exchange has ended. */
void registry_metrics_note(struct registry_metrics *metrics, const struct http_exchange *ex);

extern const struct route registry_metrics_routes[];

#endif
