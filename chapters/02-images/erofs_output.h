/*
 * erofs_output.h - writes a file in large pieces, and leaves out what is nothing but zeros
 *
 * What is written next most often lies behind what was written last: it is gathered. Whole blocks
 * of zeros stay holes, which take no room on the disk.
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_OUTPUT_H
#define MINI_EROFS_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct erofs_output {
	int fd;      /* borrowed */
	char *bytes; /* gathered */
	uint64_t at; /* where they belong */
	size_t length;
};

void erofs_output_init(struct erofs_output *out, int fd);
void erofs_output_finish(struct erofs_output *out); /* drops what is gathered */

fallible erofs_output_write(struct erofs_output *out, uint64_t at, const void *bytes,
			    size_t length);
fallible erofs_output_flush(struct erofs_output *out);

#endif
