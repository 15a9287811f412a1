#include "image_index.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define NAME_ANNOTATION   "io.containerd.image.name"
#define REF_ANNOTATION    "org.opencontainers.image.ref.name"
#define TAGGED_ANNOTATION "mini-docker.image.tagged"
#define PARENT_ANNOTATION "mini-docker.image.parent"
#define KEPT_ANNOTATION   "mini-docker.image.kept"
#define INDEX_FILE        "index.json"

fallible image_index_read(int rootfd, json_t **index)
{
	struct error *e = json_read(rootfd, INDEX_FILE, CONTENT_DOCUMENT_LIMIT, index);

	if (!e && json_is_object(*index))
		return NULL;
	if (!e) {
		json_decref(steal(index));
		return error_new(ERROR_CORRUPT,
				 "the image store's " INDEX_FILE " is not an object");
	}
	if (e->class != ERROR_NOT_FOUND)
		return error_wrap(e, "the image store");
	error_free(e);
	*index = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType", MEDIA_INDEX,
			   "manifests");
	return NULL;
}

fallible image_index_write(int rootfd, const json_t *index, enum durability durability)
{
	autofree char *text = json_text(index);

	return file_write_atomic(rootfd, INDEX_FILE, text, strlen(text), 0644, durability);
}

fallible image_index_clean(int rootfd)
{
	return file_clean_atomic(rootfd, INDEX_FILE);
}

json_t *image_index_entries(const json_t *index)
{
	return json_object_get(index, "manifests");
}

char *image_index_name(const json_t *entry)
{
	static const char *const keys[] = {NAME_ANNOTATION, REF_ANNOTATION};

	for (size_t i = 0; i < countof(keys); i++) {
		const char *text = json_string_at(entry, "annotations", keys[i], NULL);
		autoreference ref = {0};
		autoerror bad = *text ? reference_parse(text, &ref) : NULL;

		if (!*text || bad)
			continue;
		reference_default_tag(&ref);
		return reference_normalized(&ref);
	}
	return NULL;
}

static bool entry_has_name(const json_t *entry, const char *name)
{
	autofree char *own = image_index_name(entry);

	return own && strcmp(own, name) == 0;
}

json_t *image_index_find(const json_t *index, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry)
		if (entry_has_name(entry, name))
			return entry;
	return NULL;
}

static json_t *find_manifest(const json_t *index, const char *digest)
{
	json_t *entry;
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry)
		if (strcmp(json_string_at(entry, "digest", NULL), digest) == 0 &&
		    !image_index_is_kept(entry))
			return entry;
	return NULL;
}

void image_index_drop(json_t *index, const char *name)
{
	json_t *entries = image_index_entries(index);

	for (size_t i = json_array_size(entries); i-- > 0;)
		if (entry_has_name(json_array_get(entries, i), name))
			json_array_remove(entries, i);
}

static void append(json_t *index, json_t *entry)
{
	json_t *entries = image_index_entries(index);

	if (json_is_array(entries))
		json_array_append_new(entries, entry);
	else
		json_object_set_new(index, "manifests", json_pack("[o]", entry));
}

/* The name leaves the manifest that has it, which stays in the index. */
static void take_name_away(json_t *index, const char *name)
{
	json_t *entry = image_index_find(index, name);

	if (!entry)
		return;
	autojson *nameless = image_index_target(entry);
	image_index_drop(index, name);
	if (!find_manifest(index, json_string_at(nameless, "digest", NULL)))
		append(index, json_incref(nameless));
}

static void drop_nameless(json_t *index, const char *digest)
{
	json_t *entries = image_index_entries(index);

	for (size_t i = json_array_size(entries); i-- > 0;) {
		json_t *entry = json_array_get(entries, i);
		autofree char *name = image_index_name(entry);

		if (!name && strcmp(json_string_at(entry, "digest", NULL), digest) == 0)
			json_array_remove(entries, i);
	}
}

json_t *image_index_target(const json_t *entry)
{
	json_t *target = json_deep_copy(entry),
	       *annotations = json_object_get(target, "annotations");

	json_object_del(annotations, NAME_ANNOTATION);
	json_object_del(annotations, REF_ANNOTATION);
	json_object_del(annotations, TAGGED_ANNOTATION);
	json_object_del(annotations, KEPT_ANNOTATION);
	if (!json_object_size(annotations))
		json_object_del(target, "annotations");
	return target;
}

static void set_annotation(json_t *entry, const char *key, const char *value)
{
	json_t *annotations = json_object_get(entry, "annotations");

	if (!json_is_object(annotations)) {
		annotations = json_object();
		json_object_set_new(entry, "annotations", annotations);
	}
	json_object_set_new(annotations, key, json_string(value));
}

void image_index_set(json_t *index, const json_t *target, const struct reference *name)
{
	autojson *entry = image_index_target(target);
	const char *digest = json_string_at(entry, "digest", NULL);

	if (!name) {
		if (!find_manifest(index, digest))
			append(index, json_incref(entry));
		return;
	}
	autofree char *normalized = reference_normalized(name);
	autofree char *familiar = reference_familiar(name);
	set_annotation(entry, NAME_ANNOTATION, normalized);
	set_annotation(entry, REF_ANNOTATION, familiar);
	drop_nameless(index, digest);
	take_name_away(index, normalized);
	drop_nameless(index, digest); /* when the name was its own before */
	append(index, json_incref(entry));
}

/* -- removed, and still needed -- */

void image_index_keep(json_t *index, const json_t *target)
{
	json_t *entry = image_index_target(target);

	set_annotation(entry, KEPT_ANNOTATION, "true");
	append(index, entry);
}

bool image_index_is_kept(const json_t *entry)
{
	return *json_string_at(entry, "annotations", KEPT_ANNOTATION, NULL);
}

/* -- what docker inspect shows -- */

void image_index_set_at(json_t *index, const json_t *target, const struct reference *name,
			struct timespec when)
{
	autofree char *normalized = reference_normalized(name);
	char text[TIME_TEXT_SIZE];

	image_index_set(index, target, name);
	time_text(when, text);
	if (when.tv_sec)
		set_annotation(image_index_find(index, normalized), TAGGED_ANNOTATION, text);
}

struct timespec image_index_stamped(const json_t *entry)
{
	const char *text = json_string_at(entry, "annotations", TAGGED_ANNOTATION, NULL);
	struct timespec when = {0};
	autoerror e = *text ? time_parse(text, &when) : NULL;

	return e ? (struct timespec){0} : when;
}

void image_index_set_parent(json_t *target, const char *id)
{
	set_annotation(target, PARENT_ANNOTATION, id);
}

const char *image_index_parent(const json_t *target)
{
	return json_string_at(target, "annotations", PARENT_ANNOTATION, NULL);
}
