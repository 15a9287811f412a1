/*
 * copy_meter.h - how much docker cp has copied: on a terminal as it goes, and at the end
 *
 * Book: 3.13
 */
#ifndef MINI_COPY_METER_H
#define MINI_COPY_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy_meter {
	const char *header;
	bool quiet, drawn;
	uint64_t bytes, drawn_at; /* milliseconds */
};

/* header: "Copying to container - ". Nothing is shown when quiet, nor before this. */
void copy_meter_begin(struct copy_meter *meter, const char *header, bool quiet);
void copy_meter_add(struct copy_meter *meter, size_t bytes);
/* Takes the line away. */
void copy_meter_end(struct copy_meter *meter);
/* "Successfully copied 3.58kB to TARGET", unless quiet. */
void copy_meter_tell(const struct copy_meter *meter, const char *target);

#endif
