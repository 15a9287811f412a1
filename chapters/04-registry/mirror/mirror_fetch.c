#include "mirror_fetch.h"

#include <stdlib.h>

#include "distribution_error.h"
#include "explain.h"
#include "log.h"
#include "memory.h"
#include "mirror_room.h"
#include "remote_download.h"

#define BLOCK_SIZE (64 << 10)

struct mirror_fetch {
	struct mirror_fetch *next; /* in the mirror, whose lock guards it and the next two */
	unsigned users;            /* its thread is one */
	struct error *problem;     /* why it failed */

	struct mirror *mirror;
	char *name;
	struct descriptor blob;
	struct remote_download *download;
	atomic_bool stopped; /* nothing more comes */
};

/* -- fetching -- */

static fallible speak(void *context, struct remote_registry *remote)
{
	struct mirror_fetch *fetch = context;

	/* An address that is none is left at once; a download would try again for a while. */
	TRY(remote_registry_ping(remote));
	return remote_download_run(fetch->download, remote, NULL, NULL);
}

static fallible fetch_and_record(struct mirror_fetch *fetch)
{
	struct registry *registry = fetch->mirror->registry;
	uint64_t began = explain_clock();
	int64_t repository;

	TRY(registry_store_create(registry->store, fetch->name, &repository));
	TRY(mirror_make_room(registry, repository, fetch->blob.size));
	TRY(mirror_refusal(fetch->mirror, &distribution_blob_unknown,
			   mirror_converse(fetch->mirror, fetch->name, speak, fetch)));
	explain(began, "4.12", "what is not here comes from there, once, and is kept",
		"curl https://%s/v2/%s/blobs/%s | tee blobs/... | sha256sum", fetch->mirror->domain,
		fetch->name, fetch->blob.digest.text);
	return registry_adopt(registry, repository, &fetch->blob.digest);
}

static void take_off(struct mirror_fetch *fetch, struct error *e)
{
	struct mirror *mirror = fetch->mirror;
	struct mirror_fetch **at = &mirror->fetches;

	pthread_mutex_lock(&mirror->lock);
	while (*at != fetch)
		at = &(*at)->next;
	*at = fetch->next;
	fetch->problem = e;
	pthread_mutex_unlock(&mirror->lock);
	atomic_store(&fetch->stopped, e != NULL);
	remote_download_wake(fetch->download);
}

static void *fetch_main(void *argument)
{
	struct mirror_fetch *fetch = argument;
	struct error *e = fetch_and_record(fetch);

	if (e)
		log_warn("%s/blobs/%s: %s", fetch->name, fetch->blob.digest.text, e->message);
	take_off(fetch, e);
	mirror_fetch_leave(fetch);
	return NULL;
}

/* -- joining -- */

static struct mirror_fetch *find(const struct mirror *mirror, const struct descriptor *blob)
{
	struct mirror_fetch *fetch = mirror->fetches;

	while (fetch && !digest_equal(&fetch->blob.digest, &blob->digest))
		fetch = fetch->next;
	return fetch;
}

static struct mirror_fetch *create(struct mirror *mirror, const char *name,
				   const struct descriptor *blob)
{
	struct mirror_fetch *fetch = allocate(sizeof(*fetch));

	fetch->mirror = mirror;
	fetch->name = duplicate(name);
	fetch->blob = *blob;
	fetch->download = remote_download_join(mirror->registry->content, blob);
	return fetch;
}

static void destroy(struct mirror_fetch *fetch)
{
	remote_download_leave(fetch->download);
	error_free(fetch->problem);
	free(fetch->name);
	free(fetch);
}

static fallible begin(struct mirror_fetch *fetch)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int code = pthread_create(&thread, &attributes, fetch_main, fetch);
	pthread_attr_destroy(&attributes);
	if (code)
		return error_errno(ERROR_SYSTEM, code, "cannot start to fetch a blob");
	return NULL;
}

