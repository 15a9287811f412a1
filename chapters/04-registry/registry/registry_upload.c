#include "registry_upload.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distribution_error.h"
#include "explain.h"
#include "log.h"
#include "memory.h"
#include "text.h"

struct registry_uploads {
	struct content *content;
	pthread_mutex_t lock;
	struct registry_upload *first;
};

static const char *const algorithms[] = {"sha256", "sha512"};

static const char *find_algorithm(const char *text)
{
	for (size_t i = 0; i < countof(algorithms); i++)
		if (strcmp(algorithms[i], text) == 0)
			return algorithms[i];
	return NULL;
}

static void name_of(const struct registry_upload *upload, char name[CONTENT_NAME_LIMIT + 1])
{
	snprintf(name, CONTENT_NAME_LIMIT + 1, "%s.%s.%" PRId64, upload->id, upload->algorithm,
		 upload->repository);
}

/* A digest that only says which algorithm is meant. */
static struct digest like(const struct registry_upload *upload)
{
	struct digest digest = {0};

	snprintf(digest.text, sizeof(digest.text), "%s:", upload->algorithm);
	return digest;
}

/* -- finding what is there -- */

static bool is_id(const char *text)
{
	for (size_t i = 0; i < UPLOAD_ID_LENGTH; i++)
		if (!strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdef",
			    text[i]) ||
		    !text[i])
			return false;
	return true;
}

/* The record in the name of a file; false when it is none of ours. */
static bool read_name(const char *name, struct registry_upload *out)
{
	const char *dot = strrchr(name, '.');

	if (!is_id(name) || name[UPLOAD_ID_LENGTH] != '.' || dot <= name + UPLOAD_ID_LENGTH)
		return false;
	autofree char *algorithm =
		duplicate_range(name + UPLOAD_ID_LENGTH + 1, dot - name - UPLOAD_ID_LENGTH - 1);
	autoerror bad = integer_parse(dot + 1, "the repository", 0, INT64_MAX, &out->repository);

	memcpy(out->id, name, UPLOAD_ID_LENGTH);
	out->algorithm = find_algorithm(algorithm);
	return !bad && out->algorithm;
}

static void add(struct registry_uploads *uploads, struct registry_upload *upload)
{
	upload->next = uploads->first;
	uploads->first = upload;
}

static fallible find_left(void *context, const char *name, uint64_t size, time_t modified)
{
	struct registry_uploads *uploads = context;
	struct registry_upload found = {.size = size, .used = modified};

	if (!read_name(name, &found))
		return content_remove_ingest(uploads->content, name);
	struct registry_upload *upload = allocate(sizeof(*upload));
	*upload = found;
	add(uploads, upload);
	return NULL;
}

fallible registry_uploads_open(struct content *content, struct registry_uploads **out)
{
	struct registry_uploads *uploads = allocate(sizeof(*uploads));

	uploads->content = content;
	pthread_mutex_init(&uploads->lock, NULL);
	struct error *e = content_each_ingest(content, find_left, uploads);
	if (e)
		registry_uploads_close(uploads);
	else
		*out = uploads;
	return e;
}

static void forget(struct registry_upload *upload)
{
	if (upload->writer)
		content_writer_leave(upload->writer);
	free(upload);
}

void registry_uploads_close(struct registry_uploads *uploads)
{
	if (!uploads)
		return;
	for (struct registry_upload *next; uploads->first; uploads->first = next) {
		next = uploads->first->next;
		forget(uploads->first);
	}
	pthread_mutex_destroy(&uploads->lock);
	free(uploads);
}

/* -- working on one -- */

static void generate_id(char id[UPLOAD_ID_LENGTH + 1])
{
	char random[ID_LENGTH + 1];

	id_generate(random);
	/* RFC 9562: the digits that say "version 4" and "variant 1". */
	random[12] = '4';
	random[16] = "89ab"[random[16] & 3];
	snprintf(id, UPLOAD_ID_LENGTH + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", random, random + 8,
		 random + 12, random + 16, random + 20);
}

fallible registry_upload_start(struct registry_uploads *uploads, int64_t repository,
			       const char *algorithm, struct registry_upload **out)
{
	const char *known = find_algorithm(algorithm);
	char name[CONTENT_NAME_LIMIT + 1];
	uint64_t began = explain_clock();

	if (!known)
		return error_coded(&distribution_digest_invalid,
				   "'%.40s' is no digest algorithm that this registry has: take "
				   "sha256 or sha512",
				   algorithm);
	struct registry_upload *upload = allocate(sizeof(*upload));
	*upload = (struct registry_upload){
		.repository = repository, .algorithm = known, .busy = true, .used = time(NULL)};
	generate_id(upload->id);
	name_of(upload, name);
	struct digest algorithm_of = like(upload);
	struct error *e =
		content_writer_create(uploads->content, name, &algorithm_of, &upload->writer);
	if (e) {
		free(upload);
		return e;
	}
	pthread_mutex_lock(&uploads->lock);
	add(uploads, upload);
	pthread_mutex_unlock(&uploads->lock);
	explain(began, "4.3", "an upload is a file, and its name is all that is known of it",
		"open(\"ingest/%s\", O_CREAT | O_EXCL)", name);
	*out = upload;
	return NULL;
}

