/*
 * file_user.h - as whom a thread makes files
 *
 * Root of the machine is nobody in an idmapped mount, and cannot make a file there (EOVERFLOW): a
 * thread that is to do so takes the ids of a user who is somebody, and keeps its capabilities.
 *
 * Standard: setfsuid(2), capabilities(7). Book: 1.9
 */
#ifndef MINI_FILE_USER_H
#define MINI_FILE_USER_H

#include <sys/types.h>

#include "error.h"

/* Of the calling thread alone; it must be root of the machine. */
fallible file_user_become(uid_t uid, gid_t gid);
void file_user_return(void);

#endif
