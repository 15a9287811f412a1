#include "remote_download.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "content_range.h"
#include "deadline.h"
#include "distribution_error.h"
#include "explain.h"
#include "log.h"
#include "memory.h"

#define ATTEMPTS         5
#define FIRST_PAUSE_MS   200
#define LONGEST_PAUSE_MS 10000
#define WATCH_MS         100       /* how often who waits for another looks */
#define ADVANCE          (1 << 20) /* bytes after which a broken connection is no failed attempt */

enum state { IDLE, FETCHING, DONE };

struct remote_download {
	struct remote_download *next; /* in the table, guarded by table_lock */
	unsigned users;

	struct content *content;
	struct digest digest;
	int64_t size;

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	enum state state;
	struct content_writer *writer; /* of who fetches alone: it is sealed without the lock */
	int file;                      /* what it writes, for who reads behind; -1: none */
	uint64_t bytes;                /* that are there, and can be read */
	unsigned generation;           /* of the writer */
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct remote_download *table;

/* -- joining -- */

static struct remote_download *find(struct content *content, const struct descriptor *blob)
{
	for (struct remote_download *d = table; d; d = d->next)
		if (d->content == content && d->size == blob->size &&
		    digest_equal(&d->digest, &blob->digest))
			return d;
	return NULL;
}

static struct remote_download *create(struct content *content, const struct descriptor *blob)
{
	struct remote_download *d = allocate(sizeof(*d));

	d->content = content;
	d->digest = blob->digest;
	d->size = blob->size;
	d->file = -1;
	pthread_mutex_init(&d->lock, NULL);
	deadline_condition_init(&d->changed);
	d->next = table;
	table = d;
	return d;
}

struct remote_download *remote_download_join(struct content *content, const struct descriptor *blob)
{
	pthread_mutex_lock(&table_lock);
	struct remote_download *d = find(content, blob);
	if (!d)
		d = create(content, blob);
	d->users++;
	pthread_mutex_unlock(&table_lock);
	return d;
}

static void destroy_writer(struct remote_download *d)
{
	content_writer_destroy(steal(&d->writer));
	close_fd(&d->file);
}

void remote_download_leave(struct remote_download *download)
{
	struct remote_download **at = &table;

	pthread_mutex_lock(&table_lock);
	bool last = --download->users == 0;
	while (last && *at != download)
		at = &(*at)->next;
	if (last)
		*at = download->next;
	pthread_mutex_unlock(&table_lock);
	if (!last)
		return;
	destroy_writer(download);
	pthread_cond_destroy(&download->changed);
	pthread_mutex_destroy(&download->lock);
	free(download);
}

void remote_download_wake(struct remote_download *download)
{
	pthread_mutex_lock(&download->lock);
	pthread_cond_broadcast(&download->changed);
	pthread_mutex_unlock(&download->lock);
}

/* -- fetching -- */

/* One answer on its way into the writer. */
struct receipt {
	struct remote_download *download;
	remote_download_progress *progress;
	void *context;
	uint64_t skip; /* the server began at the first byte again */
};

static fallible check_length(const struct remote_download *d, const struct remote_reply *reply,
			     uint64_t from)
{
	const char *text = http_fields_header(&reply->headers, "Content-Length");
	char *end;

	if (!text)
		return NULL;
	unsigned long long length = strtoull(text, &end, 10);
	if (*end || length == (uint64_t)d->size - from)
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "the registry offers %llu bytes for %s, of which %llu of %lld are missing",
			 length, d->digest.text, (unsigned long long)(d->size - from),
			 (long long)d->size);
}

static fallible check_part(const struct remote_download *d, const struct remote_reply *reply)
{
	const char *text = http_fields_header(&reply->headers, "Content-Range");
	struct content_range range = {0};
	int64_t total;

	TRY(content_range_parse_part(text ? text : "", &range, &total));
	if (range.first == (int64_t)d->bytes)
		return NULL;
	return error_new(ERROR_CORRUPT, "the registry gives %s from byte %lld, asked for %llu",
			 d->digest.text, (long long)range.first, (unsigned long long)d->bytes);
}

static fallible begin_receipt(void *context, const struct remote_reply *reply)
{
	struct receipt *receipt = context;
	struct remote_download *d = receipt->download;

	receipt->skip = reply->status == 206 ? 0 : d->bytes;
	if (reply->status == 206)
		TRY(check_part(d, reply));
	return check_length(d, reply, reply->status == 206 ? d->bytes : 0);
}

