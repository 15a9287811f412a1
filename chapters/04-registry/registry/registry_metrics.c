#include "registry_metrics.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http_peer.h"
#include "memory.h"
#include "registry.h"
#include "registry_api.h"
#include "registry_auth.h"

/* What requests are counted by: the action of their route, and the hundred of their status. */
static const char *const actions[] = {ACTION_BASE,   ACTION_OPEN,    ACTION_PULL, ACTION_PUSH,
				      ACTION_DELETE, ACTION_CATALOG, "none"};

/* Seconds; the last bucket is everything. */
static const double bounds[] = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60};

struct registry_metrics {
	int log; /* -1: none */
	atomic_ullong requests[countof(actions)][6];
	atomic_ullong sent, received;
	atomic_ullong buckets[countof(bounds) + 1];
	atomic_ullong microseconds;
};

fallible registry_metrics_open(const char *access_log, struct registry_metrics **out)
{
	struct registry_metrics *metrics = allocate(sizeof(*metrics));

	metrics->log = -1;
	*out = metrics;
	if (!access_log)
		return NULL;
	metrics->log = strcmp(access_log, "-") == 0
			       ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
			       : open(access_log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (metrics->log >= 0)
		return NULL;
	registry_metrics_close(metrics);
	*out = NULL;
	return error_system("cannot write the access log '%s'", access_log);
}

void registry_metrics_close(struct registry_metrics *metrics)
{
	if (!metrics)
		return;
	close_fd(&metrics->log);
	free(metrics);
}

/* -- the log -- */

/* What a client sends may try to look like another line, or to end its quotes. */
static void append_safely(struct buffer *line, const char *text)
{
	for (; *text; text++)
		if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ' ||
		    (unsigned char)*text >= 0x7f)
			buffer_printf(line, "\\x%02x", (unsigned char)*text);
		else
			buffer_append(line, text, 1);
}

static void write_line(const struct registry_metrics *metrics, const struct http_exchange *ex,
		       double seconds)
{
	const char *agent = http_exchange_header(ex, "User-Agent");
	const char *user = registry_auth_user(ex);
	char peer[HTTP_PEER_SIZE], when[64];
	autobuffer line = {0};
	struct tm tm;
	time_t now = time(NULL);

	http_peer_text(http_connection_fd(ex->connection), peer);
	strftime(when, sizeof(when), "%d/%b/%Y:%H:%M:%S %z", gmtime_r(&now, &tm));
	buffer_printf(&line, "%s - ", peer);
	append_safely(&line, *user ? user : "-");
	buffer_printf(&line, " [%s] \"%s ", when, ex->request->method);
	append_safely(&line, ex->request->target);
	buffer_printf(&line, " HTTP/1.%d\" %d %lld \"-\" \"", ex->request->old ? 0 : 1, ex->status,
		      (long long)(ex->body_length < 0 ? 0 : ex->body_length));
	append_safely(&line, agent ? agent : "-");
	buffer_printf(&line, "\" %.6f\n", seconds);
	/* One write: lines of threads never mix. A log that is full must not stop the registry. */
	(void)!write(metrics->log, line.data, line.length);
}

/* -- counting -- */

static size_t action_index(const struct http_exchange *ex)
{
	for (size_t i = 0; ex->route && i < countof(actions) - 1; i++)
		if (strcmp(actions[i], ex->route->action) == 0)
			return i;
	return countof(actions) - 1;
}

