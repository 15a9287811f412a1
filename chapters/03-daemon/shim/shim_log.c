#include "shim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"

static const char *const stream_names[] = {"stdout", "stderr"};

static fallible open_file(struct shim_log *log)
{
	struct stat st;

	log->fd = openat(log->dirfd, log->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (log->fd < 0 || fstat(log->fd, &st) < 0)
		return error_system("cannot open the log '%s'", log->name);
	log->size = st.st_size;
	return NULL;
}

fallible shim_log_open(struct shim_log *log, int dirfd, const char *name, uint64_t max_size,
		       uint32_t max_files)
{
	*log = (struct shim_log){.dirfd = dirfd,
				 .name = name,
				 .fd = -1,
				 .max_size = max_size,
				 .max_files = max_files ? max_files : 1};
	return *name ? open_file(log) : NULL;
}

/* NAME.2 becomes NAME.3, NAME.1 NAME.2, NAME NAME.1; the oldest is overwritten. */
static void rotate(struct shim_log *log)
{
	for (uint32_t i = log->max_files - 1; i > 0; i--) {
		autofree char *from =
			i > 1 ? format("%s.%u", log->name, i - 1) : duplicate(log->name);
		autofree char *to = format("%s.%u", log->name, i);

		renameat(log->dirfd, from, log->dirfd, to);
	}
	if (log->max_files == 1)
		unlinkat(log->dirfd, log->name, 0);
	close_fd(&log->fd);
	error_free(open_file(log)); /* without a file the messages are dropped */
}

/* How a byte that cannot stand for itself is written; NULL for the others. Go's encoder, which
 * Docker uses, also escapes what HTML could take for markup. */
static const char *escape_of(unsigned char c, char control[8])
{
	static const char digits[] = "0123456789abcdef";

	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	}
	if (c >= 0x20 && c != '<' && c != '>' && c != '&')
		return NULL;
	memcpy(control, "\\u00", 4);
	control[4] = digits[c >> 4];
	control[5] = digits[c & 15];
	control[6] = '\0';
	return control;
}

static void append_escaped(struct buffer *b, const char *bytes, size_t length)
{
	char control[8];
	size_t plain = 0; /* where the piece begins that needs no escape */

	for (size_t i = 0; i < length;) {
		const char *escape = escape_of(bytes[i], control);
		size_t sequence = escape ? 0 : utf8_sequence(bytes + i, length - i);

		if (sequence) {
			i += sequence;
			continue;
		}
		buffer_append(b, bytes + plain, i - plain);
		buffer_append_string(b, escape ? escape : "\\ufffd");
		plain = ++i;
	}
	buffer_append(b, bytes + plain, length - plain);
}

static void append_record(struct shim_log *log, int stream, const char *bytes, size_t length,
			  const char *time)
{
	buffer_append_string(&log->records, "{\"log\":\"");
	append_escaped(&log->records, bytes, length);
	buffer_printf(&log->records, "\",\"stream\":\"%s\",\"time\":\"%s\"}\n",
		      stream_names[stream], time);
}

static void write_records(struct shim_log *log)
{
	if (!log->records.length)
		return;
	if (log->max_size && log->size && log->size + log->records.length > log->max_size)
		rotate(log);
	ssize_t n = log->fd < 0 ? -1 : write(log->fd, log->records.data, log->records.length);
	if (n == (ssize_t)log->records.length) {
		log->size += n;
	} else {
		if (n > 0 && ftruncate(log->fd, log->size) < 0)
			log->size += n; /* cannot be taken back: the reader skips the torn line */
		if (!log->dropped++)
			fprintf(stderr,
				"mini-shim: cannot write the log '%s': %s; what the "
				"container prints is not logged until there is room\n",
				log->name, n < 0 ? strerror(errno) : "no space left on device");
	}
	log->records.length = 0;
}

void shim_log_write(struct shim_log *log, int stream, const char *bytes, size_t length,
		    struct timespec time)
{
	struct buffer *line = &log->line[stream];
	char stamp[TIME_TEXT_SIZE];

	if (!*log->name)
		return;
	time_text_fixed(time, stamp);
	while (length) {
		const char *newline = memchr(bytes, '\n', length);
		size_t part = newline ? (size_t)(newline - bytes) + 1 : length;
		size_t room = SHIM_LOG_LINE - line->length;
		bool whole = newline || part >= room;

		part = part < room ? part : room;
		if (whole && !line->length) {
			append_record(log, stream, bytes, part, stamp);
		} else {
			buffer_append(line, bytes, part);
			if (whole)
				append_record(log, stream, line->data, line->length, stamp);
			if (whole)
				line->length = 0;
		}
		bytes += part;
		length -= part;
	}
	write_records(log);
}

void shim_log_close(struct shim_log *log, struct timespec time)
{
	char stamp[TIME_TEXT_SIZE];

	time_text_fixed(time, stamp);
	for (int stream = 0; stream < 2; stream++) {
		if (log->line[stream].length)
			append_record(log, stream, log->line[stream].data, log->line[stream].length,
				      stamp);
		buffer_finish(&log->line[stream]);
	}
	write_records(log);
	buffer_finish(&log->records);
	close_fd(&log->fd);
}