static fallible take_bytes(void *context, const void *bytes, size_t length)
{
	struct receipt *receipt = context;
	struct remote_download *d = receipt->download;
	size_t skipped = receipt->skip < length ? receipt->skip : length;

	receipt->skip -= skipped;
	length -= skipped;
	if (length > (uint64_t)d->size - d->bytes)
		return error_new(ERROR_CORRUPT,
				 "the registry sends more than the %lld bytes that %s has",
				 (long long)d->size, d->digest.text);
	TRY(content_writer_write(d->writer, (const char *)bytes + skipped, length));
	pthread_mutex_lock(&d->lock);
	d->bytes += length;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	if (receipt->progress)
		receipt->progress(receipt->context, d->bytes);
	return NULL;
}

static fallible request_bytes(struct receipt *receipt, struct remote_registry *registry)
{
	struct remote_download *d = receipt->download;
	const struct sink sink = {take_bytes, receipt};
	struct remote_request request = {.method = "GET", .sink = &sink, .begin = begin_receipt};
	autofree char *path =
		format("%s/blobs/%s", remote_registry_repository(registry), d->digest.text);
	autofree char *range = format("bytes=%llu-", (unsigned long long)d->bytes);
	auto_remote_reply reply = {0};

	if (d->bytes)
		http_fields_add(&request.headers, "Range", range);
	struct error *e = remote_registry_perform(registry, &request, path, &reply);
	http_fields_finish(&request.headers);
	TRY(e);
	if (reply.status != 200 && reply.status != 206)
		return remote_registry_refusal(&reply);
	if (d->bytes == (uint64_t)d->size)
		return NULL;
	return error_new(ERROR_UNAVAILABLE, "the registry ended after %llu of %lld bytes of %s",
			 (unsigned long long)d->bytes, (long long)d->size, d->digest.text);
}

static bool is_gone(struct remote_registry *registry)
{
	const struct remote_session *session = remote_registry_session(registry);

	return session->gone && session->gone(session->context);
}

static void pause_before(struct remote_registry *registry, int attempt)
{
	int64_t left = FIRST_PAUSE_MS;

	while (--attempt > 0 && left < LONGEST_PAUSE_MS)
		left *= 2;
	for (; left > 0 && !is_gone(registry); left -= WATCH_MS)
		nanosleep(&(struct timespec){.tv_nsec = WATCH_MS * 1000000L}, NULL);
}

static int most_attempts(struct remote_registry *registry)
{
	const struct remote_session *session = remote_registry_session(registry);
	json_t *most = json_at(session->settings, "max-download-attempts", NULL);

	return json_is_integer(most) ? (int)json_integer_value(most) : ATTEMPTS;
}

/* Whether trying again in a moment may. A limit that is reached stays so for hours. */
static bool may_help(const struct error *e)
{
	return e->class == ERROR_UNAVAILABLE && e->code != &distribution_too_many_requests;
}

static fallible fetch_bytes(struct receipt *receipt, struct remote_registry *registry)
{
	struct remote_download *d = receipt->download;
	int most = most_attempts(registry);

	for (int attempt = 1;; attempt++) {
		uint64_t before = d->bytes;
		struct error *e = request_bytes(receipt, registry);

		if (!e || !may_help(e) || is_gone(registry))
			return e;
		if (d->bytes - before >= ADVANCE)
			attempt = 1;
		if (attempt >= most)
			return error_wrap(e, "given up after %d attempts", attempt);
		log_dropped(LOG_LEVEL_INFO, e, "Download failed, retrying (%d/%d)", attempt, most);
		pause_before(registry, attempt);
	}
}

