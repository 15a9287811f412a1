#include "remote_layers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain.h"
#include "memory.h"

#define CONCURRENT_DOWNLOADS 3
#define DOWNLOAD_LIMIT       32
#define TELL_INTERVAL_NS     (100 * 1000 * 1000)

struct layer_state {
	struct remote_layers *layers;
	const struct image_layer *layer;
	struct remote_download *download; /* NULL: all of it is here */
	struct layer_state *first;        /* of the layers with this blob: that one fetches */
	bool stored;                      /* the blob was here before */
	bool told_end;
	atomic_bool fetched;
	int64_t told_at; /* nanoseconds; of the thread that fetches, then of the one that unpacks */
};

struct remote_layers {
	const struct remote_pull_order *order;
	struct remote_registry *registry;
	const struct image *image;
	struct layer_state *states;
	size_t count;
	int explain_fd;
	atomic_bool *stopped;

	pthread_mutex_t lock; /* guards the rest, and the calls of tell */
	size_t next;
	struct error *problem; /* of a download; the first one */
	pthread_t threads[DOWNLOAD_LIMIT];
	size_t thread_count;
};

/* -- telling -- */

static void tell(struct layer_state *s, const char *status, uint64_t current, uint64_t total)
{
	struct remote_layers *l = s->layers;
	char id[DIGEST_SHORT_LENGTH + 1];

	digest_short(&s->layer->blob, id);
	const struct remote_progress progress = {
		.id = id, .status = status, .current = current, .total = total, .step = true};
	pthread_mutex_lock(&l->lock);
	l->order->tell(l->order->context, &progress);
	pthread_mutex_unlock(&l->lock);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void tell_now_and_then(struct layer_state *s, const char *status, uint64_t current)
{
	int64_t at = now();

	if (at - s->told_at < TELL_INTERVAL_NS)
		return;
	s->told_at = at;
	tell(s, status, current, s->layer->blob_size);
}

static void tell_download(void *context, uint64_t bytes)
{
	struct layer_state *s = context;

	if (!s->stored)
		tell_now_and_then(s, "Downloading", bytes);
}

/* -- fetching -- */

static void stop(struct remote_layers *l)
{
	atomic_store(l->stopped, true);
	for (size_t i = 0; i < l->count; i++)
		if (l->states[i].download)
			remote_download_wake(l->states[i].download);
}

static void note_problem(struct remote_layers *l, struct error *e)
{
	pthread_mutex_lock(&l->lock);
	bool first = !l->problem && !atomic_load(l->stopped);
	if (first)
		l->problem = e;
	pthread_mutex_unlock(&l->lock);
	if (!first)
		error_free(e);
	stop(l);
}

static struct layer_state *take_layer(struct remote_layers *l)
{
	struct layer_state *taken = NULL;

	pthread_mutex_lock(&l->lock);
	while (l->next < l->count && !taken && !atomic_load(l->stopped)) {
		struct layer_state *s = &l->states[l->next++];

		taken = s->download && s->first == s ? s : NULL;
	}
	pthread_mutex_unlock(&l->lock);
	return taken;
}

static fallible fetch_one(struct layer_state *s)
{
	TRY(remote_download_run(s->download, s->layers->registry, tell_download, s));
	if (!s->stored) {
		tell(s, "Verifying Checksum", 0, 0);
		tell(s, "Download complete", 0, 0);
	}
	s->told_at = 0;
	atomic_store(&s->fetched, true);
	return NULL;
}

static void fetch_layers(struct remote_layers *l)
{
	struct layer_state *s;

	while ((s = take_layer(l))) {
		struct error *e = fetch_one(s);

		if (e)
			note_problem(l, e);
	}
}

static void *fetch_main(void *context)
{
	struct remote_layers *l = context;

	explain_thread(l->explain_fd);
	fetch_layers(l);
	return NULL;
}

static size_t wanted_threads(const struct remote_layers *l)
{
	json_t *most = json_at(l->order->session->settings, "max-concurrent-downloads", NULL);
	json_int_t limit = json_is_integer(most) ? json_integer_value(most) : CONCURRENT_DOWNLOADS;
	size_t wanted = 0;

	if (limit < 1 || limit > DOWNLOAD_LIMIT)
		limit = limit < 1 ? 1 : DOWNLOAD_LIMIT;
	for (size_t i = 0; i < l->count && wanted < (size_t)limit; i++)
		wanted += l->states[i].download && l->states[i].first == &l->states[i];
	return wanted;
}

/* Where no thread can be had, all is fetched before it is unpacked. */
static void start_threads(struct remote_layers *l)
{
	size_t wanted = wanted_threads(l);

	while (l->thread_count < wanted &&
	       pthread_create(&l->threads[l->thread_count], NULL, fetch_main, l) == 0)
		l->thread_count++;
	if (!l->thread_count)
		fetch_layers(l);
}

static void join_threads(struct remote_layers *l)
{
	while (l->thread_count)
		pthread_join(l->threads[--l->thread_count], NULL);
}

/* -- beginning -- */

static bool is_stored(const struct remote_layers *l, const struct image_layer *layer)
{
	uint64_t size;
	autoerror missing = content_stat(image_store_content(l->order->store), &layer->blob, &size);

	return !missing && size == (uint64_t)layer->blob_size;
}

static struct layer_state *find_blob(struct remote_layers *l, const struct digest *blob)
{
	for (size_t i = 0; i < l->count; i++)
		if (digest_equal(&l->states[i].layer->blob, blob))
			return &l->states[i];
	return NULL;
}

/* *whole: nothing of the layer is missing. */
static void begin_layer(struct remote_layers *l, size_t index, bool *whole)
{
	struct layer_state *s = &l->states[index];
	const struct image_layer *layer = &l->image->layers[index];
	struct descriptor blob = {layer->media_type, layer->blob, layer->blob_size};

	s->layers = l;
	s->stored = is_stored(l, layer);
	s->first = find_blob(l, &layer->blob);
	*whole = s->stored && layer_exists(image_store_layers(l->order->store), &layer->chain_id);
	if (!*whole)
		s->download = remote_download_join(image_store_content(l->order->store), &blob);
	s->told_end = *whole;
}

/* Docker says nothing of the layers of an image that it has. */
static void tell_begin(struct remote_layers *l, bool whole)
{
	autoimage *known = NULL;
	autoerror unknown =
		image_resolve_for(l->order->store, l->image->id.text, l->order->platform, &known);

	if (whole && !unknown)
		return;
	for (size_t i = 0; i < l->count; i++)
		tell(&l->states[i], l->states[i].told_end ? "Already exists" : "Pulling fs layer",
		     0, 0);
}

fallible remote_layers_begin(const struct remote_pull_order *order,
			     struct remote_registry *registry, const struct image *image,
			     atomic_bool *stopped, struct remote_layers **out)
{
	struct remote_layers *l = allocate(sizeof(*l));
	bool all = true, whole;

	l->order = order;
	l->registry = registry;
	l->image = image;
	l->stopped = stopped;
	l->explain_fd = explain_fd();
	l->states = allocate((image->layer_count + 1) * sizeof(*l->states));
	pthread_mutex_init(&l->lock, NULL);
	for (size_t i = 0; i < image->layer_count; i++) {
		l->states[i].layer = &image->layers[i];
		l->count++;
		begin_layer(l, i, &whole);
		all = all && whole;
	}
	tell_begin(l, all);
	start_threads(l);
	*out = l;
	return NULL;
}

/* -- the feed -- */

static struct layer_state *find_layer(struct remote_layers *l, const struct image_layer *layer)
{
	for (size_t i = 0; i < l->count; i++)
		if (digest_equal(&l->states[i].layer->chain_id, &layer->chain_id))
			return &l->states[i];
	return NULL;
}

/* A layer that was whole when we began may be opened if it went since: it is fetched again. */
static fallible feed_open(void *context, const struct image_layer *layer, struct source *packed)
{
	struct remote_layers *l = context;
	struct layer_state *s = find_layer(l, layer);

	if (!s || !s->download)
		return error_new(ERROR_CONFLICT,
				 "the layer %s was removed while it was pulled: "
				 "pull again",
				 layer->blob.text);
	return remote_download_open(s->download, l->stopped, packed);
}

static void feed_close(void *context, const struct source *packed)
{
	(void)context;
	remote_download_close(packed);
}

static void feed_progress(void *context, const struct image_layer *layer, uint64_t current)
{
	struct layer_state *s = find_layer(context, layer);

	if (s && atomic_load(&s->first->fetched))
		tell_now_and_then(s, "Extracting", current);
}

static void tell_end(struct layer_state *s)
{
	if (!s->told_end)
		tell(s, "Pull complete", 0, 0);
	s->told_end = true;
}

static void feed_done(void *context, const struct image_layer *layer)
{
	struct remote_layers *l = context;
	struct layer_state *s = find_layer(l, layer);

	if (s && atomic_load(&s->first->fetched))
		tell_end(s);
}

static fallible feed_complete(void *context)
{
	struct remote_layers *l = context;

	join_threads(l);
	if (l->problem)
		return steal(&l->problem);
	for (size_t i = 0; i < l->count; i++)
		tell_end(&l->states[i]);
	return NULL;
}

struct image_feed remote_layers_feed(struct remote_layers *layers)
{
	return (struct image_feed){.open = feed_open,
				   .close = feed_close,
				   .progress = feed_progress,
				   .done = feed_done,
				   .complete = feed_complete,
				   .context = layers};
}

/* -- the end -- */

/* When a download has failed, what the unpacking says is only that nothing more came. */
fallible remote_layers_end(struct remote_layers *l, struct error *e)
{
	if (e)
		stop(l);
	join_threads(l);
	struct error *problem = steal(&l->problem);
	if (problem)
		error_free(e);
	for (size_t i = 0; i < l->count; i++)
		if (l->states[i].download)
			remote_download_leave(l->states[i].download);
	free(l->states);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return problem ? problem : e;
}
