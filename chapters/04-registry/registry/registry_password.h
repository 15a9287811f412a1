/*
 * registry_password.h - who somebody says that he is, proved by a password
 *
 * The file is Apache's htpasswd, one NAME:HASH a line, with bcrypt hashes (`htpasswd -B`). It is
 * read again when it has changed. bcrypt is slow on purpose: one check runs at a time, so that
 * guessing does not take the machine, and a password that was right is remembered for some minutes
 * (as a hash under a key that only this process has), or every request of a push would wait for it.
 *
 * Book: 4.5
 */
#ifndef MINI_REGISTRY_PASSWORD_H
#define MINI_REGISTRY_PASSWORD_H

#include "error.h"

struct registry_passwords; /* opaque; thread-safe */

/* ERROR_INVALID names the line; ERROR_NOT_FOUND. */
fallible registry_passwords_open(const char *path, struct registry_passwords **out);
void registry_passwords_close(struct registry_passwords *passwords); /* NULL is legal */

/* NULL when they fit; code UNAUTHORIZED, the same for a wrong name and a wrong password. */
fallible registry_password_check(struct registry_passwords *passwords, const char *user,
				 const char *password);

/* "Basic dXNlcjpwYXNz": what a header Authorization says. The caller frees both. ERROR_INVALID. */
fallible registry_password_parse(const char *header, char **user, char **password);

#endif
