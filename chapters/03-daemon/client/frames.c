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

fallible frames_feed(struct frames *frames, const char *bytes, size_t length,
		     fallible (*write)(void *context, int stream, const char *bytes, size_t length),
		     void *context)
{
	while (length) {
		size_t used;

		if (frames->head_length < FRAME_HEAD_SIZE) {
			used = take_head(frames, bytes, length);
		} else {
			if (frames->head[0] > 3)
				return error_new(ERROR_CORRUPT,
						 "the daemon's stream has a frame of stream %d",
						 frames->head[0]);
			used = length < frames->left ? length : frames->left;
			TRY(write(context, frames->head[0], bytes, used));
			frames->left -= used;
		}
		if (frames->head_length == FRAME_HEAD_SIZE && !frames->left)
			frames->head_length = 0;
		bytes += used;
		length -= used;
	}
	return NULL;
}
