/*
 * authorization.h - plugins that decide who may do what
 *
 * Who reaches the daemon's socket may do all that root may. Plugins named in daemon.json
 * ("authorization-plugins") or by --authorization-plugin are asked about each request that a route
 * was found for, in their order, and again, in the same order, about its answer; the first no is
 * the last word:
 *
 *	403  authorization denied by plugin NAME: what it says
 *	500  plugin NAME failed with error: it is not there, says nothing in time, or makes no sense
 *
 * So what a plugin cannot say yes to, does not happen. It sees method and URI as they came, headers
 * (but those with passwords), the user whom the client's certificate names (TLS), and the body if
 * it is JSON: of at most AUTHORIZATION_BODY_LIMIT bytes, and a longer one is refused, or it could
 * hide what it asks for. It does not see bodies for /auth, which are passwords. What is no JSON
 * (archives) and what comes in a stream it is asked about without.
 *
 * SIGHUP changes the list; a daemon whose plugins are not there does not start.
 *
 * Unlike in Docker, an answer with "Err" is an error even if it allows, bodies that are too long
 * are refused rather than not shown, and of a stream's answer it is asked before its first byte.
 *
 * Standard: Docker's access authorization plugin. Book: 5.14
 */
#ifndef MINI_AUTHORIZATION_H
#define MINI_AUTHORIZATION_H

#include "http_guard.h"
#include "lifecycle.h"

#define AUTHORIZATION_BODY_LIMIT (1024 * 1024)

/* For a router whose context is a struct api. */
extern const struct http_guard authorization_guard;
/* At the start the plugins have to be there. */
extern const struct lifecycle authorization_lifecycle;

#endif
