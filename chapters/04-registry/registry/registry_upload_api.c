#include <inttypes.h>
#include <string.h>

#include "content_range.h"
#include "distribution_error.h"
#include "memory.h"
#include "registry_api.h"
#include "registry_auth.h"
#include "repository_name.h"

#define BLOCK_SIZE (128 * 1024)

/* -- the answers -- */

/* Where an upload goes on, and how far it is: bytes 0 to its last, and "0-0" for none. */
static void tell_upload(struct http_exchange *ex, const char *name, const char *id, uint64_t size)
{
	autofree char *range = format("0-%" PRIu64, size ? size - 1 : 0);

	registry_api_tell_location(ex, name, "blobs/uploads/%s", id);
	http_exchange_add_header(ex, "Range", range);
	http_exchange_add_header(ex, "Docker-Upload-UUID", id);
}

static fallible reply_created(struct http_exchange *ex, const char *name,
			      const struct digest *digest)
{
	registry_api_tell_location(ex, name, "blobs/%s", digest->text);
	registry_api_tell_digest(ex, digest);
	return http_reply_empty(ex, 201);
}

/* -- bytes -- */

static fallible check_range(struct http_exchange *ex, const char *name,
			    const struct registry_upload *upload)
{
	const char *text = http_exchange_header(ex, "Content-Range");
	struct content_range range;
	int64_t length = ex->request->content_length;

	if (!text)
		return NULL;
	TRY(content_range_parse_chunk(text, &range));
	if (range.first != (int64_t)upload->size) {
		tell_upload(ex, name, upload->id, upload->size);
		return error_coded(&distribution_upload_out_of_order,
				   "the chunk begins at %" PRId64 " where byte %" PRIu64
				   " comes next: ask with GET how far the upload is",
				   range.first, upload->size);
	}
	if (length >= 0 && length != range.last - range.first + 1)
		return error_coded(&distribution_size_invalid,
				   "the chunk has %" PRId64 " bytes where its Content-Range says "
				   "%" PRId64,
				   length, range.last - range.first + 1);
	return NULL;
}

static fallible receive_block(struct registry *registry, struct http_exchange *ex,
			      struct registry_upload *upload, char *block, size_t *length)
{
	const struct registry_limits *limits = &registry->limits;

	TRY(http_connection_read_body(ex->connection, block, BLOCK_SIZE, length));
	/* A body without a length was not checked when it began. */
	if (ex->request->content_length < 0 && (limits->quota || limits->repository_quota))
		TRY(registry_check_quota(registry, upload->repository, (int64_t)*length));
	TRY(content_writer_write(upload->writer, block, *length));
	upload->size += *length;
	return NULL;
}

/* What came before the connection broke is kept: the client may go on from there. */
static fallible receive(struct registry *registry, struct http_exchange *ex,
			struct registry_upload *upload)
{
	autofree char *block = NULL;
	int64_t told = ex->request->content_length;

	if (told == 0)
		return NULL;
	TRY(registry_check_quota(registry, upload->repository, told > 0 ? told : 0));
	block = allocate(BLOCK_SIZE);
	for (size_t length = 1; length;)
		TRY(receive_block(registry, ex, upload, block, &length));
	return NULL;
}

static fallible finish(struct registry *registry, struct http_exchange *ex, const char *name,
		       struct registry_upload *upload, const struct digest *digest)
{
	TRY(check_range(ex, name, upload));
	TRY(receive(registry, ex, upload));
	return registry_publish(registry, upload->repository, upload->writer, digest);
}

/* -- POST -- */

struct origin {
	const struct http_exchange *ex;
	char *name;
};

/* The first repository that has the blob and that who asks may read. */
static void choose_origin(void *context, const char *name)
{
	struct origin *origin = context;

	if (!origin->name && registry_auth_allows(origin->ex, name, AUTH_PULL))
		origin->name = duplicate(name);
}

/* *mounted stays false when it cannot be: then an upload begins, as if nothing had been asked. */
static fallible try_mount(struct registry *registry, const struct http_exchange *ex,
			  int64_t repository, const struct digest *digest, bool *mounted)
{
	const char *from = http_exchange_query(ex, "from", NULL);
	struct origin origin = {ex, NULL};

	if (from && repository_name_is_valid(from))
		choose_origin(&origin, from);
	else if (!from)
		TRY(registry_store_holders(registry->store, digest, choose_origin, &origin));
	autofree char *name = origin.name;
	struct error *e = name ? registry_mount(registry, repository, name, digest) : NULL;
	*mounted = name && !e;
	if (e && e->class == ERROR_NOT_FOUND)
		error_free(steal(&e));
	return e;
}

static fallible begin_upload(struct registry *registry, struct http_exchange *ex, const char *name,
			     int64_t repository)
{
	const char *algorithm = http_exchange_query(ex, "digest-algorithm", "sha256");
	struct registry_upload *upload;

	TRY(registry_upload_start(registry->uploads, repository, algorithm, &upload));
	tell_upload(ex, name, upload->id, 0);
	registry_upload_leave(registry->uploads, upload);
	return http_reply_empty(ex, 202);
}

