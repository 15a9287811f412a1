/*
 * log_form.h - the forms of log files that can be read, each a const entry
 *
 *	json-file   a JSON object a line
 *	local       a protobuf between its own size, twice (log_local.c says the fields)
 *
 * Files are those of a container, whose shim writes whole messages. Whatever else is in one (a disk
 * that lost its end, another hand) is passed over, or ends the file where the form cannot find its
 * way again.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_FORM_H
#define MINI_LOG_FORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "log_message.h"

/* What a message that was taken may point into, until the next one is. */
struct log_decoder {
	struct buffer text, attributes;
	json_t *document;
	char time_text[40]; /* that of the message before, mostly the same */
	struct timespec time;
};
void log_decoder_finish(struct log_decoder *decoder);

struct log_form {
	/* Takes what is at the beginning of the bytes and returns how many they were; 0: it is not
	 * whole yet. *is_message is false for what is none. */
	size_t (*take)(struct log_decoder *, const char *bytes, size_t length, struct log_message *,
		       bool *is_message);
	/* Goes back from the end of a file until `*count` messages lie behind; *offset is where the
	 * first of those begins, and *count what is still missing. */
	void (*go_back)(int fd, int64_t *count, off_t *offset);
};

extern const struct log_form log_form_json_file, log_form_local;

#endif