static size_t bucket_of(double seconds)
{
	size_t i = 0;

	while (i < countof(bounds) && seconds > bounds[i])
		i++;
	return i;
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void registry_metrics_note(struct registry_metrics *metrics, const struct http_exchange *ex)
{
	uint64_t taken = monotonic() - ex->began;
	double seconds = (double)taken / 1e9;
	size_t hundred = ex->status / 100 < 6 ? ex->status / 100 : 0;

	atomic_fetch_add(&metrics->requests[action_index(ex)][hundred], 1);
	atomic_fetch_add(&metrics->buckets[bucket_of(seconds)], 1);
	atomic_fetch_add(&metrics->microseconds, taken / 1000);
	if (ex->body_length > 0 && strcmp(ex->request->method, "HEAD") != 0)
		atomic_fetch_add(&metrics->sent, ex->body_length);
	if (ex->request->content_length > 0)
		atomic_fetch_add(&metrics->received, ex->request->content_length);
	if (metrics->log >= 0)
		write_line(metrics, ex, seconds);
}

/* -- telling -- */

static void tell_requests(struct buffer *text, struct registry_metrics *metrics)
{
	buffer_append_string(text, "# HELP mini_registry_requests_total Requests answered.\n"
				   "# TYPE mini_registry_requests_total counter\n");
	for (size_t i = 0; i < countof(actions); i++)
		for (size_t j = 1; j < 6; j++) {
			unsigned long long count = atomic_load(&metrics->requests[i][j]);

			if (count)
				buffer_printf(text,
					      "mini_registry_requests_total{action=\"%s\","
					      "code=\"%zuxx\"} %llu\n",
					      actions[i], j, count);
		}
}

static void tell_times(struct buffer *text, struct registry_metrics *metrics)
{
	unsigned long long sum = 0;

	buffer_append_string(text, "# HELP mini_registry_request_seconds How long requests took.\n"
				   "# TYPE mini_registry_request_seconds histogram\n");
	for (size_t i = 0; i <= countof(bounds); i++) {
		sum += atomic_load(&metrics->buckets[i]);
		if (i < countof(bounds))
			buffer_printf(text,
				      "mini_registry_request_seconds_bucket{le=\"%g\"} %llu\n",
				      bounds[i], sum);
		else
			buffer_printf(text,
				      "mini_registry_request_seconds_bucket{le=\"+Inf\"} %llu\n",
				      sum);
	}
	buffer_printf(text,
		      "mini_registry_request_seconds_sum %.6f\n"
		      "mini_registry_request_seconds_count %llu\n",
		      (double)atomic_load(&metrics->microseconds) / 1e6, sum);
}

static void tell_one(struct buffer *text, const char *name, const char *type, const char *help,
		     long long value)
{
	buffer_printf(text, "# HELP mini_registry_%s %s\n# TYPE mini_registry_%s %s\n", name, help,
		      name, type);
	buffer_printf(text, "mini_registry_%s %lld\n", name, value);
}

static fallible tell_content(struct buffer *text, struct registry *registry)
{
	struct registry_counts counts;

	TRY(registry_store_count(registry->store, &counts));
	tell_one(text, "stored_bytes", "gauge", "Bytes of blobs and manifests.",
		 atomic_load(&registry->stored));
	tell_one(text, "upload_bytes", "gauge", "Bytes of uploads that are not finished.",
		 (long long)registry_uploads_bytes(registry->uploads));
	tell_one(text, "uploads", "gauge", "Uploads that are not finished.",
		 (long long)registry_uploads_count(registry->uploads));
	tell_one(text, "repositories", "gauge", "Repositories.", counts.repositories);
	tell_one(text, "tags", "gauge", "Tags of all repositories.", counts.tags);
	tell_one(text, "manifests", "gauge", "Manifests of all repositories.", counts.manifests);
	tell_one(text, "blobs", "gauge", "Blobs of all repositories.", counts.blobs);
	return NULL;
}

static fallible metrics_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct registry_metrics *metrics = registry->metrics;
	autobuffer text = {0};

	tell_requests(&text, metrics);
	tell_times(&text, metrics);
	tell_one(&text, "sent_bytes_total", "counter", "Bytes of the bodies of answers.",
		 (long long)atomic_load(&metrics->sent));
	tell_one(&text, "received_bytes_total", "counter", "Bytes of the bodies of requests.",
		 (long long)atomic_load(&metrics->received));
	TRY(tell_content(&text, registry));
	return http_reply_bytes(ex, 200, "text/plain; version=0.0.4", text.data, text.length);
}

const struct route registry_metrics_routes[] = {
	{"GET", "/metrics", metrics_get, "4.11", ACTION_BASE},
	{0},
};
