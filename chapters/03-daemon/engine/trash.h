/*
 * trash.h - folders that are no longer anybody's, removed later
 *
 * Removing a container's files takes longer than all else that a removal does, and nobody needs
 * to wait for it: the folder is renamed into trash/ (at once gone for everybody), and a thread
 * empties that. What a killed daemon left there goes when the next one starts.
 *
 * Book: 3.10
 */
#ifndef MINI_TRASH_H
#define MINI_TRASH_H

#include "error.h"

struct trash;

/* trash/ in the folder; what is in it goes. root is borrowed and must stay open. */
fallible trash_open(int root, struct trash **out);
/* Waits for the removal that is under way; what is left stays for the next daemon. */
void trash_close(struct trash *trash);

/* Takes the folder `name` under dirfd, on the same file system. That it does not exist is
 * success. */
fallible trash_put(struct trash *trash, int dirfd, const char *name);

#endif
