#include "keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"

/* Who is let in by `exec` has to find it by its name; the user's own processes may look. */
#define PERMISSIONS 0x3f1b0000u /* possessor: all; user: view, read, search, link */

fallible keyring_join(const char *name, bool *refused)
{
	uint64_t began = explain_clock();
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, *name ? name : NULL);

	*refused = ring < 0 && (errno == ENOSYS || errno == EPERM);
	if (*refused)
		return NULL;
	if (ring < 0)
		return error_system("cannot join the session keyring '%s' (--no-new-keyring does "
				    "without one of its own)",
				    name);
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, ring, PERMISSIONS) < 0 && errno != EACCES)
		return error_system("cannot set who may search the session keyring '%s'", name);
	explain(began, "1.11", "the keys of whoever started us stay outside",
		"keyctl(KEYCTL_JOIN_SESSION_KEYRING, \"%s\")", name);
	return NULL;
}
