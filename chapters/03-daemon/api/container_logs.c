#include "container_logs.h"

#include <string.h>

#include "buffer.h"
#include "json.h"
#include "log_driver.h"
#include "memory.h"
#include "stream_frame.h"
#include "text.h"

#define PIECE (32 * 1024) /* what is collected before it is sent */

/* A log on its way. */
struct sending {
	const struct container_logs *logs;
	struct buffer collected;
	struct timespec stamped;        /* messages that were read at once have one time ... */
	char stamp[TIME_TEXT_SIZE + 1]; /* ... and this text of it */
};

static fallible send_collected(void *context)
{
	struct sending *sending = context;

	if (!sending->collected.length)
		return NULL;
	TRY(sending->logs->send(sending->logs->context, sending->collected.data,
				sending->collected.length));
	sending->collected.length = 0;
	return NULL;
}

/* As Go's url.QueryEscape. */
static void append_escaped(struct buffer *to, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
			     strchr("-_.~", c);

		if (plain)
			buffer_append(to, text, 1);
		else if (c == ' ')
			buffer_append(to, "+", 1);
		else
			buffer_printf(to, "%%%02X", c);
	}
}

/* "a=1,b=2 ", sorted; the space is there without them too. */
static void append_details(struct buffer *to, const struct log_message *message)
{
	autojson *all = message->attributes ? json_loadb(message->attributes,
							 message->attributes_length, 0, NULL)
					    : NULL;
	autofree char *sorted = json_dumps(all, JSON_SORT_KEYS);
	autojson *ordered = sorted ? json_loads(sorted, 0, NULL) : NULL;
	const char *name, *comma = "";
	json_t *value;

	json_object_foreach (ordered, name, value) {
		buffer_append_string(to, comma);
		append_escaped(to, name);
		buffer_append(to, "=", 1);
		append_escaped(to, json_is_string(value) ? json_string_value(value) : "");
		comma = ",";
	}
	buffer_append(to, " ", 1);
}

static void append_time(struct sending *sending, struct timespec time)
{
	if (!*sending->stamp || time.tv_sec != sending->stamped.tv_sec ||
	    time.tv_nsec != sending->stamped.tv_nsec) {
		time_text_fixed(time, sending->stamp);
		strcat(sending->stamp, " ");
		sending->stamped = time;
	}
	buffer_append_string(&sending->collected, sending->stamp);
}

static fallible send_message(void *context, const struct log_message *message)
{
	struct sending *sending = context;
	const struct container_logs *logs = sending->logs;
	struct buffer *to = &sending->collected;
	unsigned char header[STREAM_FRAME_HEADER] = {0};
	size_t begin = to->length;

	if (!logs->terminal)
		buffer_append(to, header, sizeof(header));
	size_t text = to->length;
	if (logs->timestamps)
		append_time(sending, message->time);
	if (logs->details)
		append_details(to, message);
	buffer_append(to, message->text, message->length);
	stream_frame_header(message->is_stderr, to->length - text, header);
	if (!logs->terminal)
		memcpy(to->data + begin, header, sizeof(header));
	return to->length < PIECE ? NULL : send_collected(sending);
}

static bool is_gone(void *context)
{
	const struct container_logs *logs = ((struct sending *)context)->logs;

	return logs->gone && logs->gone(logs->context);
}

fallible container_logs_send(struct container *container, const struct container_logs *logs)
{
	struct sending sending = {.logs = logs};
	const struct log_receiver receiver = {send_message, send_collected, is_gone, &sending};
	struct error *e = log_read(container, &logs->options, &receiver);

	buffer_finish(&sending.collected);
	return e;
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
	const struct log_form *form;
	autofree char *name = NULL;

	container_lock(container);
	struct error *e = log_driver_reading(container, &form, &name);
	container_unlock(container);
	return e;
}
