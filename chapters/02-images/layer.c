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
#include "layer_form.h"
#include "layer_mounts.h"
#include "memory.h"
#include "packer_digest.h"
#include "text.h"
#include "unpack.h"

#define NEW_PREFIX        "new-"
#define DESCRIPTION       "layer.json"
#define DESCRIPTION_LIMIT 4096

struct layer_store {
	int folder;
	enum durability durability;
	const struct layer_form *form; /* of what is made */
	struct layer_mounts *mounts;
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
	**out = (struct layer_store){folder, durability, &layer_folder, layer_mounts_create()};
	return NULL;
}

fallible layer_store_set_driver(struct layer_store *store, const char *driver)
{
	const struct layer_form *form = layer_form_of_driver(driver);
	char id[ID_LENGTH + 1];
	autoclose int folder = -1;

	if (!form)
		return error_new(ERROR_INVALID, "there is no storage driver '%s'", driver);
	store->form = form;
	if (!form->is_mounted)
		return NULL; /* folders can be made everywhere */
	id_generate(id);
	autofree char *trial = format(NEW_PREFIX "%s", id);
	TRY(directory_create(store->folder, trial, 0700, &folder));
	struct error *e = layer_form_try(form, folder);
	error_free(tree_remove(store->folder, trial));
	return error_wrap(
		e,
		"the storage driver %s does not work here (it takes Linux 6.15 with EROFS, "
		"root of the machine and a data root on ext4, xfs or btrfs; overlay2 needs "
		"none of that)",
		driver);
}

void layer_store_close(struct layer_store *store)
{
	if (!store)
		return;
	layer_mounts_destroy(store->mounts);
	close_fd(&store->folder);
	free(store);
}

bool layer_exists(struct layer_store *store, const struct digest *chain_id)
{
	return faccessat(store->folder, digest_hex(chain_id), F_OK, 0) == 0;
}

static fallible open_tree(struct layer_store *store, const struct digest *chain_id, int *fd)
{
	autoclose int folder = -1;

	TRY(directory_open(store->folder, digest_hex(chain_id), &folder));
	const struct layer_form *form = layer_form_of(folder);
	if (!form)
		return error_new(ERROR_NOT_FOUND, "its files are not there");
	return form->is_mounted ? layer_mounts_open(store->mounts, chain_id, form, folder, fd)
				: form->open(folder, fd);
}

fallible layer_open(struct layer_store *store, const struct digest *chain_id, int *fd)
{
	return error_wrap(open_tree(store, chain_id, fd), "the layer %s", chain_id->text);
}

static fallible read_description(struct layer_store *store, const struct digest *chain_id,
				 json_t **out)
{
	autofree char *path = format("%s/" DESCRIPTION, digest_hex(chain_id));

	return error_wrap(json_read(store->folder, path, DESCRIPTION_LIMIT, out), "the layer %s",
			  chain_id->text);
}

fallible layer_read(struct layer_store *store, const struct digest *chain_id, struct layer *out)
{
	autojson *description = NULL;

	TRY(read_description(store, chain_id, &description));
	*out = (struct layer){.chain_id = *chain_id};
	TRY(digest_parse(json_string_at(description, "diffID", NULL), &out->diff_id));
	out->size = json_integer_value(json_at(description, "size", NULL));
	out->plain = json_is_true(json_at(description, "plain", NULL));
	return NULL;
}

fallible layer_parent(struct layer_store *store, const struct digest *chain_id, struct digest *out)
{
	autojson *description = NULL;

	*out = (struct digest){0};
	TRY(read_description(store, chain_id, &description));
	const char *parent = json_string_at(description, "parent", NULL);
	return *parent ? digest_parse(parent, out) : NULL;
}

static fallible write_description(int folder, const struct layer *layer,
				  const struct digest *parent)
{
	autojson *description =
		json_pack("{s:s, s:s?, s:I}", "diffID", layer->diff_id.text, "parent",
			  parent ? parent->text : NULL, "size", (json_int_t)layer->size);
	if (layer->plain)
		json_object_set_new(description, "plain", json_true());
	autofree char *text = json_text(description);

	return file_write_atomic(folder, DESCRIPTION, text, strlen(text), 0644, NOT_DURABLE);
}

/* -- making -- */

/* A layer on its way in: a folder with a temporary name. */
struct layer_draft {
	struct layer_store *store;
	char name[sizeof(NEW_PREFIX) + ID_LENGTH]; /* "" once it has its place */
	int folder;
	const struct layer_form *form;
	void *work; /* the form's; NULL: not begun */
	struct unpack_result result;
};

static fallible make_temporary(struct layer_draft *d)
{
	char id[ID_LENGTH + 1];

	id_generate(id);
	snprintf(d->name, sizeof(d->name), NEW_PREFIX "%s", id);
	return directory_create(d->store->folder, d->name, 0700, &d->folder);
}

static fallible check_diff_id(const struct digest *promised, const struct digest *actual)
{
	if (!promised || digest_equal(promised, actual))
		return NULL;
	return error_new(ERROR_CORRUPT,
			 "the layer is damaged: its content has the diff id %s, the image says %s",
			 actual->text, promised->text);
}

