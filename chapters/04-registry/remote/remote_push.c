#include "remote_push.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain.h"
#include "image_reach.h"
#include "memory.h"
#include "remote_manifest.h"
#include "remote_upload.h"
#include "text.h"

#define CONCURRENT_UPLOADS 5
#define UPLOAD_LIMIT       32
#define TELL_INTERVAL_NS   (100 * 1000 * 1000)

struct push_item {
	struct push *push;
	struct descriptor blob; /* the media type is a constant */
	char id[DIGEST_SHORT_LENGTH +
		1]; /* as Docker shows it: of a layer's diff id; "": not shown */
	char *mount_from;
	int64_t told_at; /* nanoseconds */
};

struct push {
	const struct remote_push_order *order;
	struct remote_session session; /* the order's, which also ends when we are stopped */
	struct image *image;
	struct push_item *blobs, *documents; /* documents: an outer one before its inner ones */
	size_t blob_count, document_count;
	bool incomplete; /* something of the index is not here */
	atomic_bool stopped;
	struct remote_registry *registry;
	int explain_fd;

	pthread_mutex_t lock; /* guards the rest, and the calls of tell */
	size_t next;
	struct error *problem;
};

static void drop_items(struct push *p)
{
	for (size_t i = 0; i < p->blob_count; i++)
		free(p->blobs[i].mount_from);
	free(steal(&p->blobs));
	free(steal(&p->documents));
	p->blob_count = p->document_count = 0;
}

static bool is_over(void *context)
{
	struct push *p = context;
	const struct remote_session *session = p->order->session;

	return atomic_load(&p->stopped) || (session->gone && session->gone(session->context));
}

/* -- telling -- */

static void tell(struct push_item *item, const char *status, uint64_t current, uint64_t total)
{
	struct push *p = item->push;
	const struct remote_progress progress = {
		.id = item->id, .status = status, .current = current, .total = total, .step = true};

	if (!*item->id)
		return;
	pthread_mutex_lock(&p->lock);
	p->order->tell(p->order->context, &progress);
	pthread_mutex_unlock(&p->lock);
}

static void tell_sent(void *context, uint64_t bytes)
{
	struct push_item *item = context;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	if (now - item->told_at < TELL_INTERVAL_NS)
		return;
	item->told_at = now;
	tell(item, "Pushing", bytes, item->blob.size);
}

/* -- what is pushed -- */

static void name_layer(const struct push *p, struct push_item *item)
{
	const struct image *image = p->image;

	for (size_t i = 0; i < image->layer_count; i++)
		if (digest_equal(&image->layers[i].blob, &item->blob.digest))
			digest_short(&image->layers[i].diff_id, item->id);
}

static fallible add_item(void *context, const struct descriptor *blob)
{
	struct push *p = context;
	bool document = *blob->media_type && descriptor_kind(blob) != DESCRIPTOR_OTHER;
	struct push_item item = {.push = p, .blob = *blob};

	item.blob.media_type = descriptor_known_type(blob);
	if (document) {
		p->documents =
			reallocate(p->documents, p->document_count + 1, sizeof(*p->documents));
		p->documents[p->document_count++] = item;
		return NULL;
	}
	name_layer(p, &item);
	p->blobs = reallocate(p->blobs, p->blob_count + 1, sizeof(*p->blobs));
	p->blobs[p->blob_count++] = item;
	return NULL;
}

static fallible note_missing(void *context, const struct descriptor *blob)
{
	struct push *p = context;
	(void)blob;

	p->incomplete = true;
	return NULL;
}

static fallible collect_from(struct push *p, const json_t *target)
{
	autoimage_reach reach = {
		.store = p->order->store, .visit = add_item, .missing = note_missing, .context = p};

	p->incomplete = false;
	drop_items(p);
	return image_reach(&reach, target);
}

static fallible collect(struct push *p)
{
	const struct image *image = p->image;
	const struct descriptor manifest = {image->manifest_type, image->manifest,
					    image->manifest_size};
	autojson *alone = descriptor_json(&manifest);

	TRY(collect_from(p, image->target));
	if (p->incomplete)
		TRY(collect_from(p, alone));
	if (!p->incomplete && p->document_count)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "cannot push the image %s: something of it is not here; pull or load it "
			 "again",
			 image->id.text);
}

/* -- mounting -- */

static bool image_has(const struct image *image, const struct digest *blob)
{
	for (size_t i = 0; i < image->layer_count; i++)
		if (digest_equal(&image->layers[i].blob, blob))
			return true;
	return false;
}

/* Another repository of the same registry among the names of an image: only what was pulled from
 * there or pushed to it has a name with a digest. */
static char *other_repository(const struct push *p, const struct image *image)
{
	for (size_t i = 0; i < image->digest_count; i++) {
		autoreference ref = {0};
		autoerror bad = reference_parse(image->digests[i], &ref);

		if (!bad && strcmp(ref.domain, p->order->ref->domain) == 0 &&
		    strcmp(ref.path, p->order->ref->path) != 0)
			return duplicate(ref.path);
	}
	return NULL;
}

static void find_mounts(struct push *p, struct image **images, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *repository = other_repository(p, images[i]);
		bool used = false;

		for (size_t b = 0; repository && b < p->blob_count; b++) {
			struct push_item *item = &p->blobs[b];

			if (item->mount_from || !image_has(images[i], &item->blob.digest))
				continue;
			item->mount_from = duplicate(repository);
			used = true;
		}
		if (used)
			remote_registry_add_scope(p->registry, repository, AUTH_PULL);
	}
}

