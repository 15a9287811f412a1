#include <stdlib.h>
#include <string.h>

#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "text.h"

/* -- who may remove what -- */

struct removal {
	struct image_store *store;
	const struct image_remove_options *options;
	const char *name;
	json_t *index;
	struct image *image;
	json_t *report;
	bool by_id; /* `name` is (a part of) the id */
	struct reference ref;
	char *user; /* container that uses the image, NULL for none */
	bool running;
};

static void finish_removal(struct removal *r)
{
	json_decref(r->index);
	image_free(r->image);
	json_decref(r->report);
	reference_finish(&r->ref);
	free(r->user);
}

#define autoremoval __attribute__((cleanup(finish_removal))) struct removal

static size_t name_count(const struct image *image)
{
	return image->tag_count + image->digest_count;
}

static char *repository_of(const char *name)
{
	autoreference ref = {0};
	autoerror bad = reference_parse(name, &ref);

	return bad ? duplicate(name) : reference_repository(&ref);
}

/* One tag at most, and digests of its repository only: what a user takes for one name. */
static bool is_single_reference(const struct image *image)
{
	const char *first = image->tag_count      ? image->tags[0]
			    : image->digest_count ? image->digests[0]
						  : "";
	autofree char *repository = repository_of(first);

	for (size_t i = 0; i < image->digest_count; i++) {
		autofree char *other = repository_of(image->digests[i]);

		if (strcmp(repository, other) != 0)
			return false;
	}
	return image->tag_count <= 1;
}

/* A tag takes the digests of its repository along when it is the last tag. */
static bool is_last_name(const struct removal *r)
{
	if (name_count(r->image) == 1)
		return true;
	return r->ref.tag && is_single_reference(r->image);
}

static fallible conflict(const struct removal *r, const char *how, const char *why)
{
	char id[DIGEST_SHORT_LENGTH + 1];

	digest_short(&r->image->id, id);
	return error_new(ERROR_CONFLICT, "conflict: unable to delete %s (%s) - %s", id, how, why);
}

static fallible in_use(const struct removal *r, const char *how, const char *state)
{
	autofree char *why = format("image is being used by %s container %.12s", state, r->user);

	return conflict(r, how, why);
}

static fallible check_by_id(const struct removal *r)
{
	if (r->running)
		return in_use(r, "cannot be forced", "running");
	if (r->options->force)
		return NULL;
	if (!is_single_reference(r->image))
		return conflict(r, "must be forced",
				"image is referenced in multiple repositories");
	return r->user ? in_use(r, "must be forced", "stopped") : NULL;
}

static fallible check_by_name(const struct removal *r)
{
	char id[DIGEST_SHORT_LENGTH + 1];

	if (!r->user || r->options->force || !is_last_name(r))
		return NULL;
	digest_short(&r->image->id, id);
	return error_new(ERROR_CONFLICT,
			 "conflict: unable to remove repository reference \"%s\" (must force) - "
			 "container %.12s is using its referenced image %s",
			 r->name, r->user, id);
}

/* -- doing it -- */

static void report(struct removal *r, const char *what, const char *name)
{
	json_array_append_new(r->report, json_pack("{s:s}", what, name));
}

static void untag(struct removal *r, const char *familiar)
{
	autoreference ref = {0};
	autoerror bad = reference_parse(familiar, &ref);

	if (bad)
		return;
	autofree char *normalized = reference_normalized(&ref);
	image_index_drop(r->index, normalized);
	report(r, "Untagged", familiar);
}

static void untag_one(struct removal *r)
{
	autofree char *familiar = reference_familiar(&r->ref);

	untag(r, familiar);
}

static void untag_all(struct removal *r)
{
	for (size_t i = 0; i < r->image->tag_count; i++)
		untag(r, r->image->tags[i]);
	for (size_t i = 0; i < r->image->digest_count; i++)
		untag(r, r->image->digests[i]);
}

/* All entries whose image has this id, whichever manifest they are of. */
static void drop_entries(struct removal *r)
{
	json_t *entries = image_index_entries(r->index);

	for (size_t i = json_array_size(entries); i-- > 0;) {
		struct descriptor listed, manifest;
		struct digest id;
		struct error *e = descriptor_parse(json_array_get(entries, i), "an entry", &listed);

		if (!e)
			e = image_choose_manifest(r->store, &listed, NULL, &manifest);
		if (!e)
			e = image_id_of(r->store, &manifest, &id);
		if (!e && digest_equal(&id, &r->image->id))
			json_array_remove(entries, i);
		error_free(e);
	}
}

static void delete_image(struct removal *r)
{
	autoimage_marks left = {0};

	untag_all(r);
	drop_entries(r);
	if (r->user)
		image_index_keep(r->index, r->image->target);
	report(r, "Deleted", r->image->id.text);
	/* Damaged is another image: its layers are not known. */
	autoerror damaged = image_mark(r->store, r->index, &left);
	for (size_t i = r->image->layer_count; !damaged && i-- > 0;)
		if (!digest_set_has(&left.layers, &r->image->layers[i].chain_id))
			report(r, "Deleted", r->image->layers[i].chain_id.text);
}

static bool names_id(const struct image *image, const char *name)
{
	const char *hex = text_has_prefix(name, "sha256:") ? name + strlen("sha256:") : name;

	return text_has_prefix(digest_hex(&image->id), hex);
}

