/*
 * shim_client.h - the daemon's side of its talk with mini-shim (shim.h has the rules)
 *
 * Sockets are bound and connected as /proc/self/fd/N/shim.sock: the address has 108 bytes, the
 * path of a folder may have more, and a descriptor of the folder is at hand.
 *
 * No call waits for a shim without an end: each answer has a timeout, except those of a start,
 * which may run as long as the container's mounts take.
 *
 * Book: 3.5
 */
#ifndef MINI_SHIM_CLIENT_H
#define MINI_SHIM_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "plan.h"
#include "shim.h"

#define SHIM_ANSWER_MS 5000

/* ---- birth ---- */

/* The socket in the folder of a run, listening, before there is a shim. */
fallible shim_listen(int run_fd, int *listen_fd);

struct shim_birth {
	const char *program; /* path of mini-shim */
	const char *id;
	struct shim_orders orders; /* lengths and version are set here */
	const struct plan *plan;
	const struct buffer *log; /* log_orders.h; NULL: no log */
	int listen_fd, run_fd, data_fd;
	int root_fd;       /* -1 for an exec */
	const int *mounts; /* detached mounts that the plan has, SHIM_MOUNTS_MOST at most */
	size_t mount_count;
	int errors_fd; /* its stderr */
};
/* *pid is a child of ours, to be reaped by the caller. All descriptors stay the caller's. */
fallible shim_spawn(const struct shim_birth *birth, pid_t *pid);

/* ---- talk ---- */

/* A connection on which reports come. ERROR_UNAVAILABLE when nobody listens. */
fallible shim_watch(int run_fd, int *watch_fd);
/* On a watch: let the created process go on. That the shim has gone is left to the next report. */
fallible shim_let_start(int watch_fd);
/* The next report. timeout_ms -1: no end. ERROR_UNAVAILABLE when the shim has gone or did not
 * answer in time. */
fallible shim_next_report(int watch_fd, int timeout_ms, struct shim_report *report);
/* The next report, however long it takes; one of another kind is an error, SHIM_FAILED that of
 * shim_failure(). The kind is 0 when none came. */
fallible shim_expect(int watch_fd, enum shim_report_kind kind, const char *prefix,
		     struct shim_report *report);
/* For a daemon that has just come: what the shim last told, other than CREATED; one that was about
 * to start its process when the daemon went gives it up and says so. *watch_fd is the caller's, -1
 * when there is no shim; kind is 0 then. */
void shim_find(int run_fd, int *watch_fd, struct shim_report *report);
/* The error that a SHIM_FAILED tells, between Docker's words: "PREFIX...: unknown". */
fallible shim_failure(const struct shim_report *report, const char *prefix);

struct shim_attachment {
	uint32_t flags; /* enum shim_attach_flags */
	uint8_t detach_keys[DETACH_KEYS_MOST + 1];
	size_t detach_keys_length;
	const void *input; /* what the daemon has read of the stream already */
	size_t input_length;
};
/* Hands the client's stream over; the caller closes its own copy. */
fallible shim_attach(int run_fd, const struct shim_attachment *attachment, int stream);
/* ERROR_UNAVAILABLE when the shim or its process has gone. */
fallible shim_signal(int run_fd, int signal);
fallible shim_resize(int run_fd, uint16_t height, uint16_t width);

#endif