static fallible open_writer(struct remote_download *d)
{
	autowriter *writer = NULL;
	int file;

	if (d->writer)
		return NULL;
	TRY(content_writer_open(d->content, &writer));
	TRY(content_writer_reopen(writer, &file));
	pthread_mutex_lock(&d->lock);
	d->writer = steal(&writer);
	d->file = file;
	d->bytes = 0;
	d->generation++;
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void drop_writer(struct remote_download *d)
{
	pthread_mutex_lock(&d->lock);
	destroy_writer(d);
	d->bytes = 0;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

/* Bytes that turned out to be wrong are worth nothing to the next one. */
static fallible store_bytes(struct remote_download *d)
{
	struct error *e = content_writer_seal(d->writer, &d->digest, d->size);

	if (!e)
		return content_writer_commit(d->writer);
	drop_writer(d);
	return error_wrap(e, "filesystem layer verification failed for digest %s", d->digest.text);
}

static fallible fetch(struct receipt *receipt, struct remote_registry *registry)
{
	struct remote_download *d = receipt->download;
	uint64_t began = explain_clock();

	TRY(open_writer(d));
	struct error *e =
		d->bytes < (uint64_t)d->size || !d->size ? fetch_bytes(receipt, registry) : NULL;
	if (e && e->class != ERROR_UNAVAILABLE)
		drop_writer(d); /* what is in the file is not what was counted */
	TRY(e);
	TRY(store_bytes(d));
	explain(began, "4.7", "a blob is asked for by its digest, and hashed while it comes",
		"curl -L %s/v2/%s/blobs/%s | sha256sum", remote_registry_base(registry),
		remote_registry_repository(registry), d->digest.text);
	return NULL;
}

/* The blob may have been here before anybody asked. */
static bool is_stored(struct remote_download *d)
{
	autoclose int fd = -1;
	autoerror missing = content_open_blob(d->content, &d->digest, d->size, &fd);

	return !missing;
}

enum turn { TURN_MINE, TURN_DONE, TURN_OF_ANOTHER };

/* Takes the fetching, unless another has it: then we watch him for a moment. */
static enum turn take_turn(struct receipt *receipt)
{
	struct remote_download *d = receipt->download;
	enum turn turn = TURN_OF_ANOTHER;

	pthread_mutex_lock(&d->lock);
	if (d->state == FETCHING) {
		struct timespec until = deadline_after(WATCH_MS);

		pthread_cond_timedwait(&d->changed, &d->lock, &until);
	}
	if (d->state == IDLE)
		turn = TURN_MINE;
	if (d->state == DONE)
		turn = TURN_DONE;
	if (turn == TURN_MINE)
		d->state = FETCHING;
	uint64_t bytes = d->bytes;
	pthread_mutex_unlock(&d->lock);
	if (turn == TURN_OF_ANOTHER && receipt->progress)
		receipt->progress(receipt->context, bytes);
	return turn;
}

static void end_turn(struct remote_download *d, bool done)
{
	pthread_mutex_lock(&d->lock);
	d->state = done ? DONE : IDLE;
	if (done) {
		d->bytes = d->size;
		destroy_writer(d);
	}
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
}

fallible remote_download_run(struct remote_download *download, struct remote_registry *registry,
			     remote_download_progress *progress, void *context)
{
	struct receipt receipt = {download, progress, context, 0};
	enum turn turn;

	while ((turn = take_turn(&receipt)) == TURN_OF_ANOTHER)
		if (is_gone(registry))
			return error_new(ERROR_UNAVAILABLE, "context canceled");
	if (turn == TURN_DONE)
		return NULL;
	struct error *e = is_stored(download) ? NULL : fetch(&receipt, registry);
	end_turn(download, !e);
	return e;
}

/* -- reading behind who writes -- */

struct reader {
	struct remote_download *download;
	const atomic_bool *stopped;
	int fd; /* -1: nothing was read yet */
	uint64_t at;
	unsigned generation;
};

static fallible open_file(struct reader *r)
{
	struct remote_download *d = r->download;

	if (r->fd >= 0)
		return NULL;
	r->generation = d->generation;
	if (d->file < 0)
		return content_open_blob(d->content, &d->digest, d->size, &r->fd);
	r->fd = fcntl(d->file, F_DUPFD_CLOEXEC, 0);
	return r->fd < 0 ? error_system("cannot read behind a download") : NULL;
}

/* Waits for bytes behind r->at; *ready is how many there are, 0 at the end. */
static fallible wait_for_bytes(struct reader *r, uint64_t *ready)
{
	struct remote_download *d = r->download;

	while (d->bytes <= r->at && d->state != DONE && !atomic_load(r->stopped))
		pthread_cond_wait(&d->changed, &d->lock);
	*ready = d->bytes > r->at ? d->bytes - r->at : 0;
	if (!*ready && d->state != DONE)
		return error_new(ERROR_UNAVAILABLE, "the download of %s ended", d->digest.text);
	if (r->fd >= 0 && r->generation != d->generation && d->state != DONE)
		return error_new(ERROR_CORRUPT, "the download of %s begins again", d->digest.text);
	return *ready ? open_file(r) : NULL;
}

static fallible read_behind(void *context, void *bytes, size_t size, size_t *length)
{
	struct reader *r = context;
	uint64_t ready;

	pthread_mutex_lock(&r->download->lock);
	struct error *e = wait_for_bytes(r, &ready);
	pthread_mutex_unlock(&r->download->lock);
	TRY(e);
	ssize_t n = ready ? pread(r->fd, bytes, size < ready ? size : ready, (off_t)r->at) : 0;
	if (n < 0)
		return error_system("cannot read the blob %s", r->download->digest.text);
	*length = n;
	r->at += n;
	return NULL;
}

fallible remote_download_open(struct remote_download *download, const atomic_bool *stopped,
			      struct source *source)
{
	struct reader *r = allocate(sizeof(*r));

	*r = (struct reader){.download = download, .stopped = stopped, .fd = -1};
	*source = (struct source){read_behind, r};
	return NULL;
}

void remote_download_close(const struct source *source)
{
	struct reader *r = source->context;

	close_fd(&r->fd);
	free(r);
}
