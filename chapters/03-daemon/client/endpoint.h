/*
 * endpoint.h - which daemon a command speaks to
 *
 * In the order in which docker decides: -H, --context, DOCKER_HOST, DOCKER_CONTEXT, the context
 * that `context use` has chosen, and the daemon of this machine. TLS comes with the context, or
 * from
 * --tls, --tlsverify and the files beside them; without names those are ca.pem, cert.pem and
 * key.pem in DOCKER_CERT_PATH or in the folder of the client's configuration.
 *
 * Standard: the docker CLI's reference. Book: 3.11
 */
#ifndef MINI_ENDPOINT_H
#define MINI_ENDPOINT_H

#include <stdbool.h>

#include "error.h"

struct endpoint {
	char *context; /* its name; "default" where there is none */
	char *host;    /* "unix://...", "tcp://...", "ssh://..." */
	bool tls, verify;
	char *ca, *certificate, *key; /* names of files, or NULL */
};
void endpoint_finish(struct endpoint *endpoint);

/* What the command line says; NULL and false where it says nothing. */
struct endpoint_flags {
	const char *host, *context;
	bool tls, verify;
	const char *ca, *certificate, *key;
};

/* ERROR_NOT_FOUND for a context or a file, ERROR_INVALID for two wishes at once. */
fallible endpoint_choose(const char *config_folder, const struct endpoint_flags *flags,
			 struct endpoint *endpoint);
/* The name of the context that would be taken; the caller frees. */
fallible endpoint_context(const char *config_folder, const struct endpoint_flags *flags,
			  char **name);

#endif
