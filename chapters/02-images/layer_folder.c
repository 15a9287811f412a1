/* A layer as a folder: layer_form.h. */
#include <stdlib.h>
#include <sys/stat.h>

#include "file.h"
#include "layer_form.h"
#include "memory.h"
#include "unpack_tree.h"

#define TREE "diff"

struct work {
	int tree;
	struct unpack_tree unpacked;
};

static void end(void *context)
{
	struct work *work = context;

	unpack_tree_finish(&work->unpacked);
	close_fd(&work->tree);
	free(work);
}

static fallible begin(int folder, bool lowest, void **out)
{
	struct work *work = allocate(sizeof(*work));

	*out = work;
	work->tree = -1;
	unpack_tree_init(&work->unpacked, -1, lowest);
	TRY(directory_create(folder, TREE, 0755, &work->tree));
	work->unpacked.root = work->tree;
	if (fchmod(work->tree, 0755) < 0)
		return error_system("cannot set the mode of a new layer");
	return NULL;
}

static fallible add(void *context, struct archive *archive, struct archive_entry *entry)
{
	struct work *work = context;

	return unpack_tree_add(&work->unpacked, archive, entry);
}

static fallible settle(void *context, const int *below, size_t count, bool *plain)
{
	struct work *work = context;
	struct error *e = unpack_tree_settle(&work->unpacked, below, count);

	*plain = work->unpacked.plain;
	return e;
}

static fallible open_tree(int folder, int *tree)
{
	return directory_open(folder, TREE, tree);
}

const struct layer_form layer_folder = {
	.driver = "overlay2",
	.name = TREE,
	.explained = "openat2(\"layers/%.10s.../diff\", ..., RESOLVE_IN_ROOT) x %llu",
	.begin = begin,
	.add = add,
	.settle = settle,
	.end = end,
	.open = open_tree,
};
