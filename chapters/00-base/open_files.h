/*
 * open_files.h - how many descriptors this process may have (RLIMIT_NOFILE)
 *
 * A login or a service manager gives a process 1024, with the right to more, since select(2) cannot
 * count further. A daemon takes what it may, and gives its children what it was born with: the
 * limit is theirs to know, not its own.
 *
 * Standard: getrlimit(2). Book: 3.5
 */
#ifndef MINI_OPEN_FILES_H
#define MINI_OPEN_FILES_H

#include <sys/resource.h>

#include "error.h"

#define OPEN_FILES_WANTED 65536 /* some 20,000 containers */

/* Up to the hard limit, and that up to OPEN_FILES_WANTED where we are allowed to. Once, before
 * there are threads. */
fallible open_files_raise(void);
/* What the process had before that; what it has, where nothing was raised. */
struct rlimit open_files_before(void);

#endif