/* The whole blob in the body of the POST. */
static fallible upload_at_once(struct registry *registry, struct http_exchange *ex,
			       const char *name, int64_t repository, const struct digest *digest)
{
	autofree char *algorithm = duplicate_range(digest->text, strcspn(digest->text, ":"));
	struct registry_upload *upload;

	TRY(registry_upload_start(registry->uploads, repository, algorithm, &upload));
	struct error *e = finish(registry, ex, name, upload, digest);
	registry_upload_drop(registry->uploads, upload);
	return e ? e : reply_created(ex, name, digest);
}

static fallible upload_post(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *mount = http_exchange_query(ex, "mount", NULL);
	const char *whole = http_exchange_query(ex, "digest", NULL);
	const char *name;
	struct digest digest;
	bool mounted = false;
	int64_t repository;

	TRY(registry_api_name(ex, &name));
	if (mount || whole)
		TRY(registry_api_digest(mount ? mount : whole, &digest));
	TRY(registry_store_create(registry->store, name, &repository));
	if (mount)
		TRY(try_mount(registry, ex, repository, &digest, &mounted));
	if (mounted)
		return reply_created(ex, name, &digest);
	if (whole && !mount)
		return upload_at_once(registry, ex, name, repository, &digest);
	return begin_upload(registry, ex, name, repository);
}

/* -- the rest -- */

static fallible take(struct registry *registry, const struct http_exchange *ex, const char **name,
		     struct registry_upload **upload)
{
	int64_t repository;

	TRY(registry_api_name(ex, name));
	TRY(registry_store_find(registry->store, *name, &repository));
	return registry_upload_take(registry->uploads, repository,
				    http_exchange_parameter(ex, "id"), upload);
}

static fallible upload_patch(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct registry_upload *upload;
	const char *name;

	TRY(take(registry, ex, &name, &upload));
	struct error *e = check_range(ex, name, upload);
	if (!e)
		e = receive(registry, ex, upload);
	if (!e)
		tell_upload(ex, name, upload->id, upload->size);
	registry_upload_leave(registry->uploads, upload);
	return e ? e : http_reply_empty(ex, 202);
}

static fallible digest_of_query(const struct http_exchange *ex, struct digest *digest)
{
	const char *text = http_exchange_query(ex, "digest", NULL);

	if (!text)
		return error_coded(&distribution_digest_invalid,
				   "who ends an upload says the digest of the whole: "
				   "PUT ...?digest=sha256:...");
	return registry_api_digest(text, digest);
}

/* Whether the upload is worth keeping: it can be gone on with. A wrong digest says that what came
 * is of no use, and the hash cannot be taken up again. */
static bool can_go_on(const struct error *e)
{
	return e && (e->class == ERROR_UNAVAILABLE || error_http_status(e) == 416);
}

static fallible upload_put(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct registry_upload *upload;
	struct digest digest;
	const char *name;

	TRY(digest_of_query(ex, &digest));
	TRY(take(registry, ex, &name, &upload));
	struct error *e = finish(registry, ex, name, upload, &digest);
	if (can_go_on(e))
		registry_upload_leave(registry->uploads, upload);
	else
		registry_upload_drop(registry->uploads, upload);
	return e ? e : reply_created(ex, name, &digest);
}

static fallible upload_get(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	const char *id = http_exchange_parameter(ex, "id");
	const char *name;
	int64_t repository;
	uint64_t size;

	TRY(registry_api_name(ex, &name));
	TRY(registry_store_find(registry->store, name, &repository));
	TRY(registry_upload_size(registry->uploads, repository, id, &size));
	tell_upload(ex, name, id, size);
	return http_reply_empty(ex, 204);
}

static fallible upload_delete(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct registry_upload *upload;
	const char *name;

	TRY(take(registry, ex, &name, &upload));
	registry_upload_drop(registry->uploads, upload);
	return http_reply_empty(ex, 204);
}

const struct route registry_upload_routes[] = {
	{"POST", "/v2/{name...}/blobs/uploads/", upload_post, "4.3", ACTION_PUSH},
	{"POST", "/v2/{name...}/blobs/uploads", upload_post, "4.3", ACTION_PUSH},
	{"PATCH", "/v2/{name...}/blobs/uploads/{id}", upload_patch, "4.3", ACTION_PUSH},
	{"PUT", "/v2/{name...}/blobs/uploads/{id}", upload_put, "4.3", ACTION_PUSH},
	{"GET", "/v2/{name...}/blobs/uploads/{id}", upload_get, "4.3", ACTION_PUSH},
	{"DELETE", "/v2/{name...}/blobs/uploads/{id}", upload_delete, "4.3", ACTION_PUSH},
	{0},
};