static bool has_name(const struct image *image, const char *familiar)
{
	for (size_t i = 0; i < image->tag_count; i++)
		if (strcmp(image->tags[i], familiar) == 0)
			return true;
	for (size_t i = 0; i < image->digest_count; i++)
		if (strcmp(image->digests[i], familiar) == 0)
			return true;
	return false;
}

/* `docker rmi NAME` takes a name away, `docker rmi ID` removes the image: what was meant? */
static void find_meaning(struct removal *r)
{
	autoerror no_name = reference_parse(r->name, &r->ref);

	if (!no_name) {
		reference_default_tag(&r->ref);
		autofree char *familiar = reference_familiar(&r->ref);
		r->by_id = !has_name(r->image, familiar);
	} else {
		r->by_id = names_id(r->image, r->name);
	}
}

static void keep_nameless(struct removal *r)
{
	image_index_set(r->index, r->image->target, NULL);
}

static fallible decide(struct removal *r)
{
	const struct image_remove_options *options = r->options;

	r->store->may_keep = true; /* before it is asked: a container may be going just now */
	if (options->user)
		r->user = options->user(options->context, &r->image->id, &r->running);
	if (r->user && options->spare_used)
		return in_use(r, "cannot be forced", r->running ? "running" : "stopped");
	TRY(r->by_id ? check_by_id(r) : check_by_name(r));
	bool last = r->by_id || is_last_name(r);
	if (last && !r->running) {
		delete_image(r);
		return NULL;
	}
	if (last)
		untag_all(r);
	else
		untag_one(r);
	keep_nameless(r);
	return NULL;
}

/* What cannot be read any more, and what is no image for this machine, can still be taken out of
 * the index by its name. */
static fallible remove_damaged(struct removal *r, struct error *why)
{
	autoreference ref = {0};
	autoerror damage = why;
	autoerror bad = reference_parse(r->name, &ref);

	if (bad)
		return steal(&damage);
	reference_default_tag(&ref);
	autofree char *familiar = reference_familiar(&ref);
	autofree char *normalized = reference_normalized(&ref);
	if (!image_index_find(r->index, normalized))
		return steal(&damage);
	untag(r, familiar);
	return image_index_write(r->store->root, r->index, r->store->durability);
}

/* With the lock. */
static fallible remove_locked(struct removal *r)
{
	TRY(image_index_read(r->store->root, &r->index));
	struct error *e = image_resolve_in(r->store, r->index, r->name, NULL, &r->image);
	if (e)
		return remove_damaged(r, e);
	find_meaning(r);
	TRY(decide(r));
	return image_index_write(r->store->root, r->index, r->store->durability);
}

static fallible remove_named(struct removal *r)
{
	autoclose int lock = -1;

	TRY(image_store_lock(r->store, &lock));
	r->store->removals++;
	struct error *e = remove_locked(r);
	r->store->removals++;
	return e;
}

unsigned int image_removals(const struct image_store *store)
{
	return store->removals;
}

fallible image_check_still_there(struct image_store *store, const char *id, unsigned int before)
{
	autoclose int lock = -1;
	autoimage *image = NULL;

	if (before % 2 == 0 && store->removals == before)
		return NULL;
	TRY(image_store_lock(store, &lock)); /* whoever is removing has written what he did */
	return image_resolve_kept(store, id, &image);
}

fallible image_remove(struct image_store *store, const char *name,
		      const struct image_remove_options *options, json_t **out)
{
	static const struct image_remove_options none = {0};
	autoremoval r = {.store = store, .options = options ? options : &none, .name = name};

	r.report = json_array();
	TRY(remove_named(&r));
	log_dropped(LOG_LEVEL_WARN, image_sweep(store), "image store: cannot remove unused blobs");
	*out = steal(&r.report);
	return NULL;
}

/* -- what was kept -- */

/* Damaged is no reason to keep it: nothing can be made of it. */
static bool is_needed(struct image_store *store, const json_t *entry,
		      const struct image_remove_options *options)
{
	struct descriptor listed, manifest;
	struct digest id;
	bool running;
	autoerror e = descriptor_parse(entry, "an entry", &listed);

	if (!e)
		e = image_choose_manifest(store, &listed, NULL, &manifest);
	if (!e)
		e = image_id_of(store, &manifest, &id);
	autofree char *user = e ? NULL : options->user(options->context, &id, &running);
	return user;
}

static fallible drop_unneeded(struct image_store *store, const struct image_remove_options *options,
			      size_t *dropped)
{
	autoclose int lock = -1;
	autojson *index = NULL;
	size_t kept = 0;

	TRY(image_store_lock(store, &lock));
	TRY(image_index_read(store->root, &index));
	json_t *entries = image_index_entries(index);
	for (size_t i = json_array_size(entries); i-- > 0;) {
		const json_t *entry = json_array_get(entries, i);
		bool is_kept = image_index_is_kept(entry);
		bool stays = is_kept && is_needed(store, entry, options);

		kept += stays;
		*dropped += is_kept && !stays;
		if (is_kept && !stays)
			json_array_remove(entries, i);
	}
	store->may_keep = kept;
	return *dropped ? image_index_write(store->root, index, store->durability) : NULL;
}

fallible image_drop_kept(struct image_store *store, const struct image_remove_options *options)
{
	size_t dropped = 0;

	if (!store->may_keep)
		return NULL;
	TRY(drop_unneeded(store, options, &dropped));
	return dropped ? image_sweep(store) : NULL;
}
