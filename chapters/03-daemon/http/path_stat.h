/*
 * path_stat.h - what the header X-Docker-Container-Path-Stat says of a file
 *
 * JSON in base64. The mode is Go's os.FileMode: permissions as everywhere, but kinds of file in the
 * upper bits, each with one of its own.
 *
 * Standard: Engine API, ContainerArchiveInfo; Go's io/fs.FileMode. Book: 3.13
 */
#ifndef MINI_PATH_STAT_H
#define MINI_PATH_STAT_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"

#define PATH_STAT_HEADER "X-Docker-Container-Path-Stat"

struct path_stat {
	char *name; /* owned where it was decoded */
	char *link; /* where a link leads, absolute; "" for all else */
	int64_t size;
	mode_t mode; /* as stat(2) has it */
	struct timespec mtime;
};

char *path_stat_encode(const struct path_stat *stat); /* the caller frees */
/* ERROR_INVALID. The caller finishes *stat, also after an error. */
fallible path_stat_decode(const char *header, struct path_stat *stat);
void path_stat_finish(struct path_stat *stat);
#define auto_path_stat __attribute__((cleanup(path_stat_finish))) struct path_stat

/* Between stat(2)'s modes and Go's. */
uint32_t path_stat_go_mode(mode_t mode);
mode_t path_stat_mode(uint32_t go_mode);

#endif
