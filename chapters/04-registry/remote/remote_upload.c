#include "remote_upload.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "content_range.h"
#include "distribution_error.h"
#include "explain.h"
#include "log.h"
#include "memory.h"

#define ATTEMPTS 5
#define PAUSE_MS 300 /* before the second one; each further one waits twice as long */

/* -- asking -- */

static fallible exists(const struct remote_upload *u, bool *there)
{
	struct remote_request request = {.method = "HEAD"};
	auto_remote_reply reply = {0};
	autofree char *path = format("%s/blobs/%s", remote_registry_repository(u->registry),
				     u->blob->digest.text);

	TRY(remote_registry_perform(u->registry, &request, path, &reply));
	*there = reply.status == 200;
	if (*there || reply.status == 404)
		return NULL;
	return remote_registry_refusal(&reply);
}

static fallible take_location(const struct remote_reply *reply, char **location)
{
	const char *text = http_fields_header(&reply->headers, "Location");

	if (!text || !*text)
		return error_new(ERROR_INVALID, "the registry does not say where to send a blob: "
						"its answer has no Location");
	free(*location);
	*location = duplicate(text);
	return NULL;
}

static fallible begin(const struct remote_upload *u, char **location, bool *mounted)
{
	struct remote_request request = {.method = "POST"};
	auto_remote_reply reply = {0};
	autobuffer path = {0};

	buffer_printf(&path, "%s/blobs/uploads/", remote_registry_repository(u->registry));
	if (u->mount_from) {
		http_query_add(&path, "from", u->mount_from);
		http_query_add(&path, "mount", u->blob->digest.text);
	}
	TRY(remote_registry_perform(u->registry, &request, path.data, &reply));
	*mounted = reply.status == 201 && u->mount_from;
	if (*mounted)
		return NULL;
	return reply.status == 202 ? take_location(&reply, location)
				   : remote_registry_refusal(&reply);
}

/* -- sending -- */

struct sending {
	const struct remote_upload *upload;
	int fd;
	uint64_t sent;
};

static fallible read_blob(void *context, void *bytes, size_t size, size_t *length)
{
	struct sending *s = context;
	ssize_t n = pread(s->fd, bytes, size, (off_t)s->sent);

	if (n < 0)
		return error_system("cannot read the blob %s", s->upload->blob->digest.text);
	*length = n;
	s->sent += n;
	if (s->upload->progress)
		s->upload->progress(s->upload->context, s->sent);
	return NULL;
}

static fallible again(int status)
{
	return error_new(ERROR_UNAVAILABLE, "the registry answered %d in the middle of a blob",
			 status);
}

static fallible send_rest(struct sending *s, char **location)
{
	const struct remote_upload *u = s->upload;
	const struct source body = {read_blob, s};
	struct remote_request request = {
		.method = "PATCH", .body = &body, .body_size = u->blob->size - (int64_t)s->sent};
	auto_remote_reply reply = {0};
	autofree char *range =
		format("%llu-%lld", (unsigned long long)s->sent, (long long)u->blob->size - 1);

	if (!request.body_size)
		return NULL;
	http_fields_add(&request.headers, "Content-Type", "application/octet-stream");
	http_fields_add(&request.headers, "Content-Range", range);
	struct error *e = remote_registry_perform(u->registry, &request, *location, &reply);
	http_fields_finish(&request.headers);
	TRY(e);
	if (reply.status == 202)
		return take_location(&reply, location);
	/* A token that has grown old, or a chunk that does not begin where the last one ended. */
	if (reply.status == 401 || reply.status == 416)
		return again(reply.status);
	return remote_registry_refusal(&reply);
}

static fallible finish(struct sending *s, const char *location)
{
	const struct remote_upload *u = s->upload;
	struct remote_request request = {.method = "PUT"};
	auto_remote_reply reply = {0};
	autobuffer url = {0};

	buffer_append_string(&url, location);
	buffer_printf(&url, "%sdigest=", strchr(location, '?') ? "&" : "?");
	http_escape(&url, u->blob->digest.text, false);
	TRY(remote_registry_perform(u->registry, &request, url.data, &reply));
	return reply.status == 201 || reply.status == 204 ? NULL : remote_registry_refusal(&reply);
}

/* "0-1023" are 1024 bytes; a registry that has none says 0-0 or nothing. */
static fallible ask_how_far(struct sending *s, char **location)
{
	struct remote_request request = {.method = "GET"};
	auto_remote_reply reply = {0};
	struct content_range range = {0};

	TRY(remote_registry_perform(s->upload->registry, &request, *location, &reply));
	if (reply.status != 204)
		return remote_registry_refusal(&reply);
	const char *text = http_fields_header(&reply.headers, "Range");
	autoerror none = content_range_parse_chunk(text ? text : "", &range);
	s->sent = none || range.last <= 0 ? 0 : (uint64_t)range.last + 1;
	if (s->sent > (uint64_t)s->upload->blob->size)
		return error_new(ERROR_INVALID, "the registry has more of %s than there is",
				 s->upload->blob->digest.text);
	if (http_fields_header(&reply.headers, "Location"))
		return take_location(&reply, location);
	return NULL;
}

static bool is_gone(const struct remote_upload *u)
{
	const struct remote_session *session = remote_registry_session(u->registry);

	return session->gone && session->gone(session->context);
}

static fallible send_all(struct sending *s, char **location)
{
	long pause = PAUSE_MS;

	for (int attempt = 1;; attempt++, pause *= 2) {
		struct error *e = attempt > 1 ? ask_how_far(s, location) : NULL;

		if (!e)
			e = send_rest(s, location);
		if (!e)
			return finish(s, *location);
		if (e->class != ERROR_UNAVAILABLE || attempt == ATTEMPTS || is_gone(s->upload))
			return e;
		log_dropped(LOG_LEVEL_INFO, e, "Upload failed, retrying (%d/%d)", attempt,
			    ATTEMPTS);
		nanosleep(&(struct timespec){pause / 1000, pause % 1000 * 1000000}, NULL);
	}
}

static fallible send_blob(const struct remote_upload *u, char **location)
{
	autoclose int fd = -1;

	TRY(content_open_blob(u->content, &u->blob->digest, u->blob->size, &fd));
	struct sending sending = {.upload = u, .fd = fd};
	return send_all(&sending, location);
}

fallible remote_upload_mount(const struct remote_upload *upload)
{
	autofree char *location = NULL;
	bool there = false, mounted = false;

	TRY(exists(upload, &there));
	if (!there)
		TRY(begin(upload, &location, &mounted));
	if (there || mounted)
		return NULL;
	return error_new(ERROR_UNAVAILABLE,
			 "the registry does not mount %s from %s into %s: pull the image and push "
			 "it there",
			 upload->blob->digest.text, upload->mount_from,
			 remote_registry_repository(upload->registry));
}

fallible remote_upload(const struct remote_upload *upload, enum remote_upload_result *result)
{
	autofree char *location = NULL;
	bool there = false, mounted = false;
	uint64_t began = explain_clock();

	TRY(exists(upload, &there));
	*result = REMOTE_EXISTED;
	if (there)
		return NULL;
	TRY(begin(upload, &location, &mounted));
	*result = mounted ? REMOTE_MOUNTED : REMOTE_UPLOADED;
	if (!mounted)
		TRY(send_blob(upload, &location));
	explain(began, "4.8", "a blob is sent under its digest, which the registry checks",
		"curl -X PUT -T blob '%s/v2/%s/blobs/uploads/...?digest=%s'",
		remote_registry_base(upload->registry),
		remote_registry_repository(upload->registry), upload->blob->digest.text);
	return NULL;
}
