#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "explain.h"
#include "image_reach.h"
#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"

/* -- the lease: flock(2) on a file, shared by who adds, exclusive to who sweeps -- */

static fallible open_lease(struct image_store *store, int *fd)
{
	*fd = openat(store->root, "lease", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return error_system("cannot open the image store's lease");
	return NULL;
}

fallible image_lease(struct image_store *store, int *lease)
{
	autoclose int fd = -1;

	TRY(open_lease(store, &fd));
	while (flock(fd, LOCK_SH) < 0)
		if (errno != EINTR)
			return error_system("cannot take a lease of the image store");
	*lease = steal_fd(&fd);
	return NULL;
}

fallible image_lease_alone(struct image_store *store, int *lease, bool *mine)
{
	autoclose int fd = -1;

	TRY(open_lease(store, &fd));
	*mine = flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (!*mine && errno != EWOULDBLOCK && errno != EINTR)
		return error_system("cannot take the image store for itself");
	*lease = *mine ? steal_fd(&fd) : -1;
	return NULL;
}

/* -- marking what is named -- */

void image_marks_finish(struct image_marks *marks)
{
	digest_set_finish(&marks->blobs);
	digest_set_finish(&marks->layers);
}

struct marking {
	struct image_store *store;
	struct image_marks *marks;
};

/* An artifact has no layers to mount. A manifest without its config has some, nobody knows which:
 * they could be those of a container that runs. */
static fallible mark_layers(void *context, const struct descriptor *manifest)
{
	struct marking *marking = context;
	autoimage *image = NULL;
	autoerror e = image_read(marking->store, manifest, &image);

	if (e && e->class != ERROR_NOT_EXECUTABLE && e->class != ERROR_INVALID)
		return steal(&e);
	for (size_t i = 0; !e && i < image->layer_count; i++)
		digest_set_add(&marking->marks->layers, &image->layers[i].chain_id);
	return NULL;
}

/* Of what index.json itself names nothing may be missing. */
static fallible mark_entry(struct image_reach *reach, const json_t *entry)
{
	struct descriptor listed;

	TRY(descriptor_parse(entry, "an entry of index.json", &listed));
	TRY(content_stat(reach->store->content, &listed.digest, NULL));
	return image_reach(reach, entry);
}

fallible image_mark(struct image_store *store, const json_t *index, struct image_marks *marks)
{
	struct marking marking = {store, marks};
	struct image_reach reach = {.store = store, .manifest = mark_layers, .context = &marking};
	struct error *e = NULL;
	json_t *entry;
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry) {
		e = mark_entry(&reach, entry);
		if (e)
			break;
	}
	marks->blobs = reach.seen;
	return e;
}

/* -- sweeping what is not -- */

struct sweep {
	struct image_store *store;
	struct image_marks *marks;
};

static fallible sweep_blob(void *context, const struct digest *digest)
{
	struct sweep *sweep = context;

	return digest_set_has(&sweep->marks->blobs, digest)
		       ? NULL
		       : content_remove(sweep->store->content, digest);
}

static fallible sweep_layer(void *context, const struct digest *chain_id)
{
	struct sweep *sweep = context;

	return digest_set_has(&sweep->marks->layers, chain_id)
		       ? NULL
		       : layer_remove(sweep->store->layers, chain_id);
}

/* What crashed programs left; the lease is held alone. */
fallible image_clean(struct image_store *store)
{
	autoclose int lock = -1;

	TRY(content_clean(store->content));
	TRY(layer_clean(store->layers));
	TRY(file_clean_atomic(store->root, "oci-layout"));
	TRY(image_store_lock(store, &lock)); /* names are given without a lease */
	return image_index_clean(store->root);
}

/* An image that cannot be read could name anything: then nothing is removed. */
static fallible sweep_store(struct image_store *store)
{
	autoimage_marks marks = {0};
	struct sweep sweep = {store, &marks};
	autojson *index = NULL;

	TRY(image_clean(store));
	TRY(image_index_read(store->root, &index));
	struct error *unreadable = image_mark(store, index, &marks);
	if (unreadable) {
		log_dropped(LOG_LEVEL_WARN, unreadable,
			    "image store: an image is damaged, so unused blobs stay");
		return NULL;
	}
	TRY(content_each(store->content, sweep_blob, &sweep));
	return layer_each(store->layers, sweep_layer, &sweep);
}

fallible image_sweep(struct image_store *store)
{
	autoclose int lease = -1;
	uint64_t began = explain_clock();
	bool mine;

	TRY(image_lease_alone(store, &lease, &mine));
	if (!mine)
		return NULL; /* somebody adds: a later sweep will do */
	TRY(sweep_store(store));
	explain(began, "2.9", "blobs and layers that no image names are gone",
		"flock(\"lease\", LOCK_EX|LOCK_NB); unlink(\"blobs/sha256/...\")");
	return NULL;
}
