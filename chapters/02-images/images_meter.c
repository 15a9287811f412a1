#include "images_meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"

#define INTERVAL_NS (100 * 1000 * 1000)
#define BAR_MOST    50
#define AROUND_BAR  56 /* columns for the label and the sizes */
#define READING     "Reading"

void images_meter_init(struct images_meter *meter, bool quiet)
{
	struct winsize size = {0};

	*meter = (struct images_meter){
		.on = !quiet && isatty(STDERR_FILENO), .width = 80, .height = 24};
	if (!meter->on || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_col)
		meter->width = size.ws_col;
	if (size.ws_row > 1)
		meter->height = size.ws_row;
}

static void draw_row(const struct images_meter *meter, const struct meter_row *row)
{
	int room = meter->width - AROUND_BAR, bar = room > BAR_MOST ? BAR_MOST : room, done = 0;
	char current[32], total[32];

	size_text_short(row->current, current);
	size_text_short(row->total, total);
	fprintf(stderr, "\r\033[K%s", row->label);
	if (row->total && bar > 2) {
		done = row->current < row->total ? bar * row->current / row->total : (uint64_t)bar;
		fputs(" [", stderr);
		for (int i = 0; i < bar; i++)
			fputc(i < done ? '=' : i == done ? '>' : ' ', stderr);
		fputc(']', stderr);
	}
	fprintf(stderr, "  %s%s%s\n", current, row->total ? "/" : "", row->total ? total : "");
}

/* The latest ones where there are more than lines: the cursor cannot go back above the screen. */
static void draw(struct images_meter *meter)
{
	size_t most = meter->height - 1;
	size_t first = meter->count > most ? meter->count - most : 0;

	if (meter->drawn)
		fprintf(stderr, "\033[%zuA", meter->drawn);
	for (size_t i = first; i < meter->count; i++)
		draw_row(meter, &meter->rows[i]);
	fflush(stderr);
	meter->drawn = meter->count - first;
}

void images_meter_finish(struct images_meter *meter)
{
	if (meter->on && meter->count)
		draw(meter);
	free(meter->rows);
	*meter = (struct images_meter){0};
}

static bool is_time(struct images_meter *meter)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t passed = (int64_t)(now.tv_sec - meter->shown.tv_sec) * 1000000000 + now.tv_nsec -
			 meter->shown.tv_nsec;
	if (passed < INTERVAL_NS)
		return false;
	meter->shown = now;
	return true;
}

static struct meter_row *find_row(struct images_meter *meter, const char *label)
{
	for (size_t i = 0; i < meter->count; i++)
		if (strcmp(meter->rows[i].label, label) == 0)
			return &meter->rows[i];
	meter->rows = reallocate(meter->rows, meter->count + 1, sizeof(*meter->rows));
	struct meter_row *row = &meter->rows[meter->count++];
	*row = (struct meter_row){0};
	snprintf(row->label, sizeof(row->label), "%s", label);
	return row;
}

void images_meter_set(struct images_meter *meter, const char *label, uint64_t current,
		      uint64_t total)
{
	if (!meter->on)
		return;
	struct meter_row *row = find_row(meter, label);
	row->current = current;
	row->total = total;
	if (is_time(meter))
		draw(meter);
}

void images_meter_layer(void *meter, const struct image_layer *layer, uint64_t current)
{
	char id[DIGEST_SHORT_LENGTH + 1], label[40];

	digest_short(&layer->diff_id, id);
	snprintf(label, sizeof(label), "%s: Unpacking", id);
	images_meter_set(meter, label, current, layer->blob_size);
}

static fallible read_counted(void *context, void *bytes, size_t size, size_t *length)
{
	struct images_meter *meter = context;

	TRY(meter->inner.read(meter->inner.context, bytes, size, length));
	images_meter_set(meter, READING, find_row(meter, READING)->current + *length, 0);
	return NULL;
}

struct source images_meter_source(struct images_meter *meter, const struct source *source)
{
	if (!meter->on)
		return *source;
	meter->inner = *source;
	return (struct source){read_counted, meter};
}
