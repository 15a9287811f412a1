/*
 * download.h - an archive from the daemon, into a file or to the output: save, export
 *
 * Book: 3.11
 */
#ifndef MINI_DOWNLOAD_H
#define MINI_DOWNLOAD_H

#include "client.h"
#include "error.h"

/* verb: "save", for messages. output: a file, which is replaced when all has come and otherwise
 * left as it was; NULL is the standard output, which must be no terminal. */
fallible download(struct client *client, const char *path, const char *verb, const char *output);

#endif
