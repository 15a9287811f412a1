#include "hashed_sink.h"

fallible hashed_sink_write(void *context, const void *bytes, size_t length)
{
	struct hashed_sink *hashed = context;

	TRY(hashed->out->write(hashed->out->context, bytes, length));
	hasher_update(hashed->hasher, bytes, length);
	return NULL;
}

void hashed_sink_finish(struct hashed_sink *hashed)
{
	hasher_destroy(hashed->hasher);
}
