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
#include "file.h"
#include "log_driver.h"
#include "log_files.h"
#include "log_form.h"
#include "memory.h"
#include "text.h"

#define READ_SIZE      (64 * 1024)
#define LOOK_AROUND_MS 500 /* how often the container and the client are asked after */

/* A log is one stream of messages over several files; reading starts in one and ends in the last.
 */
struct log_reader {
	const struct log_options *options;
	const struct log_receiver *receiver;
	struct container *container;
	const struct log_form *form;
	char *path; /* of the log, in the container's folder; owned */
	struct log_files files;
	struct log_source source; /* the file that is read now */
	int64_t skip;             /* messages that are only counted */
	uint64_t end_identity;    /* without follow: where it ends */
	off_t end;
	struct buffer unread;
	struct log_decoder decoder;
	bool ended;
};
static void log_reader_finish(struct log_reader *reader)
{
	close_fd(&reader->files.folder);
	log_source_close(&reader->source);
	free(reader->path);
	buffer_finish(&reader->unread);
	log_decoder_finish(&reader->decoder);
}
#define auto_log_reader __attribute__((cleanup(log_reader_finish))) struct log_reader

/* ---- one message ---- */

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static bool is_zero(struct timespec time)
{
	return !time.tv_sec && !time.tv_nsec;
}

static fallible deliver(struct log_reader *reader, const struct log_message *message)
{
	const struct log_options *options = reader->options;

	if (reader->skip > 0) {
		reader->skip--;
		return NULL;
	}
	if (!(message->is_stderr ? options->stderr : options->stdout))
		return NULL;
	if (!is_zero(options->since) && is_before(message->time, options->since))
		return NULL;
	if (!is_zero(options->until) && is_before(options->until, message->time)) {
		reader->ended = true;
		return NULL;
	}
	return reader->receiver->write(reader->receiver->context, message);
}

/* What is no message (a disk that lost its end) is passed over: the others still count. */
static fallible take_messages(struct log_reader *reader)
{
	struct buffer *unread = &reader->unread;
	struct log_message message;
	bool is_message;
	size_t done = 0, size;

	while (!reader->ended && done < unread->length &&
	       (size = reader->form->take(&reader->decoder, unread->data + done,
					  unread->length - done, &message, &is_message))) {
		done += size;
		if (is_message)
			TRY(deliver(reader, &message));
	}
	buffer_consume(unread, done);
	return NULL;
}

/* ---- one file ---- */

/* How much may be read now: a log that is not followed ends where it ended when that was asked. */
static size_t read_most(const struct log_reader *reader)
{
	off_t left = reader->end - reader->source.at;

	if (reader->options->follow || reader->source.identity != reader->end_identity)
		return READ_SIZE;
	return left <= 0 ? 0 : left < READ_SIZE ? left : READ_SIZE;
}

static fallible check_client(const struct log_reader *reader)
{
	const struct log_receiver *receiver = reader->receiver;

	if (receiver->gone && receiver->gone(receiver->context))
		return error_new(ERROR_UNAVAILABLE, "the reader of the log has left");
	return NULL;
}

/* To the end of the file as it is now. */
static fallible read_on(struct log_reader *reader)
{
	while (reader->source.fd >= 0 && !reader->ended) {
		size_t most = read_most(reader);
		ssize_t n = most ? log_source_read(&reader->source,
						   buffer_reserve(&reader->unread, most), most)
				 : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot read the log '%s'", reader->path);
		reader->ended = !most;
		if (n == 0)
			return NULL;
		reader->unread.length += n;
		TRY(take_messages(reader));
		TRY(check_client(reader));
	}
	return NULL;
}

/* What is left of a file when the next one begins is no message. */
static bool take_next_file(struct log_reader *reader)
{
	if (reader->ended || !log_files_next(&reader->files, &reader->source))
		return false;
	reader->unread.length = 0;
	return true;
}

/* ---- where to begin ---- */

static fallible count_one(void *count, const struct log_message *message)
{
	(void)message;
	++*(int64_t *)count;
	return NULL;
}

/* One that is compressed cannot be read backward: all its messages are counted. */
static fallible count_messages(const struct log_reader *reader, int number, int64_t *count)
{
	const struct log_options all = {.stdout = true, .stderr = true, .follow = true};
	const struct log_receiver counter = {.write = count_one, .context = count};
	struct log_reader copy = {
		.options = &all, .receiver = &counter, .form = reader->form, .source.fd = -1};

	*count = 0;
	log_files_open(&reader->files, number, &copy.source);
	struct error *e = read_on(&copy);
	log_source_close(&copy.source);
	buffer_finish(&copy.unread);
	log_decoder_finish(&copy.decoder);
	return e;
}

