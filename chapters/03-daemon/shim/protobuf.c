#include "protobuf.h"

enum kind { KIND_VARINT = 0, KIND_64 = 1, KIND_BYTES = 2, KIND_32 = 5 };

/* ---- writing ---- */

static void append_varint(struct buffer *to, uint64_t value)
{
	char bytes[10];
	size_t length = 0;

	do {
		bytes[length++] = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		value >>= 7;
	} while (value);
	buffer_append(to, bytes, length);
}

size_t protobuf_varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >>= 7)
		size++;
	return size;
}

void protobuf_number(struct buffer *to, uint32_t field, uint64_t value)
{
	append_varint(to, field << 3 | KIND_VARINT);
	append_varint(to, value);
}

void protobuf_bytes_head(struct buffer *to, uint32_t field, size_t length)
{
	append_varint(to, field << 3 | KIND_BYTES);
	append_varint(to, length);
}

void protobuf_bytes(struct buffer *to, uint32_t field, const void *bytes, size_t length)
{
	protobuf_bytes_head(to, field, length);
	buffer_append(to, bytes, length);
}

/* ---- reading ---- */

static bool read_varint(const uint8_t *message, size_t length, size_t *at, uint64_t *value)
{
	*value = 0;
	for (unsigned int shift = 0; shift < 64 && *at < length; shift += 7) {
		uint8_t byte = message[(*at)++];

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Of what follows a key. */
static bool read_size(const uint8_t *message, size_t length, size_t *at, enum kind kind,
		      uint64_t *size)
{
	*size = kind == KIND_64 ? 8 : kind == KIND_32 ? 4 : 0;
	return *size || (kind == KIND_BYTES && read_varint(message, length, at, size));
}

bool protobuf_next(const uint8_t *message, size_t length, size_t *at, struct protobuf_field *field)
{
	size_t here = *at;
	uint64_t key, size;

	*field = (struct protobuf_field){0};
	if (!read_varint(message, length, &here, &key))
		return false;
	field->number = key >> 3;
	if ((key & 7) == KIND_VARINT) {
		if (!read_varint(message, length, &here, &field->value))
			return false;
	} else {
		if (!read_size(message, length, &here, key & 7, &size) || size > length - here)
			return false;
		field->bytes = message + here;
		field->length = size;
		here += size;
	}
	*at = here;
	return true;
}
