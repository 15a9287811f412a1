#include "log_form.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "log_json_line.h"
#include "memory.h"
#include "protobuf.h"

#define BLOCK     (64 * 1024)
#define SIZE_MOST (1024 * 1024) /* what is longer is none of the shim's messages */

void log_decoder_finish(struct log_decoder *decoder)
{
	buffer_finish(&decoder->text);
	buffer_finish(&decoder->attributes);
	json_decref(decoder->document);
	decoder->document = NULL;
}

/* ---- json-file ---- */

static size_t take_line(struct log_decoder *decoder, const char *bytes, size_t length,
			struct log_message *message, bool *is_message)
{
	const char *end = memchr(bytes, '\n', length);

	*is_message = end && log_json_line_read(decoder, bytes, end - bytes, message);
	if (!end && length > SIZE_MOST)
		return length;
	return end ? (size_t)(end - bytes) + 1 : 0;
}

/* Counts newlines, block by block. */
static void go_back_lines(int fd, int64_t *lines, off_t *offset)
{
	autofree char *block = allocate(BLOCK);
	off_t at = lseek(fd, 0, SEEK_END);
	bool last = true; /* the newline that ends the file begins no line */

	*offset = 0;
	while (at > 0) {
		size_t size = at < BLOCK ? at : BLOCK;

		at -= size;
		if (pread(fd, block, size, at) != (ssize_t)size)
			return;
		for (const char *end = block + size; end; last = false) {
			const char *newline = memrchr(block, '\n', end - block);

			end = newline;
			if (!newline || (last && newline == block + size - 1) || --*lines > 0)
				continue;
			*offset = at + (newline - block) + 1;
			return;
		}
	}
	if (!last) /* the first line of the file has no newline before it */
		--*lines;
}

const struct log_form log_form_json_file = {take_line, go_back_lines};

/* ---- local ---- */

static void take_piece(const struct protobuf_field *metadata, struct log_message *message)
{
	struct protobuf_field field;

	message->line_id = 1;
	for (size_t at = 0; protobuf_next(metadata->bytes, metadata->length, &at, &field);) {
		if (field.number == 1)
			message->last = field.value;
		else if (field.number == 3)
			message->ordinal = field.value;
	}
}

/* The newline that the form leaves out comes back, in a copy. */
static void finish_text(struct log_decoder *decoder, const struct protobuf_field *line,
			struct log_message *message)
{
	decoder->text.length = 0;
	buffer_append(&decoder->text, line->bytes, line->length);
	if (!message->line_id || message->last)
		buffer_append(&decoder->text, "\n", 1);
	message->text = decoder->text.data;
	message->length = decoder->text.length;
}

static bool read_entry(struct log_decoder *decoder, const uint8_t *bytes, size_t length,
		       struct log_message *message)
{
	struct protobuf_field field, line = {0};
	size_t at = 0;

	*message = (struct log_message){0};
	while (protobuf_next(bytes, length, &at, &field)) {
		if (field.number == 1)
			message->is_stderr =
				field.length == 6 && memcmp(field.bytes, "stderr", 6) == 0;
		else if (field.number == 2)
			message->time = (struct timespec){(int64_t)field.value / 1000000000,
							  (int64_t)field.value % 1000000000};
		else if (field.number == 3 && field.bytes)
			line = field;
		else if (field.number == 5 && field.bytes)
			take_piece(&field, message);
	}
	finish_text(decoder, &line, message);
	return at == length;
}

static uint32_t size_at(const char *bytes)
{
	uint32_t size;

	memcpy(&size, bytes, sizeof(size));
	return ntohl(size);
}

/* Where the two sizes are not the same, no message can be found any more: the rest is dropped. */
static size_t take_entry(struct log_decoder *decoder, const char *bytes, size_t length,
			 struct log_message *message, bool *is_message)
{
	size_t size = length < sizeof(uint32_t) ? 0 : size_at(bytes);
	size_t whole = size + 2 * sizeof(uint32_t);

	*is_message = false;
	if (size > SIZE_MOST)
		return length;
	if (length < whole)
		return 0;
	if (size_at(bytes + whole - sizeof(uint32_t)) != size)
		return length;
	*is_message = read_entry(decoder, (const uint8_t *)bytes + sizeof(uint32_t), size, message);
	return whole;
}

static void go_back_entries(int fd, int64_t *count, off_t *offset)
{
	char size[sizeof(uint32_t)];
	off_t at = lseek(fd, 0, SEEK_END);

	*offset = 0;
	while (at > 0) {
		if (pread(fd, size, sizeof(size), at - sizeof(size)) != sizeof(size) ||
		    size_at(size) + 2 * sizeof(size) > (size_t)at)
			return; /* no way back: all of it is read */
		at -= size_at(size) + 2 * sizeof(size);
		if (--*count == 0) {
			*offset = at;
			return;
		}
	}
}

const struct log_form log_form_local = {take_entry, go_back_entries};
