/*
 * mirror.h - a registry that has what another one has, as soon as somebody has asked for it
 *
 *	GET manifests/TAG      what does it mean there now? (HEAD), then from here if it is here
 *	GET manifests/DIGEST   from here, or else fetched and kept
 *	GET blobs/DIGEST       from here, or else passed on while it comes, and kept
 *(mirror_fetch.h) tags/list, referrers   asked there each time: they change
 *
 * What a name with a digest means never changes, so it is fetched once. A tag is asked for anew
 * each time; when the other registry cannot be asked, what it meant last is served, with a Warning.
 * Nobody pushes to a mirror or removes anything: what nobody asks for is dropped in time
 * (registry_collect.h), and sooner where a quota is reached (mirror_room.h). Who may pull is asked
 *by this registry; the other one sees one client, with the credentials that the mirror was given.
 *
 * This folder alone knows both sides, registry/ and remote/, which do not know each other: it puts
 * a table of routes before those of registry/, makes what was asked for be here, and leaves the
 * answer to them.
 *
 * Standard: OCI distribution-spec, "Pull"; Docker's dockerd reference, "Registry mirrors"; RFC
 * 9111. Book: 4.12
 */
#ifndef MINI_MIRROR_H
#define MINI_MIRROR_H

#include "error.h"
#include "http_route.h"
#include "registry.h"

struct mirror; /* opaque; thread-safe */

struct mirror_options {
	const char *of;          /* "docker.io", "host:5000", "https://host", "http://host:5000" */
	const char *credentials; /* a configuration file of docker's client; NULL: nobody's */
	const char *certs;       /* the folder certs.d; NULL: Docker's */
};

/* ERROR_INVALID for a name that is none, and for a file that has no credentials for it. */
fallible mirror_open(const struct mirror_options *options, struct registry *registry,
		     struct mirror **out);
/* What is being fetched ends; from a signal handler, too. NULL is legal. */
void mirror_stop(struct mirror *mirror);
void mirror_close(struct mirror *mirror); /* after mirror_stop(); NULL is legal */

/* Before the tables of registry_api.h. */
extern const struct route mirror_routes[];

#endif
