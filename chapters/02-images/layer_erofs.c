/* A layer as an image of a file system: layer_form.h. */
#include <fcntl.h>
#include <stdlib.h>

#include "erofs_mount.h"
#include "erofs_unpack.h"
#include "layer_form.h"
#include "memory.h"

#define IMAGE "diff.erofs"

struct work {
	int image;
	struct erofs_unpack unpack;
};

static void end(void *context)
{
	struct work *work = context;

	erofs_unpack_finish(&work->unpack);
	close_fd(&work->image);
	free(work);
}

static fallible begin(int folder, bool lowest, void **out)
{
	struct work *work = allocate(sizeof(*work));

	*out = work;
	work->image = openat(folder, IMAGE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	erofs_unpack_init(&work->unpack, work->image, lowest);
	return work->image < 0 ? error_system("cannot make the image of a new layer") : NULL;
}

static fallible add(void *context, struct archive *archive, struct archive_entry *entry)
{
	struct work *work = context;

	return erofs_unpack_add(&work->unpack, archive, entry);
}

static fallible settle(void *context, const int *below, size_t count, bool *plain)
{
	struct work *work = context;

	*plain = false;
	return erofs_unpack_settle(&work->unpack, below, count);
}

static fallible open_tree(int folder, int *tree)
{
	return erofs_mount(folder, IMAGE, tree);
}

const struct layer_form layer_erofs = {
	.driver = "erofs",
	.name = IMAGE,
	.is_mounted = true,
	.explained = "pwrite(\"layers/%.10s.../diff.erofs\", ...) # %llu entries",
	.begin = begin,
	.add = add,
	.settle = settle,
	.end = end,
	.open = open_tree,
};
