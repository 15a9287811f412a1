/*
 * plugin_wire.h - one question to a plugin and its answer, within a time and a size
 *
 * HTTP/1.1 over a connection of its own: connecting to a socket of this machine costs less than
 * finding out whether one that was kept is still good. The time is for all of it, so one who sends
 * a byte now and then gains nothing; the size is PLUGIN_ANSWER_LIMIT.
 *
 * Book: 5.11
 */
#ifndef MINI_PLUGIN_WIRE_H
#define MINI_PLUGIN_WIRE_H

#include "buffer.h"
#include "error.h"
#include "plugin_spec.h"

#define PLUGIN_ANSWER_LIMIT (4 * 1024 * 1024)

struct plugin_answer {
	int status;         /* of HTTP */
	struct buffer body; /* a string, too */
};

#define auto_plugin_answer __attribute__((cleanup(plugin_answer_finish))) struct plugin_answer
void plugin_answer_finish(struct plugin_answer *answer);

/* POST /METHOD; body NULL: an empty one. *connected says whether there was somebody, also on an
 * error: if not, trying again later may help. ERROR_UNAVAILABLE: nobody, gone, or not in time;
 * ERROR_UNAUTHORIZED: a certificate; ERROR_TOO_LARGE; ERROR_INVALID: no HTTP. */
fallible plugin_wire_ask(const struct plugin_spec *spec, const char *method, const char *body,
			 int seconds, bool *connected, struct plugin_answer *answer);

#endif
