/*
 * credential_helper.h - a program that keeps passwords: docker-credential-NAME
 *
 * It reads one thing from its standard input and answers on its standard output: "get" reads a
 * server and answers {"Username": ..., "Secret": ...}; "store" reads the same with "ServerURL";
 * "erase" reads a server; "list" answers {"SERVER": "USER"}. A failure is told on standard output,
 * with exit code 1.
 *
 * Standard: docker-credential-helpers. Book: 4.9
 */
#ifndef MINI_CREDENTIAL_HELPER_H
#define MINI_CREDENTIAL_HELPER_H

#include "credential.h"

/* That it has none is success. */
fallible credential_helper_get(const char *helper, const char *server, struct credential *out);
/* {"SERVER": "USER"}. */
fallible credential_helper_list(const char *helper, json_t **servers);
fallible credential_helper_store(const char *helper, const char *server,
				 const struct credential *credential);
fallible credential_helper_erase(const char *helper, const char *server);

#endif
