#include "copy_meter.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define INTERVAL_MS 75

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void draw(struct copy_meter *meter)
{
	char size[32];

	size_text_short(meter->bytes, size);
	fprintf(stderr, "\r\033[2K%s%s", meter->header, size);
	meter->drawn = true;
	meter->drawn_at = milliseconds();
}

void copy_meter_begin(struct copy_meter *meter, const char *header, bool quiet)
{
	*meter = (struct copy_meter){.header = header, .quiet = quiet};
	if (!quiet && isatty(STDERR_FILENO))
		draw(meter);
}

void copy_meter_add(struct copy_meter *meter, size_t bytes)
{
	meter->bytes += bytes;
	if (meter->drawn && milliseconds() - meter->drawn_at >= INTERVAL_MS)
		draw(meter);
}

void copy_meter_end(struct copy_meter *meter)
{
	if (meter->drawn)
		fputs("\r\033[2K", stderr);
	meter->drawn = false;
}

void copy_meter_tell(const struct copy_meter *meter, const char *target)
{
	char size[32];

	size_text_short(meter->bytes, size);
	if (!meter->quiet)
		fprintf(stderr, "Successfully copied %s to %s\n", size, target);
}
