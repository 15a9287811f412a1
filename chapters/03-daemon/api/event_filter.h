/*
 * event_filter.h - which events a client of /events wants
 *
 * Standard: Engine API, "Monitor events". Book: 3.9
 */
#ifndef MINI_EVENT_FILTER_H
#define MINI_EVENT_FILTER_H

#include "filters.h"

/* event: in the form of event.h. */
bool event_filter_matches(const struct filters *filters, const json_t *event);

#endif
