/*
 * images_meter.h - progress bars on a terminal
 *
 *	3f8a1c2e77d0: Unpacking [=============>                   ]  12.4MB/31.1MB
 *
 * One line for each layer, redrawn in place some times a second, on stderr and only where that is
 * a terminal: a log file gets none of it.
 */
#ifndef MINI_IMAGES_METER_H
#define MINI_IMAGES_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "image.h"
#include "source.h"

struct images_meter {
	bool on;
	int width, height; /* of the terminal */
	struct meter_row {
		char label[40];
		uint64_t current, total; /* total 0: not known */
	} * rows;
	size_t count, drawn;
	struct timespec shown;
	struct source inner; /* of images_meter_source() */
};
#define autoimages_meter __attribute__((cleanup(images_meter_finish))) struct images_meter

void images_meter_init(struct images_meter *meter, bool quiet);
/* Shows how it ended. */
void images_meter_finish(struct images_meter *meter);

void images_meter_set(struct images_meter *meter, const char *label, uint64_t current,
		      uint64_t total);
/* An image_progress. */
void images_meter_layer(void *meter, const struct image_layer *layer, uint64_t current);
/* The source, counted while it is read. */
struct source images_meter_source(struct images_meter *meter, const struct source *source);

#endif