static fallible unpack(struct layer_draft *d, bool lowest, const struct digest *diff_id,
		       const struct source *packed, const struct unpack_limits *limits)
{
	uint64_t began = explain_clock();

	TRY(make_temporary(d));
	TRY(d->form->begin(d->folder, lowest, &d->work));
	const struct unpack_target target = {d->form->add, d->work};
	TRY(unpack_entries(&target, packed, limits, &d->result));
	TRY(check_diff_id(diff_id, &d->result.diff_id));
	explain(began, "2.4", "a layer is unpacked once, each name looked up inside its own root",
		d->form->explained, d->name, (unsigned long long)d->result.entries);
	return NULL;
}

fallible layer_draft_open(struct layer_store *store, bool lowest, const struct digest *diff_id,
			  const struct source *packed, const struct unpack_limits *limits,
			  struct layer_draft **draft)
{
	autolayer_draft *d = allocate(sizeof(*d));

	*d = (struct layer_draft){.store = store, .folder = -1, .form = store->form};
	TRY(unpack(d, lowest, diff_id, packed, limits));
	*draft = steal(&d);
	return NULL;
}

void layer_draft_close(struct layer_draft *draft)
{
	if (!draft)
		return;
	if (draft->work)
		draft->form->end(draft->work);
	close_fd(&draft->folder);
	if (draft->name[0])
		error_free(tree_remove(draft->store->folder, draft->name));
	free(draft);
}

void layer_draft_close_cleanup(struct layer_draft **draft)
{
	layer_draft_close(*draft);
}

static void close_all(int *fds, size_t count)
{
	while (count)
		close(fds[--count]);
	free(fds);
}

static fallible settle(struct layer_draft *d, const struct digest *below, size_t count, bool *plain)
{
	int *trees = allocate((count + 1) * sizeof(int));
	struct error *e = NULL;
	size_t open = 0;

	for (; !e && open < count; open += !e)
		e = layer_open(d->store, &below[open], &trees[open]);
	if (!e)
		e = d->form->settle(d->work, trees, count, plain);
	close_all(trees, open);
	return e;
}

/* One syncfs(2) instead of an fsync(2) for each of thousands of files. */
static fallible sync_all(struct layer_draft *d)
{
	if (d->store->durability == DURABLE && syncfs(d->folder) < 0)
		return error_system("cannot sync the new layer");
	return NULL;
}

static fallible give_name(struct layer_draft *d, const struct digest *chain_id)
{
	struct layer_store *store = d->store;

	if (renameat(store->folder, d->name, store->folder, digest_hex(chain_id)) == 0) {
		d->name[0] = '\0';
		if (store->durability == DURABLE && fsync(store->folder) < 0)
			return error_system("cannot sync the folder of layers");
		return NULL;
	}
	if (errno == EEXIST || errno == ENOTEMPTY)
		return NULL; /* another was faster; it is the same layer */
	return error_system("cannot give the layer %s its name", chain_id->text);
}

fallible layer_draft_finish(struct layer_draft *draft, const struct digest *below, size_t count,
			    struct layer *out)
{
	const struct digest *parent = count ? &below[count - 1] : NULL;

	out->diff_id = draft->result.diff_id;
	out->size = draft->result.size;
	layer_chain_id(parent, &out->diff_id, &out->chain_id);
	TRY(settle(draft, below, count, &out->plain));
	TRY(write_description(draft->folder, out, parent));
	TRY(sync_all(draft));
	return give_name(draft, &out->chain_id);
}

fallible layer_create(struct layer_store *store, const struct digest *below, size_t count,
		      const struct digest *diff_id, const struct source *packed,
		      const struct unpack_limits *limits, struct layer *out)
{
	autolayer_draft *draft = NULL;
	struct digest chain_id;

	if (diff_id) {
		layer_chain_id(count ? &below[count - 1] : NULL, diff_id, &chain_id);
		if (layer_exists(store, &chain_id))
			return layer_read(store, &chain_id, out);
	}
	TRY(layer_draft_open(store, count == 0, diff_id, packed, limits, &draft));
	return layer_draft_finish(draft, below, count, out);
}

/* -- verifying -- */

fallible layer_verify(struct layer_store *store, const struct digest *below, size_t count,
		      const struct layer *layer, const struct source *packed, bool *same)
{
	autolayer_draft *draft = NULL;
	autoclose int tree = -1, again = -1;
	struct digest is, should;
	bool plain;

	TRY(layer_draft_open(store, count == 0, &layer->diff_id, packed, NULL, &draft));
	TRY(settle(draft, below, count, &plain));
	TRY(draft->form->open(draft->folder, &again));
	TRY(layer_open(store, &layer->chain_id, &tree));
	TRY(packer_digest(tree, &is));
	TRY(packer_digest(again, &should));
	*same = digest_equal(&is, &should);
	return NULL;
}

/* -- removing -- */

fallible layer_remove(struct layer_store *store, const struct digest *chain_id)
{
	autofree char *going = format(NEW_PREFIX "%s-gone", digest_hex(chain_id));

	/* Under its own name a layer is whole, also when the power fails now. */
	if (renameat(store->folder, digest_hex(chain_id), store->folder, going) < 0)
		return errno == ENOENT ? NULL
				       : error_system("cannot remove the layer %s", chain_id->text);
	layer_mounts_drop(store->mounts, chain_id);
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
