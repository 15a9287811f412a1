#include "stream_frame.h"

#include <string.h>

#include "memory.h"

void stream_frame_header(bool is_stderr, size_t length, unsigned char header[STREAM_FRAME_HEADER])
{
	memset(header, 0, STREAM_FRAME_HEADER);
	header[0] = is_stderr ? 2 : 1;
	for (int i = 0; i < 4; i++)
		header[4 + i] = length >> (24 - 8 * i);
}

void stream_frame_error(struct buffer *to, bool terminal, const char *text)
{
	autofree char *line = format("%s\r\n", text);
	unsigned char header[STREAM_FRAME_HEADER];

	stream_frame_header(true, strlen(line), header);
	if (!terminal)
		buffer_append(to, header, sizeof(header));
	buffer_append_string(to, line);
}
