/*
 * error.h - errors are values that cannot be lost
 *
 * A function that can fail returns `fallible`: NULL for success, or an error that the caller owns
 * and must free, wrap or return. The compiler warns when the value is dropped.
 *
 *	fallible hostname_set(const char *name)
 *	{
 *		if (sethostname(name, strlen(name)) < 0)
 *			return error_system("cannot set the hostname to '%s'", name);
 *		return NULL;
 *	}
 *	...
 *	TRY(hostname_set(name));                      hand it up unchanged
 *	autoerror e = hostname_set(name);             look at it; freed at the end of the scope
 *
 * Every message says what was tried, on what, why it failed and, where there is one, the way out.
 * Messages have no trailing newline and no full stop. The class decides what a program tells the
 * outside: the HTTP status of a daemon and the exit code of a command, in one table (error.c).
 *
 * Rules: an error is never shared between threads. A bug is an assert, not an error. Running out
 * of memory ends the process (memory.h).
 *
 * Book: 0.2
 */
#ifndef MINI_ERROR_H
#define MINI_ERROR_H

#include <stddef.h>

enum error_class {
	ERROR_SYSTEM,            /* the kernel refused, or something inside went wrong */
	ERROR_INVALID,           /* the caller's input cannot be right */
	ERROR_UNAUTHORIZED,      /* no or wrong credentials */
	ERROR_FORBIDDEN,         /* known, and not allowed */
	ERROR_NOT_FOUND,         /* there is no such thing */
	ERROR_CONFLICT,          /* it is in use, taken, or in the wrong state */
	ERROR_NOT_MODIFIED,      /* it is so already; HTTP 304 has no body */
	ERROR_TOO_LARGE,         /* over a limit */
	ERROR_CORRUPT,           /* stored or received data is not what its digest or format says */
	ERROR_NO_SPACE,          /* the disk or a quota is full */
	ERROR_UNAVAILABLE,       /* a peer or a layer is not there now; trying again may help */
	ERROR_NOT_IMPLEMENTED,   /* this mini-docker has no such thing yet; the message says so */
	ERROR_NOT_EXECUTABLE,    /* the container's command is there and cannot be executed */
	ERROR_COMMAND_NOT_FOUND, /* the container's command is not there */
	ERROR_CLASS_COUNT
};

/* What a protocol with codes of its own calls an error: a const row of its table. */
struct error_code {
	const char *name; /* "BLOB_UNKNOWN" */
	enum error_class class;
	int http_status; /* in place of the class's */
};

struct error {
	enum error_class class;
	int errnum;                    /* the errno that told, or 0 */
	char *message;                 /* UTF-8 as far as its parts were, one line, owned */
	const struct error_code *code; /* NULL: none */
};

#define fallible  __attribute__((warn_unused_result)) struct error *
#define autoerror __attribute__((cleanup(error_free_cleanup))) struct error *

#define TRY(call)                                                                                  \
	do {                                                                                       \
		struct error *e_ = (call);                                                         \
		if (e_)                                                                            \
			return e_;                                                                 \
	} while (0)

/* A new error of a class. */
fallible error_new(enum error_class class, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A new error with a protocol's code; the class is the code's. */
fallible error_coded(const struct error_code *code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* From errno: ": " and strerror(errno) follow the message. The class is ERROR_NO_SPACE for ENOSPC
 * and EDQUOT, else ERROR_SYSTEM. */
fallible error_system(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* As error_system(), with the class and the errno given. */
fallible error_errno(enum error_class class, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "text: " before the message of e and returns e; NULL stays NULL. */
fallible error_wrap(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* NULL is legal. */
void error_free(struct error *e);

/* For a failure that can only be told: prints "program: message" on stderr, frees e.
 * Returns the exit code of its class; 0 for NULL. */
int error_report(const char *program, struct error *e);

int error_http_status(const struct error *e);
int error_exit_code(const struct error *e);
const char *error_class_name(enum error_class class); /* "not found"; for logs and tests */

/*
 * An error as bytes, for a child that sends it up its pipe. Written with one write(2), so it is
 * whole as long as it fits PIPE_BUF; a longer message is cut.
 */
void error_send(int fd, const struct error *e);
/* Reads what error_send() wrote. At end of file without bytes *sent is NULL: the writer had no
 * error. Returns an error of its own only when the read fails or the bytes make no sense. */
fallible error_receive(int fd, struct error **sent);

void error_free_cleanup(struct error **e);

#endif
