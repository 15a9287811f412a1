/*
 * websocket.h - frames of a WebSocket, as a server reads and writes them
 *
 * A browser cannot have the raw stream that `attach` hijacks; it has messages in frames. A client's
 * frames are masked, a server's are not. Here nothing is asked of messages but their bytes: text,
 * binary and continuation are all taken as the next piece of the stream.
 *
 *	byte 0: FIN, opcode   byte 1: MASK, length (126: 16 bits follow, 127: 64 bits)   mask bytes
 *
 * Standard: RFC 6455. Book: 3.6
 */
#ifndef MINI_WEBSOCKET_H
#define MINI_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

#define WEBSOCKET_HEADER_MOST  14 /* the longest, with its mask */
#define WEBSOCKET_CONTROL_MOST 125

/* What Sec-WebSocket-Accept answers to a client's Sec-WebSocket-Key. The caller frees. */
char *websocket_accept(const char *key);

/* The head of a frame of ours: how many of the bytes it takes. */
size_t websocket_header(enum websocket_opcode opcode, size_t length,
			uint8_t header[WEBSOCKET_HEADER_MOST]);

/* Reads a client's frames from whatever pieces they come in. All zero is the beginning. */
struct websocket_reader {
	uint8_t header[WEBSOCKET_HEADER_MOST];
	size_t header_length;
	enum websocket_opcode opcode;
	uint64_t left;         /* bytes of this frame that have not come yet */
	uint64_t at;           /* place in the mask */
	struct buffer control; /* of a control frame that has begun; owned */
};
void websocket_reader_finish(struct websocket_reader *reader);
#define auto_websocket_reader                                                                      \
	__attribute__((cleanup(websocket_reader_finish))) struct websocket_reader

/* What became of some bytes: data to hand on, or a whole control frame. */
struct websocket_piece {
	enum websocket_opcode opcode;
	const uint8_t *bytes; /* borrowed: in what was read, unmasked in place, or in the reader */
	size_t length;
};
/* Takes from `bytes`, and says in *used how many. *complete: *piece is there; otherwise all bytes
 * were taken, and more are needed. ERROR_INVALID for a frame that breaks the rules. */
fallible websocket_read(struct websocket_reader *reader, uint8_t *bytes, size_t length,
			size_t *used, struct websocket_piece *piece, bool *complete);

#endif