/* With the lock held. */
static fallible find(struct registry_uploads *uploads, int64_t repository, const char *id,
		     struct registry_upload **out)
{
	for (struct registry_upload *at = uploads->first; at; at = at->next)
		if (at->repository == repository && strcmp(at->id, id) == 0) {
			*out = at;
			return NULL;
		}
	return error_coded(&distribution_upload_unknown,
			   "there is no upload '%.64s' in this repository: it was ended, or nobody "
			   "went on with it in time; begin another one",
			   id);
}

static fallible claim(struct registry_uploads *uploads, int64_t repository, const char *id,
		      struct registry_upload **out)
{
	TRY(find(uploads, repository, id, out));
	if ((*out)->busy)
		return error_coded(&distribution_upload_busy,
				   "another request is working on the upload '%s'", id);
	(*out)->busy = true;
	return NULL;
}

static fallible reopen(struct registry_uploads *uploads, struct registry_upload *upload)
{
	char name[CONTENT_NAME_LIMIT + 1];
	struct digest algorithm = like(upload);

	name_of(upload, name);
	TRY(content_writer_resume(uploads->content, name, &algorithm, &upload->writer));
	upload->size = content_writer_size(upload->writer);
	return NULL;
}

fallible registry_upload_take(struct registry_uploads *uploads, int64_t repository, const char *id,
			      struct registry_upload **out)
{
	pthread_mutex_lock(&uploads->lock);
	struct error *e = claim(uploads, repository, id, out);
	pthread_mutex_unlock(&uploads->lock);
	if (!e && !(*out)->writer) {
		e = reopen(uploads, *out);
		if (e)
			registry_upload_leave(uploads, *out);
	}
	return e;
}

fallible registry_upload_size(struct registry_uploads *uploads, int64_t repository, const char *id,
			      uint64_t *size)
{
	struct registry_upload *found = NULL;

	pthread_mutex_lock(&uploads->lock);
	struct error *e = find(uploads, repository, id, &found);
	if (!e)
		*size = __atomic_load_n(&found->size, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&uploads->lock);
	return e;
}

/* Of one that has nothing yet there is no hash to keep, and so no descriptor. */
void registry_upload_leave(struct registry_uploads *uploads, struct registry_upload *upload)
{
	pthread_mutex_lock(&uploads->lock);
	if (upload->writer)
		upload->size = content_writer_size(upload->writer);
	if (upload->writer && !upload->size)
		content_writer_leave(steal(&upload->writer));
	upload->busy = false;
	upload->used = time(NULL);
	pthread_mutex_unlock(&uploads->lock);
}

/* With the lock held. */
static void unlink_upload(struct registry_uploads *uploads, struct registry_upload *upload)
{
	struct registry_upload **at = &uploads->first;

	while (*at != upload)
		at = &(*at)->next;
	*at = upload->next;
}

static void remove_file(struct registry_uploads *uploads, struct registry_upload *upload)
{
	char name[CONTENT_NAME_LIMIT + 1];

	name_of(upload, name);
	log_dropped(LOG_LEVEL_WARN, content_remove_ingest(uploads->content, name),
		    "an upload is left");
	forget(upload);
}

void registry_upload_drop(struct registry_uploads *uploads, struct registry_upload *upload)
{
	pthread_mutex_lock(&uploads->lock);
	unlink_upload(uploads, upload);
	pthread_mutex_unlock(&uploads->lock);
	remove_file(uploads, upload);
}

/* -- all of them -- */

static struct registry_upload *take_old(struct registry_uploads *uploads, time_t before)
{
	struct registry_upload *at;

	pthread_mutex_lock(&uploads->lock);
	for (at = uploads->first; at && (at->busy || at->used >= before);)
		at = at->next;
	if (at)
		unlink_upload(uploads, at);
	pthread_mutex_unlock(&uploads->lock);
	return at;
}

size_t registry_uploads_expire(struct registry_uploads *uploads, time_t before)
{
	size_t count = 0;

	for (struct registry_upload *old; (old = take_old(uploads, before)); count++)
		remove_file(uploads, old);
	return count;
}

uint64_t registry_uploads_bytes(struct registry_uploads *uploads)
{
	uint64_t bytes = 0;

	pthread_mutex_lock(&uploads->lock);
	for (struct registry_upload *at = uploads->first; at; at = at->next)
		bytes += __atomic_load_n(&at->size, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&uploads->lock);
	return bytes;
}

size_t registry_uploads_count(struct registry_uploads *uploads)
{
	size_t count = 0;

	pthread_mutex_lock(&uploads->lock);
	for (struct registry_upload *at = uploads->first; at; at = at->next)
		count++;
	pthread_mutex_unlock(&uploads->lock);
	return count;
}
