/*
 * shim.h - what mini-dockerd and mini-shim say to each other
 *
 * mini-shim is the parent of one container (or of one exec'd process). It owns the terminal or
 * the pipes, writes the log, serves attached clients, waits for the exit, records it, and goes.
 * The daemon may die and come back meanwhile: it finds the shim by its socket.
 *
 * Birth. The daemon makes the folder of the container's run and the listening socket in it,
 * *before* there is a shim: a client that attaches to a container that is not started yet simply
 * waits in the socket's backlog. Then it spawns `mini-shim ID` with the descriptors below. The
 * shim accepts all that wait before it lets the container start, so no output is ever missed.
 *
 * Talk. The socket is SOCK_SEQPACKET: one message is one struct. The first message on a
 * connection is a struct shim_request and says what the connection is for; the answer, and on a
 * watch every later message, is a struct shim_report. Both sides are of one machine and mostly of
 * one build; `version` guards against the other case (a daemon upgraded under its shims).
 *
 * Attached streams are handed over, not relayed: the daemon sends the client's own socket along
 * (SCM_RIGHTS), and shim and client then talk directly, also while no daemon runs.
 *
 * Book: 3.5, 3.6
 */
#ifndef MINI_SHIM_H
#define MINI_SHIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "detach_keys.h"

#define SHIM_VERSION        1 /* of the talk: a newer daemon talks to older shims */
#define SHIM_ORDERS_VERSION 4 /* of the orders: daemon and shim are of one build */

/* The descriptors a shim is born with. */
enum shim_fd {
	SHIM_FD_ORDERS = 3, /* memfd: struct shim_orders, the plan (plan.h) or the commands, the
			     * orders of the log */
	SHIM_FD_LISTEN,     /* the listening socket, SHIM_SOCKET in SHIM_FD_RUN */
	SHIM_FD_RUN,        /* folder of this run, below the daemon's --exec-root */
	SHIM_FD_DATA,       /* folder of the container, below --data-root: log and exit record */
	SHIM_FD_ROOT,       /* detached mount of the root filesystem; /dev/null for an exec */
	SHIM_FD_EXPLAIN,    /* the trace; /dev/null when it is off */
	SHIM_FD_COUNT,      /* and from here on detached mounts (runtime_files.mounts) */
	SHIM_FD_END = SHIM_FD_COUNT + 64
};
#define SHIM_MOUNTS_MOST (SHIM_FD_END - SHIM_FD_COUNT)

#define SHIM_SOCKET "shim.sock" /* in SHIM_FD_RUN */

enum shim_order_flags {
	SHIM_TTY = 1 << 0,
	SHIM_OPEN_STDIN = 1 << 1, /* without it the process reads /dev/null */
	SHIM_STDIN_ONCE = 1 << 2, /* the end of the first attached stdin closes the process's */
	SHIM_EXPLAIN = 1 << 3,
	SHIM_DURABLE = 1 << 4, /* sync the exit record and the log at the end */
	SHIM_IS_EXEC = 1 << 5,
	SHIM_WHILE_WATCHED = 1 << 6, /* killed once nobody watches: it was run for the daemon */
	SHIM_BY_COMMANDS = 1 << 7,   /* made by another runtime */
};

/* With SHIM_BY_COMMANDS another runtime makes the container (commands.h). In place of a plan its
 * commands follow the orders, in this order: the words of each, NUL behind every word, and an empty
 * word behind each command. */
enum shim_command {
	SHIM_COMMAND_CGROUP, /* no command: the path of the container's control group */
	SHIM_COMMAND_CREATE, /* of an exec: it runs then */
	SHIM_COMMAND_START,
	SHIM_COMMAND_DELETE,
};

/* In SHIM_FD_RUN, of such a container. */
#define SHIM_PID "pid" /* the runtime writes it */
#define SHIM_CONSOLE                                                                               \
	"console.sock"       /* the runtime sends the terminal there; a word of this name          \
			      * becomes its path */
#define SHIM_ROOTFS "rootfs" /* where the root is attached, in the shim's mount namespace */
#define SHIM_MOUNTS "mounts" /* and the folder where mount number N is, as N */

struct shim_orders {
	uint32_t version;
	uint32_t flags;                /* enum shim_order_flags */
	uint32_t owner_uid, owner_gid; /* of its pipes: root of its user namespace */
	uint16_t height, width;        /* of the terminal at start; 0: not known */
	uint32_t plan_length;          /* the plan follows this struct */
	uint32_t mount_count;          /* detached mounts, SHIM_MOUNTS_MOST at most */
	uint32_t log_length;           /* and the log's orders (log_orders.h) the plan; 0: no log */
	uint64_t open_files[2];        /* RLIMIT_NOFILE that it passes on, soft and hard: the daemon
					* took more for itself (open_files.h) */
};

enum shim_request_kind {
	SHIM_WATCH = 1, /* reports come on this connection until the shim ends; the first one at
			 * once says the state so far */
	SHIM_START,     /* on a watch connection: let the created process run its program */
	SHIM_ATTACH,    /* with one descriptor: the client's stream */
	SHIM_SIGNAL,    /* kill(2) of the process */
	SHIM_RESIZE,
	SHIM_CLOSE_STDIN,
};

enum shim_attach_flags {
	SHIM_ATTACH_STDIN = 1 << 0,
	SHIM_ATTACH_STDOUT = 1 << 1,
	SHIM_ATTACH_STDERR = 1 << 2,
	SHIM_ATTACH_FRAMED = 1 << 3, /* 8-byte headers (no terminal) */
};

struct shim_request {
	uint32_t version;
	uint32_t kind;
	uint32_t flags;         /* SHIM_ATTACH: enum shim_attach_flags */
	int32_t signal;         /* SHIM_SIGNAL */
	uint16_t height, width; /* SHIM_RESIZE */
	uint8_t detach_keys[DETACH_KEYS_MOST +
			    1]; /* SHIM_ATTACH with a terminal: the bytes; length 0: none */
	uint32_t detach_keys_length;
	uint32_t input_length; /* SHIM_ATTACH: bytes of stdin that the daemon has already read */
	char input[8192];      /* follow here; only the used part is sent */
};

enum shim_report_kind {
	SHIM_CREATED = 1, /* namespaces exist and the process waits; pid is valid */
	SHIM_STARTED,     /* the program runs */
	SHIM_FAILED,      /* it never ran: class, errnum, message; the shim ends after it */
	SHIM_EXITED,      /* all output is logged; exit_code is final; the shim ends soon */
	SHIM_DONE,        /* answer to SIGNAL, RESIZE, CLOSE_STDIN, ATTACH; errnum 0 is success */
};

struct shim_report {
	uint32_t version;
	uint32_t kind;
	int32_t pid;       /* in the shim's own PID namespace, which is the daemon's */
	int32_t exit_code; /* as a shell has it: 128 + signal */
	int32_t oom;       /* 1 when the kernel killed for memory */
	int32_t class;     /* enum error_class, for SHIM_FAILED */
	int32_t errnum;
	int64_t seconds, nanoseconds; /* CLOCK_REALTIME of the event */
	char message[512];            /* NUL-terminated; only the used part is sent */
};

#endif
