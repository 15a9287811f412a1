#include "log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "buffer.h"
#include "container_life.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define READ_SIZE      (64 * 1024)
#define ROTATED_MOST   64            /* files that are looked for: NAME.1, NAME.2 ... */
#define LINE_MOST      (1024 * 1024) /* a longer line is none of the shim's */
#define LOOK_AROUND_MS 500           /* how often the container and the client are asked after */

/* A log is one stream of lines over several files; reading starts in one and ends in the last. */
struct log_reader {
	const struct log_options *options;
	struct container *container;
	fallible (*write)(void *, const struct log_message *);
	bool (*gone)(void *);
	void *context;
	int folder;
	char *name;
	int fd; /* the file that is read now */
	struct buffer line;
	bool ended; /* `until` was passed */
};
static void log_reader_finish(struct log_reader *reader)
{
	close_fd(&reader->folder);
	close_fd(&reader->fd);
	free(reader->name);
	buffer_finish(&reader->line);
}
#define auto_log_reader __attribute__((cleanup(log_reader_finish))) struct log_reader

/* ---- one line ---- */

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static bool is_zero(struct timespec time)
{
	return !time.tv_sec && !time.tv_nsec;
}

static fallible deliver(struct log_reader *reader, const json_t *line)
{
	const struct log_options *options = reader->options;
	const json_t *log = json_object_get(line, "log");
	struct log_message message = {
		.is_stderr = strcmp(json_string_at(line, "stream", NULL), "stderr") == 0,
		.text = json_string_value(log),
		.length = json_string_length(log),
	};

	if (!message.text || !(message.is_stderr ? options->stderr : options->stdout))
		return NULL;
	error_free(time_parse(json_string_at(line, "time", NULL), &message.time));
	if (!is_zero(options->since) && is_before(message.time, options->since))
		return NULL;
	if (!is_zero(options->until) && is_before(options->until, message.time)) {
		reader->ended = true;
		return NULL;
	}
	return reader->write(reader->context, &message);
}

/* A line that is none (a disk that lost its end) is passed over: the others still count. */
static fallible take_line(struct log_reader *reader, const char *text, size_t length)
{
	autojson *line = json_loadb(text, length, JSON_ALLOW_NUL, NULL);

	return line ? deliver(reader, line) : NULL;
}

static fallible take_lines(struct log_reader *reader)
{
	struct buffer *line = &reader->line;
	size_t done = 0;
	char *end;

	while (!reader->ended && done < line->length &&
	       (end = memchr(line->data + done, '\n', line->length - done))) {
		size_t length = end - (line->data + done);

		TRY(take_line(reader, line->data + done, length));
		done += length + 1;
	}
	buffer_consume(line, done);
	if (line->length > LINE_MOST)
		line->length = 0;
	return NULL;
}

