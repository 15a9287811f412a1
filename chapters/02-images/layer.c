#include "layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "json.h"
#include "memory.h"
#include "text.h"
#include "unpack.h"

#define NEW_PREFIX  "new-"
#define TREE        "diff"
#define DESCRIPTION "layer.json"

struct layer_store {
	int folder;
	enum durability durability;
};

void layer_chain_id(const struct digest *parent, const struct digest *diff_id, struct digest *out)
{
	if (!parent) {
		*out = *diff_id;
		return;
	}
	autofree char *both = format("%s %s", parent->text, diff_id->text);
	digest_of(both, strlen(both), out);
}

fallible layer_store_open(int rootfd, enum durability durability, struct layer_store **out)
{
	int folder;

	TRY(directory_create(rootfd, "layers", 0700, &folder));
	*out = allocate(sizeof(**out));
	**out = (struct layer_store){folder, durability};
	return NULL;
}

void layer_store_close(struct layer_store *store)
{
	if (!store)
		return;
	close_fd(&store->folder);
	free(store);
}

bool layer_exists(struct layer_store *store, const struct digest *chain_id)
{
	return faccessat(store->folder, digest_hex(chain_id), F_OK, 0) == 0;
}

fallible layer_open(struct layer_store *store, const struct digest *chain_id, int *fd)
{
	autofree char *path = format("%s/" TREE, digest_hex(chain_id));

	return error_wrap(directory_open(store->folder, path, fd), "the layer %s", chain_id->text);
}

fallible layer_read(struct layer_store *store, const struct digest *chain_id, struct layer *out)
{
	autofree char *path = format("%s/" DESCRIPTION, digest_hex(chain_id));
	autojson *description = NULL;

	TRY(error_wrap(json_read(store->folder, path, 4096, &description), "the layer %s",
		       chain_id->text));
	*out = (struct layer){.chain_id = *chain_id};
	TRY(digest_parse(json_string_at(description, "diffID", NULL), &out->diff_id));
	out->size = json_integer_value(json_at(description, "size", NULL));
	return NULL;
}

static fallible write_description(int folder, const struct layer *layer,
				  const struct digest *parent)
{
	autojson *description =
		json_pack("{s:s, s:s?, s:I}", "diffID", layer->diff_id.text, "parent",
			  parent ? parent->text : NULL, "size", (json_int_t)layer->size);
	autofree char *text = json_text(description);

	return file_write_atomic(folder, DESCRIPTION, text, strlen(text), 0644, NOT_DURABLE);
}

/* -- making -- */

/* A layer on its way in: a folder with a temporary name. */
struct making {
	struct layer_store *store;
	const struct digest *below;
	size_t count;
	char name[sizeof(NEW_PREFIX) + ID_LENGTH];
	int folder, tree;
	int *below_trees;
	size_t open_trees;
};

static fallible open_below(struct making *m)
{
	m->below_trees = allocate((m->count + 1) * sizeof(int));
	for (; m->open_trees < m->count; m->open_trees++)
		TRY(layer_open(m->store, &m->below[m->open_trees], &m->below_trees[m->open_trees]));
	return NULL;
}

static fallible make_temporary(struct making *m)
{
	char id[ID_LENGTH + 1];

	id_generate(id);
	snprintf(m->name, sizeof(m->name), NEW_PREFIX "%s", id);
	TRY(directory_create(m->store->folder, m->name, 0700, &m->folder));
	TRY(directory_create(m->folder, TREE, 0755, &m->tree));
	if (fchmod(m->tree, 0755) < 0)
		return error_system("cannot set the mode of a new layer");
	return NULL;
}

static fallible check_diff_id(const struct digest *promised, const struct digest *actual)
{
	if (!promised || digest_equal(promised, actual))
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "the layer is damaged: its content has the diff id %s, the image says %s",
			 actual->text, promised->text);
}

static fallible unpack(struct making *m, const struct digest *diff_id, const struct source *packed,
		       const struct unpack_limits *limits, struct layer *out)
{
	const struct digest *parent = m->count ? &m->below[m->count - 1] : NULL;
	struct unpack_order order = {m->tree, m->below_trees, m->count, limits};
	struct unpack_result result;
	uint64_t began = explain_clock();

	TRY(unpack_layer(&order, packed, &result));
	TRY(check_diff_id(diff_id, &result.diff_id));
	out->diff_id = result.diff_id;
	out->size = result.size;
	layer_chain_id(parent, &result.diff_id, &out->chain_id);
	explain(began, "2.4", "a layer is unpacked once, each name looked up inside its own root",
		"openat2(\"layers/" NEW_PREFIX "%.6s.../diff\", ..., RESOLVE_IN_ROOT) x %llu",
		m->name + strlen(NEW_PREFIX), (unsigned long long)result.entries);
	return write_description(m->folder, out, parent);
}