static fallible choose_mounts(struct push *p)
{
	struct image **images;
	size_t count;

	TRY(image_list(p->order->store, &images, &count));
	find_mounts(p, images, count);
	image_list_free(images, count);
	return NULL;
}

/* -- blobs -- */

static fallible push_blob(struct push_item *item)
{
	struct push *p = item->push;
	const struct remote_upload upload = {
		.registry = p->registry,
		.content = image_store_content(p->order->store),
		.blob = &item->blob,
		.mount_from = item->mount_from,
		.progress = tell_sent,
		.context = item,
	};
	enum remote_upload_result result = REMOTE_UPLOADED;

	TRY(remote_upload(&upload, &result));
	autofree char *mounted =
		format("Mounted from %s", item->mount_from ? item->mount_from : "");
	tell(item,
	     result == REMOTE_EXISTED   ? "Layer already exists"
	     : result == REMOTE_MOUNTED ? mounted
					: "Pushed",
	     0, 0);
	return NULL;
}

static struct push_item *take_blob(struct push *p)
{
	pthread_mutex_lock(&p->lock);
	bool more = p->next < p->blob_count && !p->problem;
	struct push_item *item = more ? &p->blobs[p->next++] : NULL;
	pthread_mutex_unlock(&p->lock);
	return item;
}

static void note_problem(struct push *p, struct error *e)
{
	pthread_mutex_lock(&p->lock);
	if (p->problem)
		error_free(e);
	else
		p->problem = e;
	pthread_mutex_unlock(&p->lock);
	atomic_store(&p->stopped, true);
}

static void push_some(struct push *p)
{
	struct push_item *item;

	while ((item = take_blob(p))) {
		struct error *e = push_blob(item);

		if (e)
			note_problem(p, e);
	}
}

static void *push_main(void *context)
{
	struct push *p = context;

	explain_thread(p->explain_fd);
	push_some(p);
	return NULL;
}

static size_t wanted_threads(const struct push *p)
{
	json_t *most = json_at(p->order->session->settings, "max-concurrent-uploads", NULL);
	json_int_t limit = json_is_integer(most) ? json_integer_value(most) : CONCURRENT_UPLOADS;

	if (limit > UPLOAD_LIMIT)
		limit = UPLOAD_LIMIT;
	return limit < (json_int_t)p->blob_count ? (size_t)(limit < 1 ? 1 : limit) : p->blob_count;
}

/* This thread is one of them. */
static fallible push_blobs(struct push *p)
{
	pthread_t threads[UPLOAD_LIMIT];
	size_t wanted = wanted_threads(p), started = 0;

	for (size_t i = 0; i < p->blob_count; i++)
		tell(&p->blobs[i], i < wanted ? "Preparing" : "Waiting", 0, 0);
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, push_main, p) == 0)
		started++;
	push_some(p);
	while (started)
		pthread_join(threads[--started], NULL);
	return steal(&p->problem);
}

/* -- documents -- */

static fallible put_document(struct push *p, const struct descriptor *document, const char *name)
{
	autobuffer bytes = {0};

	TRY(content_read_verified(image_store_content(p->order->store), &document->digest,
				  document->size, &bytes));
	return remote_manifest_put(p->registry, document->media_type, &bytes, name);
}

static fallible put_documents(struct push *p)
{
	for (size_t i = p->document_count; i-- > 0;) {
		const struct descriptor *document = &p->documents[i].blob;

		TRY(put_document(p, document, i ? document->digest.text : p->order->ref->tag));
	}
	return NULL;
}

/* -- all of it -- */

static fallible speak(void *context, struct remote_registry *registry)
{
	struct push *p = context;

	p->registry = registry;
	TRY(remote_registry_ping(registry)); /* before anything is told: it may not be the one */
	TRY(choose_mounts(p));
	TRY(push_blobs(p));
	return put_documents(p);
}

static fallible note_digest(struct push *p)
{
	autofree char *repository = reference_repository(p->order->ref);
	autofree char *name = format("%s@%s", repository, p->documents[0].blob.digest.text);
	autojson *target = descriptor_json(&p->documents[0].blob);
	const struct image_adoption adoption = {.target = target, .names = {name}};

	return image_adopt_with(p->order->store, &adoption, NULL);
}

static fallible push_image(struct push *p)
{
	const struct remote_conversation conversation = {
		.session = &p->session,
		.domain = p->order->ref->domain,
		.path = p->order->ref->path,
		.actions = AUTH_PULL | AUTH_PUSH,
		.speak = speak,
		.context = p,
	};
	autoclose int lease = -1;

	TRY(image_lease(p->order->store, &lease));
	TRY(collect(p));
	TRY(remote_registry_each(&conversation));
	return note_digest(p);
}

fallible remote_push(const struct remote_push_order *order, struct descriptor *pushed)
{
	struct push p = {.order = order, .session = *order->session, .explain_fd = explain_fd()};
	autofree char *name = reference_normalized(order->ref);
	autofree char *familiar = reference_familiar(order->ref);
	autoimage *image = NULL;
	autoerror missing = image_resolve(order->store, name, &image);

	if (missing && missing->class == ERROR_NOT_FOUND)
		return error_new(ERROR_NOT_FOUND, "tag does not exist: %s", familiar);
	if (missing)
		return steal(&missing);
	p.image = image;
	p.session.gone = is_over;
	p.session.context = &p;
	pthread_mutex_init(&p.lock, NULL);
	struct error *e = push_image(&p);
	if (!e)
		*pushed = p.documents[0].blob;
	drop_items(&p);
	error_free(p.problem);
	pthread_mutex_destroy(&p.lock);
	return e;
}
