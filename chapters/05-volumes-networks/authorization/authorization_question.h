/*
 * authorization_question.h - what a plugin is told of a request and of its answer
 *
 *	{"User", "UserAuthNMethod": "TLS", "RequestPeerCertificates": [base64], "RequestMethod",
 *	 "RequestUri", "RequestHeaders": {}, "RequestBody": base64, "ResponseStatusCode",
 *"ResponseHeaders": {}, "ResponseBody": base64}
 *
 * What is empty is left out. Names of headers are written as Go writes them: "Content-Type".
 *
 * Standard: Docker's access authorization plugin. Book: 5.14
 */
#ifndef MINI_AUTHORIZATION_QUESTION_H
#define MINI_AUTHORIZATION_QUESTION_H

#include <jansson.h>

#include "http_guard.h"

/* Reads the body, which stays to be read. ERROR_TOO_LARGE for one that would be shown and has more
 * than limit bytes. *question is new. */
fallible authorization_question_make(struct http_exchange *ex, size_t limit, json_t **question);
void authorization_question_add_answer(json_t *question, const struct http_answer *answer);

#endif
