/*
 * http_guard.h - somebody who is asked about each request, and about its answer
 *
 * A router may have a guard. It is asked when a row was found, before the handler runs, and again
 * when the answer is known and nothing of it has gone out: an error of either time is what the
 * client gets instead. Of a stream, a file and a connection that is taken over it is asked when
 * they begin, since what has been sent cannot be taken back. That an answer is an error is told,
 * and changed by nobody.
 *
 *	request()  may set *hearing, which is NULL: then it is asked about the answer, too. It may
 *	           look at the body (http_connection_peek_body): the handler gets it all the same.
 *	answer()   once at most
 *	end()      the exchange is over; frees the hearing
 *
 * Nothing here knows who that is. Book: 5.14
 */
#ifndef MINI_HTTP_GUARD_H
#define MINI_HTTP_GUARD_H

#include "http_exchange.h"

struct http_answer {
	int status;
	const struct http_fields *headers; /* all but those that frame the body */
	const void *body;                  /* NULL: it is not known whole */
	size_t length;
};

struct http_guard {
	/* context: the router's */
	fallible (*request)(void *context, struct http_exchange *ex, void **hearing);
	fallible (*answer)(void *context, void *hearing, const struct http_answer *answer);
	void (*end)(void *hearing);
};

#endif
