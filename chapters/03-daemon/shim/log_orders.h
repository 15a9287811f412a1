/*
 * log_orders.h - what the daemon tells the shim about a container's log
 *
 * Texts "name=value", each with its NUL, one after the other. "driver=json-file" begins what is for
 * one driver, up to the next such text: a driver that writes to somebody else is followed by the
 * cache that `docker logs` reads. Everything is worked out by the daemon, which knows the
 * container: sizes are in bytes, templates are carried out, names of hosts are addresses.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_ORDERS_H
#define MINI_LOG_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct log_orders {
	const char *texts; /* borrowed */
	size_t length;
};

/* -- the daemon -- */

void log_orders_add(struct buffer *texts, const char *name, const char *value);
void log_orders_add_number(struct buffer *texts, const char *name, uint64_t value);

/* -- the shim -- */

/* Takes what is for the next driver off `all`; length 0 when there is none. */
struct log_orders log_orders_next(struct log_orders *all);
/* "" and 0 for what was not said. */
const char *log_orders_text(const struct log_orders *orders, const char *name);
/* The next text of that name from *at on, which begins at 0; NULL when there is none. */
const char *log_orders_each(const struct log_orders *orders, const char *name, size_t *at);
uint64_t log_orders_number(const struct log_orders *orders, const char *name);

#endif