/* Goes to where the last `*lines` of this file begin; what is missing is left in it. */
static fallible find_in_file(struct log_reader *reader, int number, int64_t *lines)
{
	int64_t count;
	off_t offset = 0;

	if (!reader->source.packed) {
		if (*lines == 0)
			offset = lseek(reader->source.fd, 0, SEEK_END);
		else
			reader->form->go_back(reader->source.fd, lines, &offset);
		log_source_seek(&reader->source, offset);
		return NULL;
	}
	TRY(count_messages(reader, number, &count));
	reader->skip = count > *lines ? count - *lines : 0;
	*lines -= count;
	return NULL;
}

/* Where `tail` lines from the end begin. */
static fallible find_start(struct log_reader *reader)
{
	int64_t lines = reader->options->tail;
	int oldest = log_files_count(&reader->files);

	if (lines < 0) {
		log_files_open_oldest(&reader->files, &reader->source);
		return NULL;
	}
	for (int number = 0; number <= oldest; number++) {
		if (!log_files_open(&reader->files, number, &reader->source))
			continue;
		TRY(find_in_file(reader, number, &lines));
		if (lines <= 0)
			break;
	}
	return NULL;
}

static void note_end(struct log_reader *reader)
{
	struct log_source last = {.fd = -1};

	if (!log_files_open(&reader->files, 0, &last))
		return;
	reader->end_identity = last.identity;
	reader->end = lseek(last.fd, 0, SEEK_END);
	log_source_close(&last);
}

/* Reads all files from the start on; the last one stays open. */
static fallible read_all(struct log_reader *reader)
{
	note_end(reader);
	TRY(find_start(reader));
	do
		TRY(read_on(reader));
	while (take_next_file(reader));
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

static fallible tell_pause(const struct log_reader *reader)
{
	const struct log_receiver *receiver = reader->receiver;

	return receiver->pause ? receiver->pause(receiver->context) : NULL;
}

/* Waits for the shim's next write; it closes the log before it tells of the exit, so the end
 * wakes us too, a little before the container's state says so. */
static fallible await_more(struct log_reader *reader, int inotify)
{
	struct pollfd one = {inotify, POLLIN, 0};

	TRY(tell_pause(reader));
	if (poll(&one, 1, LOOK_AROUND_MS) < 0 && errno != EINTR)
		return error_system("cannot wait for the log '%s'", reader->path);
	drain(inotify);
	return check_client(reader);
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

	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->files.folder);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_CLOSE_WRITE) < 0)
		return error_system("cannot watch the log '%s'", reader->path);
	*out = steal_fd(&fd);
	return NULL;
}

static fallible ask_driver(struct log_reader *reader)
{
	container_lock(reader->container);
	struct error *e = log_driver_reading(reader->container, &reader->form, &reader->path);
	container_unlock(reader->container);
	return e;
}

/* The folder that the files are in; -1 where a container that was never started has none yet. */
static fallible open_folder(struct log_reader *reader)
{
	autoclose int folder = -1;

	TRY(ask_driver(reader));
	char *slash = strrchr(reader->path, '/');
	reader->files.name = slash ? slash + 1 : reader->path;
	TRY(container_open_data(reader->container, &folder));
	if (!slash) {
		reader->files.folder = steal_fd(&folder);
		return NULL;
	}
	autofree char *below = duplicate_range(reader->path, slash - reader->path);
	reader->files.folder = openat(folder, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader->files.folder < 0 && errno != ENOENT)
		return error_system("cannot open the folder of the log '%s'", reader->path);
	return NULL;
}

fallible log_read(struct container *container, const struct log_options *options,
		  const struct log_receiver *receiver)
{
	autoclose int inotify = -1;
	auto_log_reader reader = {
		.options = options,
		.receiver = receiver,
		.container = container,
		.files.folder = -1,
		.source.fd = -1,
	};

	TRY(open_folder(&reader));
	if (reader.files.folder < 0)
		return NULL;
	/* Watched before it is read: what is written in between wakes us. */
	if (options->follow)
		TRY(open_inotify(&reader, &inotify));
	TRY(read_all(&reader));
	if (options->follow)
		TRY(follow(&reader, inotify));
	return tell_pause(&reader);
}
