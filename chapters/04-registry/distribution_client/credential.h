/*
 * credential.h - who we are at which registry, in Docker's configuration file or a helper
 *
 *	config.json (mode 0600)
 *	{"auths": {"host:5000": {"auth": base64 of "USER:PASSWORD"}},
 *	 "credsStore": "pass", "credHelpers": {"host:5000": "secretservice"}}
 *
 * A helper is the program docker-credential-NAME: it is given "get", "store" or "erase" and reads
 * what for from its standard input. Where one is named, no password is in the file. A user of the
 * name "<token>" has an identity token in place of a password.
 *
 * Docker Hub's key is "https://index.docker.io/v1/", as always; other registries have their host.
 *
 * Standard: docker login reference; docker-credential-helpers. Book: 4.9
 */
#ifndef MINI_CREDENTIAL_H
#define MINI_CREDENTIAL_H

#include <stdbool.h>

#include "error.h"
#include "json.h"

struct credential {
	char *username; /* NULL: there is none; as are the others then */
	char *password;
	char *identity_token; /* in place of a password */
};
#define auto_credential __attribute__((cleanup(credential_finish))) struct credential
void credential_finish(struct credential *credential);

/* The key of a domain ("docker.io", "host:5000"). The caller frees. */
char *credential_server(const char *domain);

/* folder: of the client's configuration. That there is none is success: username is NULL. */
fallible credential_load(const char *folder, const char *server, struct credential *out);
/* All of them, of the file and of the helpers, in the form and order of the file: {"SERVER":
 * {"auth":
 * ...}}. */
fallible credential_load_all(const char *folder, json_t **auths);
/* *helper: where it went, NULL for the file; the caller frees. */
fallible credential_store(const char *folder, const char *server,
			  const struct credential *credential, char **helper);
/* *was: it was there. */
fallible credential_erase(const char *folder, const char *server, bool *was);

/* The value of the header X-Registry-Auth; of no credential it says nobody. The caller frees. */
char *credential_header(const struct credential *credential, const char *server);

#endif
