#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "content_range.h"
#include "distribution_error.h"
#include "explain.h"
#include "memory.h"
#include "registry_api.h"

#define SEEN_FRESH 60 /* seconds: not written down again before */

/* What is asked for, checked: the repository has it. */
static fallible find(struct registry *registry, const struct http_exchange *ex, const char **name,
		     struct digest *digest, int64_t *size, int64_t *seen)
{
	TRY(registry_api_name(ex, name));
	TRY(registry_api_digest(http_exchange_parameter(ex, "digest"), digest));
	return registry_store_find_blob(registry->store, *name, digest, size, seen);
}

/* Content under a digest never changes: whoever has it need not ask again. */
static void tell_content(struct http_exchange *ex, const struct digest *digest)
{
	autofree char *tag = format("\"%s\"", digest->text);

	registry_api_tell_digest(ex, digest);
	http_exchange_add_header(ex, "ETag", tag);
	http_exchange_add_header(ex, "Accept-Ranges", "bytes");
	http_exchange_add_header(ex, "Cache-Control", "max-age=31536000");
}

/* RFC 9110, 14.4. part: NULL when the blob has none that was asked for. */
static void tell_part(struct http_exchange *ex, const struct content_range *part, int64_t size)
{
	autofree char *range = part ? format("bytes %" PRId64 "-%" PRId64 "/%" PRId64, part->first,
					     part->last, size)
				    : format("bytes */%" PRId64, size);

	http_exchange_add_header(ex, "Content-Range", range);
}

int registry_api_tell_blob(struct http_exchange *ex, const struct digest *digest, int64_t size,
			   struct content_range *part)
{
	enum range_answer answer = content_range_ask(http_exchange_header(ex, "Range"), size, part);

	tell_content(ex, digest);
	if (answer != RANGE_WHOLE)
		tell_part(ex, answer == RANGE_PART ? part : NULL, size);
	else
		*part = (struct content_range){0, size - 1};
	return answer == RANGE_PART ? 206 : answer == RANGE_WHOLE ? 200 : 416;
}

static fallible open_blob(struct registry *registry, const struct digest *digest, int64_t size,
			  int *fd)
{
	struct error *e = content_open_blob(registry->content, digest, size, fd);

	/* The record was there a moment ago: it was removed in between. */
	if (!e || e->class != ERROR_NOT_FOUND)
		return e;
	error_free(e);
	return error_coded(&distribution_blob_unknown, "the blob %s was just removed",
			   digest->text);
}

fallible registry_blob_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *name;
	struct digest digest;
	struct content_range part;
	int64_t size;
	autoclose int fd = -1;

	TRY(find(registry, ex, &name, &digest, &size, NULL));
	uint64_t began = explain_clock();
	TRY(open_blob(registry, &digest, size, &fd));
	int status = registry_api_tell_blob(ex, &digest, size, &part);
	if (status == 416)
		return http_reply_empty(ex, status);
	struct error *e = http_reply_file(ex, status, "application/octet-stream", fd, part.first,
					  part.last - part.first + 1);
	if (!e)
		explain(began, "4.3", "a blob is a file, named by its content",
			"open(\"blobs/%.24s...\"), write(socket, %" PRId64 " bytes)", digest.text,
			size);
	return e;
}

/* Who asks whether a blob is there does not upload it: it must not be garbage a moment later. */
static fallible blob_head(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *name;
	struct digest digest;
	int64_t size, seen;

	TRY(find(registry, ex, &name, &digest, &size, &seen));
	if (seen + SEEN_FRESH < time(NULL) && !registry->limits.read_only)
		TRY(registry_store_touch_blob(registry->store, name, &digest));
	tell_content(ex, &digest);
	return http_reply_file(ex, 200, "application/octet-stream", -1, 0, size);
}

static fallible blob_delete(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *name;
	struct digest digest;

	TRY(registry_api_name(ex, &name));
	TRY(registry_api_digest(http_exchange_parameter(ex, "digest"), &digest));
	TRY(registry_store_remove_blob(registry->store, name, &digest));
	TRY(registry_release(registry, &digest));
	return http_reply_empty(ex, 202);
}

const struct route registry_blob_routes[] = {
	{"GET", "/v2/{name...}/blobs/{digest}", registry_blob_get, "4.2", ACTION_PULL},
	{"HEAD", "/v2/{name...}/blobs/{digest}", blob_head, "4.2", ACTION_PULL},
	{"DELETE", "/v2/{name...}/blobs/{digest}", blob_delete, "4.2", ACTION_DELETE},
	{0},
};
