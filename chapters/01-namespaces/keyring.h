/*
 * keyring.h - the keys that a process inherits
 *
 * The kernel keeps keys (Kerberos tickets, secrets of encrypted folders) in keyrings, and one, the
 * session keyring, is inherited by every child. There is no namespace for it: without a new one
 * the container's root would hold the keys of who started the runtime.
 *
 * Standard: session-keyring(7), keyctl(2); the name is runc's. Book: 1.11
 */
#ifndef MINI_KEYRING_H
#define MINI_KEYRING_H

#include <stdbool.h>

#include "error.h"

/* Joins the session keyring of this name, which is made when it is not there; "" is a new one that
 * nobody can find. *refused: the kernel
 * has no keys or does not let us. */
fallible keyring_join(const char *name, bool *refused);

#endif
