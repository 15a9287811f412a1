#include "error.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* What a class means to the outside: Docker's HTTP status and the docker CLI's exit code. */
static const struct {
	const char *name;
	int http_status;
	int exit_code;
} classes[ERROR_CLASS_COUNT] = {
	[ERROR_SYSTEM] = {"system error", 500, 125},
	[ERROR_INVALID] = {"invalid", 400, 125},
	[ERROR_UNAUTHORIZED] = {"unauthorized", 401, 125},
	[ERROR_FORBIDDEN] = {"forbidden", 403, 125},
	[ERROR_NOT_FOUND] = {"not found", 404, 125},
	[ERROR_CONFLICT] = {"conflict", 409, 125},
	[ERROR_NOT_MODIFIED] = {"not modified", 304, 0},
	[ERROR_TOO_LARGE] = {"too large", 413, 125},
	[ERROR_CORRUPT] = {"corrupt", 500, 125},
	[ERROR_NO_SPACE] = {"no space", 500, 125},
	[ERROR_UNAVAILABLE] = {"unavailable", 503, 125},
	[ERROR_NOT_IMPLEMENTED] = {"not implemented", 501, 125},
	[ERROR_NOT_EXECUTABLE] = {"not executable", 400, 126},
	[ERROR_COMMAND_NOT_FOUND] = {"command not found", 400, 127},
};

static struct error *make(enum error_class class, int errnum, char *message)
{
	struct error *e = allocate(sizeof(*e));

	*e = (struct error){.class = class, .errnum = errnum, .message = message};
	return e;
}

static char *vformat(const char *fmt, va_list args)
{
	char *text;

	return vasprintf(&text, fmt, args) < 0 ? duplicate("(unprintable error)") : text;
}

fallible error_new(enum error_class class, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *message = vformat(fmt, args);
	va_end(args);
	return make(class, 0, message);
}

fallible error_coded(const struct error_code *code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct error *e = make(code->class, 0, vformat(fmt, args));
	va_end(args);
	e->code = code;
	return e;
}

static struct error *from_errno(enum error_class class, int errnum, const char *fmt, va_list args)
{
	autofree char *what = vformat(fmt, args);

	return make(class, errnum, format("%s: %s", what, strerror(errnum)));
}

fallible error_system(const char *fmt, ...)
{
	int errnum = errno;
	bool full = errnum == ENOSPC || errnum == EDQUOT;
	va_list args;

	va_start(args, fmt);
	struct error *e = from_errno(full ? ERROR_NO_SPACE : ERROR_SYSTEM, errnum, fmt, args);
	va_end(args);
	return e;
}

fallible error_errno(enum error_class class, int errnum, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	struct error *e = from_errno(class, errnum, fmt, args);
	va_end(args);
	return e;
}

fallible error_wrap(struct error *e, const char *fmt, ...)
{
	va_list args;

	if (!e)
		return NULL;
	va_start(args, fmt);
	autofree char *what = vformat(fmt, args);
	va_end(args);
	autofree char *old = e->message;
	e->message = format("%s: %s", what, old);
	return e;
}

void error_free(struct error *e)
{
	if (!e)
		return;
	free(e->message);
	free(e);
}

void error_free_cleanup(struct error **e)
{
	int saved = errno;

	error_free(*e);
	errno = saved;
}

int error_report(const char *program, struct error *e)
{
	int code = e ? error_exit_code(e) : 0;

	if (e)
		fprintf(stderr, "%s: %s\n", program, e->message);
	error_free(e);
	return code;
}

int error_http_status(const struct error *e)
{
	return e->code ? e->code->http_status : classes[e->class].http_status;
}

int error_exit_code(const struct error *e)
{
	return classes[e->class].exit_code;
}

const char *error_class_name(enum error_class class)
{
	return classes[class].name;
}

/* The header of an error on a pipe; the message follows. */
struct wire {
	int32_t class;
	int32_t errnum;
	int32_t length;
};

void error_send(int fd, const struct error *e)
{
	char bytes[PIPE_BUF];
	struct wire wire = {.class = e->class, .errnum = e->errnum};
	size_t length = strlen(e->message), room = sizeof(bytes) - sizeof(wire);

	wire.length = length < room ? length : room;
	memcpy(bytes, &wire, sizeof(wire));
	memcpy(bytes + sizeof(wire), e->message, wire.length);
	/* Nobody left to tell when this fails: the reader then sees an unexplained end. */
	(void)!write(fd, bytes, sizeof(wire) + wire.length);
}

static ssize_t read_whole(int fd, void *into, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)into + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += n;
	}
	return done;
}

fallible error_receive(int fd, struct error **sent)
{
	struct wire wire;
	ssize_t n = read_whole(fd, &wire, sizeof(wire));

	*sent = NULL;
	if (n < 0)
		return error_system("cannot read an error from the child");
	if (n == 0)
		return NULL;
	if (n != sizeof(wire) || wire.class < 0 || wire.class >= ERROR_CLASS_COUNT ||
	    wire.length < 0 || wire.length > PIPE_BUF)
		return error_new(ERROR_SYSTEM, "the child sent an error that makes no sense");
	autofree char *message = allocate(wire.length + 1);
	if (read_whole(fd, message, wire.length) != wire.length)
		return error_new(ERROR_SYSTEM, "the child died while it sent an error");
	*sent = make(wire.class, wire.errnum, steal(&message));
	return NULL;
}
