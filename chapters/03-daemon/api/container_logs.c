#include "container_logs.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "stream_frame.h"
#include "text.h"

static fallible send_message(void *context, const struct log_message *message)
{
	const struct container_logs *logs = context;
	char time[TIME_TEXT_SIZE] = "";
	autobuffer bytes = {0};
	unsigned char header[STREAM_FRAME_HEADER];

	if (logs->timestamps)
		time_text_fixed(message->time, time);
	const char *space = logs->timestamps ? " " : "";
	/* json-file messages have no details here; the space that would end them is Docker's. */
	autofree char *front = format("%s%s%s", time, space, logs->details ? " " : "");
	stream_frame_header(message->is_stderr, strlen(front) + message->length, header);
	if (!logs->terminal)
		buffer_append(&bytes, header, sizeof(header));
	buffer_append_string(&bytes, front);
	buffer_append(&bytes, message->text, message->length);
	return logs->send(logs->context, bytes.data, bytes.length);
}

static bool is_gone(void *context)
{
	const struct container_logs *logs = context;

	return logs->gone && logs->gone(logs->context);
}

fallible container_logs_send(struct container *container, const struct container_logs *logs)
{
	return log_read(container, &logs->options, send_message, is_gone, (void *)logs);
}

bool container_has_terminal(struct container *container)
{
	container_lock(container);
	bool terminal = json_is_true(json_at(container->document, "Config", "Tty", NULL));
	container_unlock(container);
	return terminal;
}

fallible container_logs_check(struct container *container)
{
	container_lock(container);
	bool none =
		strcmp(json_string_at(container->document, "HostConfig", "LogConfig", "Type", NULL),
		       "none") == 0;
	container_unlock(container);
	if (none)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "configured logging driver does not support reading");
	return NULL;
}
