/*
 * executable.h - a runtime that its containers cannot overwrite
 *
 * A process that joins a container shows its own program there as /proc/PID/exe, and a container
 * whose shell is a script "#!/proc/self/exe" even starts it again. Root in a container without a
 * user namespace is root to that file, so it could write into the runtime that the host's root
 * will start next (CVE-2019-5736). Run from a read-only mount that is attached nowhere, there is
 * nothing to write to, and nobody can remount it. Who may not mount runs a sealed copy in memory
 * instead (memfd_create(2)), unless the file is somebody else's and so out of reach anyway.
 *
 * Standard: open_tree(2), mount_setattr(2), execveat(2). Book: 1.13
 */
#ifndef MINI_EXECUTABLE_H
#define MINI_EXECUTABLE_H

#include "error.h"

/* Opens a program on such a mount, for execveat(2) or as /proc/self/fd/N. Close-on-exec. */
fallible executable_open(const char *path, int *fd);
/* Starts the calling program again from there, with the same arguments, unless it runs so. */
fallible executable_protect(char **argv);

#endif
