/*
 * remote_hosts.h - which addresses serve the images of a name, and how each is reached
 *
 *	docker.io          the mirrors (registry-mirrors), then https://registry-1.docker.io
 *	host:5000          https://host:5000; and where it is insecure, http://host:5000
 *
 * Insecure is what the list insecure-registries has, as a name or as a range of addresses, and in
 * any case 127.0.0.0/8 and ::1: there the certificate is not checked, and plain HTTP will do where
 * TLS is not spoken. Certificates for a host lie in the folder certs.d/HOST:PORT: *.crt are further
 * authorities, NAME.cert and NAME.key are what we show of ourselves.
 *
 * `settings` is an object with "registry-mirrors" and "insecure-registries", arrays of strings that
 * were checked when the daemon read them, and "certs.d", the folder; each may be missing.
 *
 * Standard: Docker's dockerd reference, "Insecure registries", "Registry mirrors"; Docker Engine,
 * "Verify repository client with certificates". Book: 4.6
 */
#ifndef MINI_REMOTE_HOSTS_H
#define MINI_REMOTE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "json.h"

#define REMOTE_CERTS_FOLDER "/etc/docker/certs.d"

struct remote_host {
	char *base;              /* "https://registry-1.docker.io", without a slash at the end */
	bool mirror;             /* may fail in any way: the next one is asked */
	bool insecure;           /* its certificate is not checked */
	char *authorities;       /* PEM of further authorities; NULL: none */
	char *certificate, *key; /* files; NULL: none */
};

struct remote_hosts {
	struct remote_host *items; /* in the order in which they are asked */
	size_t count;
};
#define auto_remote_hosts __attribute__((cleanup(remote_hosts_finish))) struct remote_hosts

/* domain: as in a normalized reference. with_mirrors: for a pull. ERROR_INVALID for a folder of
 * certs.d that has a certificate without its key or the other way round. */
fallible remote_hosts_of(const json_t *settings, const char *domain, bool with_mirrors,
			 struct remote_hosts *out);
void remote_hosts_finish(struct remote_hosts *hosts);

/* Whether a registry of this name may be spoken to without a checked certificate. */
bool remote_hosts_is_insecure(const json_t *settings, const char *domain);

#endif
