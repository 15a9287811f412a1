/*
 * log_driver.h - which log drivers there are: one const row each
 *
 * A row says what the driver is called, which options it knows, how the shim writes for it and how
 * `docker logs` reads what it wrote. A driver that sends messages away cannot be read; where that
 * was not forbidden (cache-disabled) the shim also writes them to a cache, in the form of `local`,
 * and that is read.
 *
 * As in Docker names of options are checked when a container is created, most values when it is
 * started. Messages are Docker's.
 *
 * Standard: Docker's "Configure logging drivers". Book: 3.7
 */
#ifndef MINI_LOG_DRIVER_H
#define MINI_LOG_DRIVER_H

#include <jansson.h>

#include "buffer.h"
#include "container.h"
#include "error.h"
#include "log_form.h"
#include "log_info.h"
#include "log_writer.h"

struct log_driver {
	const char *name;
	const char *const *options; /* that it knows beside those of all; NULL-terminated */
	const char *title;          /* in what is said of another one */
	fallible (*check)(const struct log_info *); /* at create; may be NULL */
	fallible (*order)(const struct log_info *, struct buffer *orders);
	const struct log_writer *writer; /* NULL: it writes nothing */
	const struct log_form *form;     /* NULL: it cannot be read */
	const char *file;                /* in the container's folder, "%s" is its id */
};

/* Those that write, sorted, as `docker info` lists them: an array, the caller's. */
json_t *log_driver_names(void);
/* Whether there is one, and its options are its own. ERROR_INVALID. */
fallible log_driver_check(const char *name, const json_t *options);

/* config: HostConfig.LogConfig of a new container. What it does not say is `type` and `options`,
 * the daemon's: the options where the driver is the same, those of the cache always. Then checked.
 */
fallible log_driver_settle(json_t *config, const char *type, const json_t *options);

/* The document of a container: where its log is; "" when inspect shows none. The caller frees. */
char *log_driver_path(const char *data_root, const char *id, const json_t *log_config);

/* What the shim is told (log_orders.h). Names of hosts are looked up. ERROR_INVALID, in the words
 * "failed to initialize logging driver: ...". Locked: the container. */
fallible log_driver_orders(const struct container *container, struct buffer *orders);

/* What `docker logs` reads: the form, and the name of the file, which the caller frees.
 * ERROR_NOT_IMPLEMENTED "configured logging driver does not support reading". Locked. */
fallible log_driver_reading(const struct container *container, const struct log_form **form,
			    char **name);

#endif