/* To the end of the file as it is now. */
static fallible read_on(struct log_reader *reader)
{
	while (reader->fd >= 0 && !reader->ended) {
		ssize_t n = read(reader->fd, buffer_reserve(&reader->line, READ_SIZE), READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot read the log '%s'", reader->name);
		if (n == 0)
			return NULL;
		reader->line.length += n;
		TRY(take_lines(reader));
		if (reader->gone && reader->gone(reader->context))
			return error_new(ERROR_UNAVAILABLE, "the reader of the log has left");
	}
	return NULL;
}

/* ---- files ---- */

static int open_number(const struct log_reader *reader, int number)
{
	autofree char *name =
		number ? format("%s.%d", reader->name, number) : duplicate(reader->name);

	return openat(reader->folder, name, O_RDONLY | O_CLOEXEC);
}

static int count_rotated(const struct log_reader *reader)
{
	int number = 0;

	while (number < ROTATED_MOST) {
		autoclose int fd = open_number(reader, number + 1);

		if (fd < 0)
			break;
		number++;
	}
	return number;
}

/* Goes back from the end of a file until `*lines` newlines lie behind; *offset is where the first
 * of those lines begins, and *lines what is still missing. */
static void go_back(int fd, int64_t *lines, off_t *offset)
{
	autofree char *block = allocate(READ_SIZE);
	off_t at = lseek(fd, 0, SEEK_END);
	bool last = true; /* the newline that ends the file begins no line */

	*offset = 0;
	while (at > 0) {
		size_t size = at < READ_SIZE ? at : READ_SIZE;

		at -= size;
		if (pread(fd, block, size, at) != (ssize_t)size)
			return;
		for (size_t i = size; i-- > 0; last = false) {
			if (block[i] != '\n' || last || --*lines > 0)
				continue;
			*offset = at + i + 1;
			return;
		}
	}
	if (!last) /* the first line of the file has no newline before it */
		--*lines;
}

/* Where `tail` lines from the end begin: a file and an offset in it. */
static void find_start(const struct log_reader *reader, int *number, off_t *offset)
{
	int64_t lines = reader->options->tail;
	int oldest = count_rotated(reader);

	*offset = 0;
	if (lines < 0) {
		*number = oldest;
		return;
	}
	for (*number = 0;; ++*number) {
		autoclose int fd = open_number(reader, *number);

		if (lines == 0 && fd >= 0)
			*offset = lseek(fd, 0, SEEK_END);
		else if (fd >= 0)
			go_back(fd, &lines, offset);
		if (lines <= 0 || *number == oldest)
			return;
	}
}

/* Reads all files from the start on; the last one stays open. */
static fallible read_all(struct log_reader *reader)
{
	int number;
	off_t offset;

	find_start(reader, &number, &offset);
	for (; number >= 0 && !reader->ended; number--) {
		close_fd(&reader->fd);
		reader->fd = open_number(reader, number);
		if (reader->fd >= 0 && offset)
			lseek(reader->fd, offset, SEEK_SET);
		offset = 0;
		TRY(read_on(reader));
	}
	return NULL;
}

/* ---- following ---- */

static bool is_running(struct container *container)
{
	container_lock(container);
	bool running = container_is_running(container);
	container_unlock(container);
	return running;
}

/* After a rotation the name is another file's; what is left of ours has been read. */
static bool take_next_file(struct log_reader *reader)
{
	struct stat ours, named;

	if (fstatat(reader->folder, reader->name, &named, 0) < 0)
		return false;
	if (reader->fd >= 0 && fstat(reader->fd, &ours) == 0 && ours.st_ino == named.st_ino)
		return false;
	close_fd(&reader->fd);
	reader->fd = open_number(reader, 0);
	return true;
}

static void drain(int inotify)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(inotify, events, sizeof(events)) > 0)
		;
}

static bool is_past_until(const struct log_options *options)
{
	return !is_zero(options->until) && is_before(options->until, time_now());
}

/* Waits for the shim's next write; it closes the log before it tells of the exit, so the end
 * wakes us too, a little before the container's state says so. */
static fallible await_more(struct log_reader *reader, int inotify)
{
	struct pollfd one = {inotify, POLLIN, 0};

	if (poll(&one, 1, LOOK_AROUND_MS) < 0 && errno != EINTR)
		return error_system("cannot wait for the log '%s'", reader->name);
	drain(inotify);
	if (reader->gone && reader->gone(reader->context))
		return error_new(ERROR_UNAVAILABLE, "the reader of the log has left");
	return NULL;
}

static fallible follow(struct log_reader *reader, int inotify)
{
	while (!reader->ended) {
		/* Asked before reading: what was written before the end is then not missed. */
		bool running = is_running(reader->container);

		do
			TRY(read_on(reader));
		while (take_next_file(reader));
		if (!running || is_past_until(reader->options))
			return NULL;
		TRY(await_more(reader, inotify));
	}
	return NULL;
}

static fallible open_inotify(const struct log_reader *reader, int *out)
{
	autoclose int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->folder);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_CLOSE_WRITE) < 0)
		return error_system("cannot watch the log '%s'", reader->name);
	*out = steal_fd(&fd);
	return NULL;
}

fallible log_read(struct container *container, const struct log_options *options,
		  fallible (*write)(void *context, const struct log_message *message),
		  bool (*gone)(void *context), void *context)
{
	autoclose int inotify = -1;
	auto_log_reader reader = {
		.options = options,
		.container = container,
		.write = write,
		.gone = gone,
		.context = context,
		.folder = -1,
		.name = format("%s-json.log", container->id),
		.fd = -1,
	};

	TRY(container_open_data(container, &reader.folder));
	/* Watched before it is read: what is written in between wakes us. */
	if (options->follow)
		TRY(open_inotify(&reader, &inotify));
	TRY(read_all(&reader));
	return options->follow ? follow(&reader, inotify) : NULL;
}
