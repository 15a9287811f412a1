#include "erofs_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hole.h"
#include "memory.h"

#define GATHERED (256 << 10)
#define GAP      4096 /* zeros up to that are written, too */

void erofs_output_init(struct erofs_output *out, int fd)
{
	*out = (struct erofs_output){.fd = fd, .bytes = allocate(GATHERED)};
}

void erofs_output_finish(struct erofs_output *out)
{
	free(steal(&out->bytes));
}

fallible erofs_output_flush(struct erofs_output *out)
{
	for (size_t done = 0; done < out->length;) {
		ssize_t n = pwrite(out->fd, out->bytes + done, out->length - done, out->at + done);

		if (n < 0 && errno != EINTR)
			return error_system("cannot write the layer's image");
		done += n > 0 ? n : 0;
	}
	out->length = 0;
	return NULL;
}

/* Fills up to where the next bytes belong; false: they are elsewhere. */
static bool reach(struct erofs_output *out, uint64_t at)
{
	uint64_t end = out->at + out->length;

	if (at < end || at - end >= GAP || at - out->at >= GATHERED)
		return false;
	memset(out->bytes + out->length, 0, at - end);
	out->length = at - out->at;
	return true;
}

static fallible gather(struct erofs_output *out, uint64_t at, const char *bytes, size_t length)
{
	while (length) {
		if (!reach(out, at)) {
			TRY(erofs_output_flush(out));
			out->at = at;
		}
		size_t room = GATHERED - out->length;
		size_t part = length < room ? length : room;
		memcpy(out->bytes + out->length, bytes, part);
		out->length += part;
		at += part;
		bytes += part;
		length -= part;
	}
	return NULL;
}

fallible erofs_output_write(struct erofs_output *out, uint64_t at, const void *bytes, size_t length)
{
	return hole_is(bytes, length) ? NULL : gather(out, at, bytes, length);
}
