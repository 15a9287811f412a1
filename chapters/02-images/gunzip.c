#include "gunzip.h"

#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define MAGIC_SIZE 2
#define FLAGS_AT   3
#define FHCRC      0x02 /* the header has a checksum of its own */

struct gunzip {
	struct source compressed;
	struct inflate_state state;
	bool member_begins, source_ended, ended;
	uint8_t input[64 << 10];
};

struct gunzip *gunzip_create(const struct source *compressed)
{
	struct gunzip *g = allocate(sizeof(*g));

	g->compressed = *compressed;
	isal_inflate_init(&g->state);
	g->state.crc_flag = ISAL_GZIP;
	g->state.next_in = g->input;
	g->member_begins = true;
	return g;
}

void gunzip_destroy(struct gunzip *gunzip)
{
	free(gunzip);
}

/* More input behind what is left of it. */
static fallible refill(struct gunzip *g)
{
	size_t left = g->state.avail_in, length;

	memmove(g->input, g->state.next_in, left);
	TRY(g->compressed.read(g->compressed.context, g->input + left, sizeof(g->input) - left,
			       &length));
	g->state.next_in = g->input;
	g->state.avail_in = left + length;
	g->source_ended = length == 0;
	return NULL;
}

/* ISA-L gets the header's checksum wrong when the header does not come in one piece. */
static fallible gather_header(struct gunzip *g)
{
	const struct inflate_state *state = &g->state;

	while (!g->source_ended && state->avail_in < sizeof(g->input) &&
	       (state->avail_in <= FLAGS_AT || state->next_in[FLAGS_AT] & FHCRC))
		TRY(refill(g));
	g->member_begins = false;
	return NULL;
}

/* A member is over: does another one follow? */
static fallible next_member(struct gunzip *g)
{
	while (g->state.avail_in < MAGIC_SIZE && !g->source_ended)
		TRY(refill(g));
	if (g->state.avail_in < MAGIC_SIZE || g->state.next_in[0] != 0x1f ||
	    g->state.next_in[1] != 0x8b) {
		g->ended = true;
		return NULL;
	}
	isal_inflate_reset(&g->state);
	g->state.crc_flag = ISAL_GZIP;
	g->member_begins = true;
	return NULL;
}

static fallible damaged(const char *why)
{
	return error_new(ERROR_INVALID, "cannot decompress the gzip data: %s", why);
}

static fallible step(struct gunzip *g)
{
	if (g->member_begins)
		TRY(gather_header(g));
	if (!g->state.avail_in && !g->source_ended)
		TRY(refill(g));
	uint32_t in = g->state.avail_in, out = g->state.avail_out;
	int result = isal_inflate(&g->state);
	if (result == ISAL_INCORRECT_CHECKSUM)
		return damaged("the checksum is wrong");
	if (result < 0)
		return damaged("it is damaged");
	if (g->state.block_state == ISAL_BLOCK_FINISH)
		return next_member(g);
	if (g->source_ended && g->state.avail_in == in && g->state.avail_out == out)
		return damaged("it is cut off");
	return NULL;
}

fallible gunzip_read(struct gunzip *g, void *bytes, size_t size, size_t *length)
{
	uint32_t room = size < INT_MAX ? size : INT_MAX;

	g->state.next_out = bytes;
	g->state.avail_out = room;
	while (g->state.avail_out == room && !g->ended)
		TRY(step(g));
	*length = room - g->state.avail_out;
	return NULL;
}