static fallible join_locked(struct mirror *mirror, const char *name, const struct descriptor *blob,
			    struct mirror_fetch **out)
{
	struct mirror_fetch *fetch = find(mirror, blob);

	if (!fetch) {
		fetch = create(mirror, name, blob);
		struct error *e = begin(fetch);
		if (e) {
			destroy(fetch);
			return e;
		}
		fetch->users = 1;
		fetch->next = mirror->fetches;
		mirror->fetches = fetch;
		mirror->fetch_count++;
	}
	fetch->users++;
	*out = fetch;
	return NULL;
}

fallible mirror_fetch_join(struct mirror *mirror, const char *name, const struct descriptor *blob,
			   struct mirror_fetch **out)
{
	pthread_mutex_lock(&mirror->lock);
	struct error *e = join_locked(mirror, name, blob, out);
	pthread_mutex_unlock(&mirror->lock);
	return e;
}

/* The mirror may be closed as soon as it has none: nothing of it is touched after. */
void mirror_fetch_leave(struct mirror_fetch *fetch)
{
	struct mirror *mirror = fetch->mirror;

	pthread_mutex_lock(&mirror->lock);
	if (--fetch->users == 0) {
		destroy(fetch);
		mirror->fetch_count--;
		pthread_cond_broadcast(&mirror->ended);
	}
	pthread_mutex_unlock(&mirror->lock);
}

/* -- reading -- */

/* An error belongs to one thread: each reader gets his own. */
static fallible problem_of(struct mirror_fetch *fetch, struct error *e)
{
	struct error *told = NULL;

	pthread_mutex_lock(&fetch->mirror->lock);
	const struct error *problem = fetch->problem;
	if (problem)
		told = problem->code ? error_coded(problem->code, "%s", problem->message)
				     : error_new(problem->class, "%s", problem->message);
	pthread_mutex_unlock(&fetch->mirror->lock);
	if (!told)
		return e;
	error_free(e);
	return told;
}

static fallible read_some(struct mirror_reader *reader, void *bytes, size_t size, size_t *length)
{
	struct error *e = reader->bytes.read(reader->bytes.context, bytes, size, length);

	return e ? problem_of(reader->fetch, e) : NULL;
}

/* The end of the source comes when the whole is verified. */
static fallible wait_for_end(struct mirror_reader *reader)
{
	char none;
	size_t length;

	return read_some(reader, &none, 1, &length);
}

static fallible read_verified(void *context, void *bytes, size_t size, size_t *length)
{
	struct mirror_reader *reader = context;

	TRY(read_some(reader, bytes, size, length));
	reader->at += (int64_t)*length;
	return reader->at == reader->fetch->blob.size ? wait_for_end(reader) : NULL;
}

static fallible skip(struct mirror_reader *reader, int64_t offset)
{
	autofree char *block = offset ? allocate(BLOCK_SIZE) : NULL;

	while (reader->at < offset) {
		int64_t left = offset - reader->at;
		size_t length;

		TRY(read_some(reader, block, left < BLOCK_SIZE ? left : BLOCK_SIZE, &length));
		if (!length)
			return error_new(ERROR_CORRUPT, "the blob %s ends before byte %lld",
					 reader->fetch->blob.digest.text, (long long)offset);
		reader->at += (int64_t)length;
	}
	return NULL;
}

fallible mirror_reader_open(struct mirror_fetch *fetch, int64_t offset,
			    struct mirror_reader *reader, struct source *source)
{
	*reader = (struct mirror_reader){.fetch = fetch};
	*source = (struct source){read_verified, reader};
	TRY(remote_download_open(fetch->download, &fetch->stopped, &reader->bytes));
	struct error *e = skip(reader, offset);
	if (e)
		mirror_reader_close(reader);
	return e;
}

void mirror_reader_close(struct mirror_reader *reader)
{
	remote_download_close(&reader->bytes);
}
