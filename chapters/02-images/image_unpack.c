#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "explain.h"
#include "image_store.h"
#include "memory.h"

#define THREAD_LIMIT 8

/* Threads take the layers that are missing, lowest first; what they make is finished in order. */
struct unpacking {
	struct image_store *store;
	struct image *image;
	const struct image_feed *feed;
	int explain_fd; /* the trace of the caller's thread */

	pthread_mutex_t lock; /* guards the rest, and the calls of progress */
	size_t next;
	struct layer_draft **drafts; /* by layer; NULL: it is there already, or failed */
	struct error *problem;       /* the first one */
};

/* The packed layer, told to the progress as it is read. */
struct tracked {
	struct source inner;
	struct unpacking *unpacking;
	const struct image_layer *layer;
	uint64_t bytes;
};

static fallible read_tracked(void *context, void *bytes, size_t size, size_t *length)
{
	struct tracked *tracked = context;
	struct unpacking *u = tracked->unpacking;

	TRY(tracked->inner.read(tracked->inner.context, bytes, size, length));
	tracked->bytes += *length;
	if (!u->feed->progress)
		return NULL;
	pthread_mutex_lock(&u->lock);
	u->feed->progress(u->feed->context, tracked->layer, tracked->bytes);
	pthread_mutex_unlock(&u->lock);
	return NULL;
}

static fallible unpack_from(struct unpacking *u, size_t index, const struct source *inner)
{
	const struct image_layer *layer = &u->image->layers[index];
	struct tracked tracked = {.inner = *inner, .unpacking = u, .layer = layer};
	struct source packed = {read_tracked, &tracked};

	return layer_draft_open(u->store->layers, index == 0, &layer->diff_id, &packed,
				&u->store->limits, &u->drafts[index]);
}

static fallible unpack_stored(struct unpacking *u, size_t index)
{
	const struct image_layer *layer = &u->image->layers[index];
	autoclose int fd = -1;

	TRY(content_open_blob(u->store->content, &layer->blob, layer->blob_size, &fd));
	struct source packed = source_from_fd(&fd);
	return unpack_from(u, index, &packed);
}

static fallible unpack_one(struct unpacking *u, size_t index)
{
	const struct image_feed *feed = u->feed;
	struct source packed;

	if (!feed->open)
		return unpack_stored(u, index);
	TRY(feed->open(feed->context, &u->image->layers[index], &packed));
	struct error *e = unpack_from(u, index, &packed);
	feed->close(feed->context, &packed);
	return e;
}

/* false: nothing is left to do. */
static bool take_layer(struct unpacking *u, size_t *index)
{
	pthread_mutex_lock(&u->lock);
	while (u->next < u->image->layer_count &&
	       layer_exists(u->store->layers, &u->image->layers[u->next].chain_id))
		u->next++;
	*index = u->next;
	bool taken = !u->problem && u->next < u->image->layer_count;
	u->next += taken;
	pthread_mutex_unlock(&u->lock);
	return taken;
}

static void note_problem(struct unpacking *u, struct error *e)
{
	pthread_mutex_lock(&u->lock);
	if (u->problem)
		error_free(e);
	else
		u->problem = e;
	pthread_mutex_unlock(&u->lock);
}

static void unpack_layers(struct unpacking *u)
{
	size_t index;

	while (take_layer(u, &index)) {
		struct error *e = unpack_one(u, index);

		if (e)
			note_problem(u, error_wrap(e, "cannot unpack the layer %s",
						   u->image->layers[index].blob.text));
	}
}

static void *helper_main(void *argument)
{
	struct unpacking *u = argument;

	explain_thread(u->explain_fd);
	unpack_layers(u);
	return NULL;
}

static size_t count_threads(const struct unpacking *u)
{
	size_t missing = 0, processors = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = CPU_COUNT(&set);
	for (size_t i = 0; i < u->image->layer_count; i++)
		missing += !layer_exists(u->store->layers, &u->image->layers[i].chain_id);
	if (missing > processors)
		missing = processors;
	return missing < THREAD_LIMIT ? missing : THREAD_LIMIT;
}

/* This thread is one of them, so that it also works where no other can be had. */
static void make_drafts(struct unpacking *u)
{
	pthread_t threads[THREAD_LIMIT];
	size_t wanted = count_threads(u), started = 0;

	while (started + 1 < wanted && pthread_create(&threads[started], NULL, helper_main, u) == 0)
		started++;
	if (wanted)
		unpack_layers(u);
	while (started)
		pthread_join(threads[--started], NULL);
}

/* Each layer is bounded while it is unpacked; all together here. */
static fallible check_total(const struct unpacking *u)
{
	uint64_t most = u->store->limits.bytes;

	if (u->image->size <= most)
		return NULL;
	return error_new(ERROR_TOO_LARGE,
			 "the layers of the image are larger than %llu bytes when unpacked",
			 (unsigned long long)most);
}

static fallible finish_one(struct unpacking *u, const struct digest *chain, size_t index)
{
	struct image_layer *layer = &u->image->layers[index];
	struct layer made;

	if (u->drafts[index])
		TRY(error_wrap(layer_draft_finish(u->drafts[index], chain, index, &made),
			       "cannot unpack the layer %s", layer->blob.text));
	else
		TRY(layer_read(u->store->layers, &layer->chain_id, &made));
	layer->size = made.size;
	u->image->size += made.size;
	if (u->drafts[index] && u->feed->done)
		u->feed->done(u->feed->context, layer);
	return check_total(u);
}

static fallible finish_drafts(struct unpacking *u)
{
	size_t count = u->image->layer_count;
	autofree struct digest *chain = allocate((count + 1) * sizeof(*chain));
	struct error *e = steal(&u->problem);

	u->image->size = 0;
	for (size_t i = 0; !e && i < count; i++) {
		e = finish_one(u, chain, i);
		chain[i] = u->image->layers[i].chain_id;
	}
	return e;
}

fallible image_unpack(struct image_store *store, struct image *image, const struct image_feed *feed)
{
	static const struct image_feed none = {0};
	struct unpacking u = {.store = store,
			      .image = image,
			      .feed = feed ? feed : &none,
			      .explain_fd = explain_fd()};

	pthread_mutex_init(&u.lock, NULL);
	u.drafts = allocate((image->layer_count + 1) * sizeof(struct layer_draft *));
	make_drafts(&u);
	struct error *e = finish_drafts(&u);
	for (size_t i = 0; i < image->layer_count; i++)
		layer_draft_close(u.drafts[i]);
	free(u.drafts);
	pthread_mutex_destroy(&u.lock);
	return e;
}
