#include "layer_mounts.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "layer_form.h"
#include "memory.h"

struct layer_mounts {
	pthread_mutex_t lock; /* guards the rest */
	struct layer_mount {
		struct digest chain_id;
		int mount;
	} * items;
	size_t count;
};

struct layer_mounts *layer_mounts_create(void)
{
	struct layer_mounts *mounts = allocate(sizeof(*mounts));

	pthread_mutex_init(&mounts->lock, NULL);
	return mounts;
}

void layer_mounts_destroy(struct layer_mounts *mounts)
{
	if (!mounts)
		return;
	for (size_t i = 0; i < mounts->count; i++)
		close(mounts->items[i].mount);
	free(mounts->items);
	pthread_mutex_destroy(&mounts->lock);
	free(mounts);
}

static struct layer_mount *find(struct layer_mounts *mounts, const struct digest *chain_id)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (digest_equal(&mounts->items[i].chain_id, chain_id))
			return &mounts->items[i];
	return NULL;
}

static fallible add(struct layer_mounts *mounts, const struct digest *chain_id,
		    const struct layer_form *form, int folder, struct layer_mount **added)
{
	int mount;

	TRY(form->open(folder, &mount));
	mounts->items = reallocate(mounts->items, mounts->count + 1, sizeof(*mounts->items));
	*added = &mounts->items[mounts->count++];
	**added = (struct layer_mount){*chain_id, mount};
	return NULL;
}

fallible layer_mounts_open(struct layer_mounts *mounts, const struct digest *chain_id,
			   const struct layer_form *form, int folder, int *tree)
{
	struct error *e = NULL;

	pthread_mutex_lock(&mounts->lock);
	struct layer_mount *there = find(mounts, chain_id);
	if (!there)
		e = add(mounts, chain_id, form, folder, &there);
	if (!e)
		e = directory_open(there->mount, ".", tree);
	pthread_mutex_unlock(&mounts->lock);
	return e;
}

void layer_mounts_drop(struct layer_mounts *mounts, const struct digest *chain_id)
{
	pthread_mutex_lock(&mounts->lock);
	struct layer_mount *there = find(mounts, chain_id);
	if (there) {
		close(there->mount);
		*there = mounts->items[--mounts->count];
	}
	pthread_mutex_unlock(&mounts->lock);
}
