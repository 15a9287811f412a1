#include "websocket.h"

#include <string.h>

#include <openssl/evp.h>

#include "base64.h"
#include "memory.h"

#define GUID       "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define FIN        0x80
#define RESERVED   0x70
#define MASKED     0x80
#define IS_CONTROL 0x08
#define MASK_SIZE  4
#define LENGTH_16  126
#define LENGTH_64  127

char *websocket_accept(const char *key)
{
	autofree char *text = format("%s" GUID, key);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (EVP_Digest(text, strlen(text), hash, &length, EVP_sha1(), NULL) != 1)
		return duplicate("");
	return base64_encode(hash, length);
}

static void put_big_endian(uint8_t *to, uint64_t value, size_t size)
{
	while (size--) {
		to[size] = value;
		value >>= 8;
	}
}

static uint64_t big_endian(const uint8_t *from, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | *from++;
	return value;
}

size_t websocket_header(enum websocket_opcode opcode, size_t length,
			uint8_t header[WEBSOCKET_HEADER_MOST])
{
	size_t size = length < LENGTH_16 ? 0 : length <= UINT16_MAX ? 2 : 8;

	header[0] = FIN | opcode;
	header[1] = !size ? length : size == 2 ? LENGTH_16 : LENGTH_64;
	put_big_endian(header + 2, length, size);
	return 2 + size;
}

/* -- reading -- */

static size_t length_size(uint8_t byte)
{
	switch (byte & ~MASKED) {
	case LENGTH_16:
		return 2;
	case LENGTH_64:
		return 8;
	default:
		return 0;
	}
}

/* How long the head is, as far as that is known. */
static size_t header_size(const struct websocket_reader *reader)
{
	return reader->header_length < 2 ? 2 : 2 + length_size(reader->header[1]) + MASK_SIZE;
}

static fallible begin_frame(struct websocket_reader *reader)
{
	size_t size = length_size(reader->header[1]);

	reader->opcode = reader->header[0] & 0x0f;
	reader->left = size ? big_endian(reader->header + 2, size) : reader->header[1] & ~MASKED;
	reader->at = 0;
	reader->control.length = 0;
	if (reader->header[0] & RESERVED)
		return error_new(ERROR_INVALID, "a WebSocket frame uses an extension");
	if (!(reader->header[1] & MASKED))
		return error_new(ERROR_INVALID, "a client's WebSocket frame is not masked");
	if ((reader->opcode > WEBSOCKET_BINARY && reader->opcode < WEBSOCKET_CLOSE) ||
	    reader->opcode > WEBSOCKET_PONG)
		return error_new(ERROR_INVALID, "a WebSocket frame is of the unknown kind %d",
				 reader->opcode);
	if ((reader->opcode & IS_CONTROL) &&
	    (reader->left > WEBSOCKET_CONTROL_MOST || !(reader->header[0] & FIN)))
		return error_new(ERROR_INVALID, "a control frame of a WebSocket is too long");
	return NULL;
}

static void unmask(struct websocket_reader *reader, uint8_t *bytes, size_t length)
{
	const uint8_t *mask = reader->header + reader->header_length - MASK_SIZE;

	for (size_t i = 0; i < length; i++)
		bytes[i] ^= mask[reader->at++ % MASK_SIZE];
	reader->left -= length;
}

/* Of data whatever is there; a control frame only whole. */
static bool take(struct websocket_reader *reader, const uint8_t *bytes, size_t length,
		 struct websocket_piece *piece)
{
	*piece = (struct websocket_piece){reader->opcode, bytes, length};
	if (reader->opcode & IS_CONTROL) {
		buffer_append(&reader->control, bytes, length);
		piece->bytes = (const uint8_t *)reader->control.data;
		piece->length = reader->control.length;
	}
	bool complete = reader->opcode & IS_CONTROL ? reader->left == 0 : length > 0;
	if (reader->left == 0)
		reader->header_length = 0;
	return complete;
}

fallible websocket_read(struct websocket_reader *reader, uint8_t *bytes, size_t length,
			size_t *used, struct websocket_piece *piece, bool *complete)
{
	*complete = false;
	for (*used = 0; !*complete;) {
		bool in_head = reader->header_length < header_size(reader);

		if (in_head && *used == length)
			return NULL;
		if (in_head) {
			reader->header[reader->header_length++] = bytes[(*used)++];
			if (reader->header_length < header_size(reader))
				continue;
			TRY(begin_frame(reader));
		}
		size_t most = length - *used < reader->left ? length - *used : reader->left;
		bool empty = reader->left == 0;
		unmask(reader, bytes + *used, most);
		*complete = take(reader, bytes + *used, most, piece);
		*used += most;
		if (!*complete && !empty && !most)
			return NULL;
	}
	return NULL;
}

void websocket_reader_finish(struct websocket_reader *reader)
{
	buffer_finish(&reader->control);
}
