#include "image_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "flatten.h"
#include "image_store.h"
#include "log.h"
#include "memory.h"
#include "overlay.h"
#include "text.h"

#define UPPER    "upper"
#define COPY     "copy"
#define UNDERWAY "copy.new"

static fallible copy_layers(const struct image *image, const int *layers, int folder)
{
	autoclose int fd = -1;
	uint64_t bytes;
	char size[32];

	TRY(tree_remove(folder, UNDERWAY));
	TRY(directory_create(folder, UNDERWAY, 0755, &fd));
	TRY(flatten(layers, image->layer_count, fd, &bytes));
	if (renameat(folder, UNDERWAY, folder, COPY) < 0)
		return error_system("cannot give the copy of the image its name");
	size_text_short(bytes, size);
	log_info("the image's layers were copied into one tree (%s)", size);
	return NULL;
}

/* A mount of its own where that is allowed; else the folder does. */
static fallible show_copy(int folder, int *mount)
{
	autoclose int fd = -1;

	TRY(directory_open(folder, COPY, &fd));
	*mount =
		syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*mount < 0)
		*mount = steal_fd(&fd);
	return NULL;
}

static fallible open_copy(const struct image *image, const int *layers, int folder,
			  struct image_tree *tree)
{
	tree->form = TREE_WHOLE;
	if (faccessat(folder, COPY, F_OK, 0) < 0)
		TRY(copy_layers(image, layers, folder));
	return show_copy(folder, &tree->mount);
}

/* Layers whose whiteouts overlayfs would show as files. */
static bool is_plain(struct image_store *store, const struct image *image)
{
	for (size_t i = 0; i < image->layer_count; i++) {
		struct layer layer = {0};

		error_free(layer_read(store->layers, &image->layers[i].chain_id, &layer));
		if (layer.plain)
			return true;
	}
	return false;
}

static fallible try_overlay(struct image_store *store, const struct image *image,
			    const struct overlay *overlay, int *mount)
{
	if (is_plain(store, image))
		return error_new(ERROR_UNAVAILABLE,
				 "the image store lies on an overlay, which cannot hold layers "
				 "for another");
	return overlay_open(overlay, mount);
}

static fallible open_tree(struct image_store *store, const struct image *image, const int *layers,
			  int folder, unsigned int flags, bool copy, struct image_tree *tree)
{
	struct overlay overlay = {.layers = layers,
				  .layer_count = image->layer_count,
				  .folder = folder,
				  .flags = flags};

	tree->form = TREE_UPPER;
	copy = copy || (folder >= 0 && faccessat(folder, COPY, F_OK, 0) == 0);
	struct error *e = copy ? NULL : try_overlay(store, image, &overlay, &tree->mount);
	if (!copy && !e)
		return NULL;
	if (folder < 0)
		return e ? e
			 : error_new(ERROR_INVALID, "a copy needs a folder that it can be made in");
	log_dropped(LOG_LEVEL_WARN, e, "no overlay here, so the image is copied");
	return open_copy(image, layers, folder, tree);
}

fallible image_tree_open(struct image_store *store, struct image *image, int folder,
			 unsigned int flags, bool copy, struct image_tree *tree)
{
	int *layers;

	TRY(image_open_layers(store, image, &layers));
	struct error *e = open_tree(store, image, layers, folder, flags, copy, tree);
	image_close_layers(layers, image->layer_count);
	return e;
}

fallible image_tree_changes(int folder, int *now, enum tree_form *form)
{
	struct error *e = directory_open(folder, COPY, now);

	*form = TREE_WHOLE;
	if (!e || e->class != ERROR_NOT_FOUND)
		return e;
	error_free(e);
	*form = TREE_UPPER;
	return error_wrap(directory_open(folder, UPPER, now),
			  "this is no folder that 'mount --rw' has made");
}

/* -- views -- */

static fallible copy_for_view(struct image_store *store, struct image *image,
			      struct image_view *view)
{
	char id[ID_LENGTH + 1];
	struct image_tree tree;
	autoclose int folder = -1;

	id_generate(id);
	TRY(directory_open(store->root, ".", &view->store));
	view->copy = format("layers/new-view-%s", id); /* swept if this program is killed */
	TRY(directory_create(view->store, view->copy, 0700, &folder));
	TRY(image_tree_open(store, image, folder, 0, true, &tree));
	view->tree = tree.mount;
	return NULL;
}

fallible image_view_open(struct image_store *store, struct image *image, struct image_view *view)
{
	struct image_tree tree;

	TRY(image_lease(store, &view->lease));
	struct error *e = image_tree_open(store, image, -1, 0, false, &tree);

	if (!e) {
		view->tree = tree.mount;
		return NULL;
	}
	log_dropped(LOG_LEVEL_WARN, e, "no overlay here, so the image is copied");
	return copy_for_view(store, image, view);
}

void image_view_close(struct image_view *view)
{
	close_fd(&view->tree);
	if (view->copy)
		error_free(tree_remove(view->store, view->copy));
	close_fd(&view->store);
	close_fd(&view->lease);
	free(steal(&view->copy));
}
