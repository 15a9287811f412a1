#include "frames.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static size_t take_head(struct frames *frames, const char *bytes, size_t length)
{
	size_t need = FRAME_HEAD_SIZE - frames->head_length;
	uint32_t size;

	if (length < need)
		need = length;
	memcpy(frames->head + frames->head_length, bytes, need);
	frames->head_length += need;
	memcpy(&size, frames->head + 4, sizeof(size));
	if (frames->head_length == FRAME_HEAD_SIZE)
		frames->left = ntohl(size);
	return need;
}

/* Frames of one stream, one after the other. A line is a frame, and a write(2) for each would be
 * most of what reading a log takes. */
struct run {
	char *bytes;
	size_t length;
	int stream;
};

static fallible hand_on(struct run *run, fallible (*write)(void *, int, const char *, size_t),
			void *context)
{
	size_t length = run->length;

	run->length = 0;
	return length ? write(context, run->stream, run->bytes, length) : NULL;
}

static void join(struct run *run, int stream, char *bytes, size_t length)
{
	if (!run->length)
		*run = (struct run){.bytes = bytes, .stream = stream};
	memmove(run->bytes + run->length, bytes, length);
	run->length += length;
}

fallible frames_feed(struct frames *frames, char *bytes, size_t length,
		     fallible (*write)(void *context, int stream, const char *bytes, size_t length),
		     void *context)
{
	struct run run = {0};

	while (length) {
		size_t used;

		if (frames->head_length < FRAME_HEAD_SIZE) {
			used = take_head(frames, bytes, length);
		} else {
			int stream = frames->head[0];

			if (stream > 3)
				return error_new(ERROR_CORRUPT,
						 "the daemon's stream has a frame of stream %d",
						 stream);
			if (stream != run.stream)
				TRY(hand_on(&run, write, context));
			used = length < frames->left ? length : frames->left;
			join(&run, stream, bytes, used);
			frames->left -= used;
		}
		if (frames->head_length == FRAME_HEAD_SIZE && !frames->left)
			frames->head_length = 0;
		bytes += used;
		length -= used;
	}
	return hand_on(&run, write, context);
}
