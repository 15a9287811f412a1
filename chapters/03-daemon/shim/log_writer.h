/*
 * log_writer.h - how the messages of a container are written: one const entry for each log driver
 *
 * A writer never blocks and never fails once it is open: what cannot be written is dropped and
 * said once on stderr, which is the daemon's shim.log. A writer whose receiver is slow has a queue;
 * when that is full, the shim reads no more from the container until there is room (`mode` is
 * blocking), or drops what comes (non-blocking).
 *
 * A file is written without a queue in both modes: what takes the bytes is the kernel's page cache.
 *
 * Standard: Docker's logging drivers. Book: 3.7
 */
#ifndef MINI_LOG_WRITER_H
#define MINI_LOG_WRITER_H

#include "error.h"
#include "log_file.h"
#include "log_message.h"
#include "log_orders.h"
#include "log_socket.h"

/* A writer at work. */
struct log_sink {
	const struct log_writer *writer;
	struct log_orders orders; /* borrowed */
	struct log_file file;     /* of those that write to one */
	struct log_socket socket; /* of those that send */
	struct buffer fixed;      /* journald: the fields that are the same in all messages */
	struct timespec stamped;  /* json-file: for which time ... */
	struct buffer ends[2];    /* ... a message of stdout, of stderr ends so */
};

struct log_writer {
	const char *name; /* in the orders: "driver=NAME" */
	fallible (*open)(struct log_sink *, int dirfd);
	void (*take)(struct log_sink *, const struct log_message *);
	void (*flush)(struct log_sink *); /* after the messages of one read */
	void (*close)(struct log_sink *); /* also of one whose open failed */
};

extern const struct log_writer log_json_file, log_local, log_syslog, log_journald;

#endif
