/*
 * dockerd.h - the daemon's main program, composed of tables
 *
 * mini-dockerd is the engine (engine.h), the API's routes and a server. What takes part is listed
 * by the program that is built: chapter 03's own mini-dockerd.c, or final/mini-dockerd.c with all
 * chapters. Containers go on living when it ends, in whatever way: their shims hold them.
 *
 * Signals: SIGTERM and SIGINT end it (running requests have two seconds), the third one at once;
 * SIGHUP reads the configuration file again (dockerd_reload.h).
 *
 * Exit codes: 0; 1 when the daemon cannot start; 125 for a wrong command line. Book: 3.1
 */
#ifndef MINI_DOCKERD_H
#define MINI_DOCKERD_H

#include "http_route.h"
#include "lifecycle.h"

struct dockerd_composition {
	const struct route *const *routes; /* NULL-terminated; asked in this order */
	const struct lifecycle *const *lifecycles;
	const struct http_guard *guard; /* who is asked about requests; NULL: nobody */
};

int dockerd_main(int argc, char **argv, const struct dockerd_composition *composition);

#endif