/* One syncfs(2) instead of an fsync(2) for each of thousands of files. */
static fallible sync_all(struct making *m)
{
	if (m->store->durability == DURABLE && syncfs(m->folder) < 0)
		return error_system("cannot sync the new layer");
	return NULL;
}

static fallible give_name(struct making *m, const struct digest *chain_id)
{
	struct layer_store *store = m->store;

	if (renameat(store->folder, m->name, store->folder, digest_hex(chain_id)) == 0) {
		m->name[0] = '\0';
		if (store->durability == DURABLE && fsync(store->folder) < 0)
			return error_system("cannot sync the folder of layers");
		return NULL;
	}
	if (errno == EEXIST || errno == ENOTEMPTY)
		return NULL; /* another was faster; it is the same layer */
	return error_system("cannot give the layer %s its name", chain_id->text);
}

static fallible make(struct making *m, const struct digest *diff_id, const struct source *packed,
		     const struct unpack_limits *limits, struct layer *out)
{
	TRY(open_below(m));
	TRY(make_temporary(m));
	TRY(unpack(m, diff_id, packed, limits, out));
	TRY(sync_all(m));
	return give_name(m, &out->chain_id);
}

static void finish_making(struct making *m)
{
	close_fd(&m->tree);
	close_fd(&m->folder);
	while (m->open_trees)
		close(m->below_trees[--m->open_trees]);
	free(m->below_trees);
	if (m->name[0])
		error_free(tree_remove(m->store->folder, m->name));
}

fallible layer_create(struct layer_store *store, const struct digest *below, size_t count,
		      const struct digest *diff_id, const struct source *packed,
		      const struct unpack_limits *limits, struct layer *out)
{
	struct making m = {
		.store = store, .below = below, .count = count, .folder = -1, .tree = -1};
	struct digest chain_id;

	if (diff_id) {
		layer_chain_id(count ? &below[count - 1] : NULL, diff_id, &chain_id);
		if (layer_exists(store, &chain_id))
			return layer_read(store, &chain_id, out);
	}
	struct error *e = make(&m, diff_id, packed, limits, out);
	finish_making(&m);
	return e;
}

/* -- removing -- */

fallible layer_remove(struct layer_store *store, const struct digest *chain_id)
{
	autofree char *going = format(NEW_PREFIX "%s-gone", digest_hex(chain_id));

	/* Under its own name a layer is whole, also when the power fails now. */
	if (renameat(store->folder, digest_hex(chain_id), store->folder, going) < 0)
		return errno == ENOENT ? NULL
				       : error_system("cannot remove the layer %s", chain_id->text);
	return tree_remove(store->folder, going);
}

static fallible each_name(struct layer_store *store,
			  fallible (*visit)(void *context, const char *name), void *context)
{
	int fd = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct error *e = NULL;

	if (!dir) {
		e = error_system("cannot list the layers");
		close_fd(&fd);
		return e;
	}
	for (struct dirent *entry; !e && (entry = readdir(dir));)
		if (entry->d_name[0] != '.')
			e = visit(context, entry->d_name);
	closedir(dir);
	return e;
}

struct visitor {
	fallible (*visit)(void *context, const struct digest *chain_id);
	void *context;
};

static fallible visit_layer(void *context, const char *name)
{
	struct visitor *visitor = context;
	autofree char *text = format("sha256:%s", name);
	struct digest chain_id;
	autoerror other = digest_parse(text, &chain_id);

	return other ? NULL : visitor->visit(visitor->context, &chain_id);
}

fallible layer_each(struct layer_store *store,
		    fallible (*visit)(void *context, const struct digest *chain_id), void *context)
{
	struct visitor visitor = {visit, context};

	return each_name(store, visit_layer, &visitor);
}

static fallible remove_leftover(void *context, const char *name)
{
	struct layer_store *store = context;

	return text_has_prefix(name, NEW_PREFIX) ? tree_remove(store->folder, name) : NULL;
}

fallible layer_clean(struct layer_store *store)
{
	return each_name(store, remove_leftover, store);
}
