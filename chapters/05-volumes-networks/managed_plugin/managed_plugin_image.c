/* What plugins are made of: a tar from a user, an image from a registry; and back there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "event.h"
#include "explain.h"
#include "file.h"
#include "flatten.h"
#include "json.h"
#include "log.h"
#include "managed_plugin_config.h"
#include "managed_plugin_context.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "plugin.h"
#include "remote_inspect.h"
#include "remote_push.h"
#include "trash.h"

#define STORE_FOLDER MANAGED_PLUGIN_FOLDER "/storage"

static struct image_store *images;
/* Held from when an image is found until a plugin has it, and while one that none has goes. */
static pthread_mutex_t taking = PTHREAD_MUTEX_INITIALIZER;

fallible managed_plugin_images_open(struct engine *engine)
{
	autoclose int fd = -1;

	TRY(directory_create(engine->data_root, STORE_FOLDER, 0700, &fd));
	return image_store_open_for(fd, DURABLE, MEDIA_DOCKER_PLUGIN, &images);
}

void managed_plugin_images_close(void)
{
	image_store_close(images);
	images = NULL;
}

/* Locked: taking. */
static void drop_image(const char *id)
{
	const struct image_remove_options options = {.force = true};
	autojson *report = NULL;

	if (!managed_plugin_has_image(id))
		log_dropped(LOG_LEVEL_WARN, image_remove(images, id, &options, &report),
			    "what a plugin came from stays");
}

void managed_plugin_images_drop(const char *id)
{
	pthread_mutex_lock(&taking);
	drop_image(id);
	pthread_mutex_unlock(&taking);
}

/* ---- names ---- */

static fallible read_name(const char *text, struct reference *ref)
{
	TRY(error_wrap(reference_parse(text, ref), "failed to parse reference %s", text));
	if (!digest_is_none(&ref->digest))
		return error_new(ERROR_INVALID, "canonical references are not permitted");
	reference_default_tag(ref);
	return NULL;
}

/* ---- a plugin of an image ---- */

static fallible make_document(const struct image *image, const char *name, const char *reference,
			      const char *id, json_t **document)
{
	autojson *config = NULL;

	TRY(managed_plugin_config_read(image->config, &config));
	*document = json_pack("{s:O, s:b, s:s, s:s, s:s, s:o, s:s}", "Config", config, "Enabled", 0,
			      "Id", id, "Name", name, "PluginReference", reference, "Settings",
			      managed_plugin_config_settings(config), "Image", image->id.text);
	return NULL;
}

/* Its files, lowest layer first, in a folder of their own. */
static fallible copy_files(struct image *image, int data_root, const char *folder)
{
	autoclose int fd = -1;
	int *layers;
	uint64_t bytes, began = explain_clock();

	TRY(directory_create(data_root, folder, 0755, &fd));
	TRY(image_open_layers(images, image, &layers));
	struct error *e = flatten(layers, image->layer_count, fd, &bytes);
	image_close_layers(layers, image->layer_count);
	TRY(e);
	explain(began, "5.12", "the plugin's files are its own: it may write to them",
		"cp -a layers/* %s # %llu bytes", folder, (unsigned long long)bytes);
	return NULL;
}

/* Whatever goes wrong, nothing of it stays. */
static fallible settle(struct managed_plugin *plugin, struct error *e)
{
	autofree char *folder = managed_plugin_folder(plugin, "");

	if (!e)
		e = managed_plugin_enter(plugin);
	if (e)
		log_dropped(LOG_LEVEL_WARN,
			    trash_put(plugin->engine->trash, plugin->engine->data_root, folder),
			    "the folder of no plugin stays");
	else
		managed_plugin_announce(plugin, false);
	return e;
}

static fallible make_plugin(struct engine *engine, struct image *image, const char *name,
			    const char *reference, const json_t *privileges)
{
	automanaged_plugin *plugin = NULL;
	autofree char *folder = NULL;
	json_t *document = NULL;
	char id[ID_LENGTH + 1];

	id_generate(id);
	TRY(make_document(image, name, reference, id, &document));
	plugin = managed_plugin_new(engine, id, document);
	TRY(managed_plugin_config_grant(json_object_get(document, "Config"), privileges));
	folder = managed_plugin_folder(plugin, MANAGED_PLUGIN_ROOTFS);
	return settle(plugin, copy_files(image, engine->data_root, folder));
}

/* ---- create ---- */

/* The tar is read before anything is locked: whoever sends it may be slow. */
static fallible enter_created(struct engine *engine, const char *id, const char *name,
			      const struct digest *image_id)
{
	automanaged_plugin *plugin = NULL;
	autoimage *image = NULL;
	json_t *document = NULL;
	struct error *e = image_resolve(images, image_id->text, &image);

	if (!e)
		e = make_document(image, name, name, id, &document);
	plugin = managed_plugin_new(engine, id, document);
	e = settle(plugin, e);
	if (e)
		drop_image(image_id->text);
	else
		managed_plugin_event(plugin, "create");
	return e;
}

static fallible create(struct engine *engine, const char *name, const struct source *context)
{
	autoimage *image = NULL;
	char id[ID_LENGTH + 1];

	id_generate(id);
	autofree char *folder = format(MANAGED_PLUGIN_FOLDER "/%s", id);
	struct error *e = managed_plugin_context_read(images, engine->data_root, folder, context,
						      name, &image);
	if (e) {
		error_free(image_sweep(images));
		error_free(trash_put(engine->trash, engine->data_root, folder));
		return e;
	}
	pthread_mutex_lock(&taking);
	e = enter_created(engine, id, name, &image->id);
	pthread_mutex_unlock(&taking);
	return e;
}

fallible managed_plugin_create(struct engine *engine, const char *name,
			       const struct source *context)
{
	autoreference ref = {0};

	TRY(read_name(name, &ref));
	autofree char *familiar = reference_familiar(&ref);
	TRY(managed_plugin_check_name(familiar));
	return create(engine, familiar, context);
}

/* ---- from a registry ---- */

/* What says that the other end is no plugin, in Docker's words. */
static fallible no_plugin(const struct reference *ref)
{
	autofree char *name = reference_familiar(ref);

	return error_new(ERROR_INVALID, "did not find plugin config for specified reference %s",
			 name);
}

fallible managed_plugin_privileges(const struct remote_session *session,
				   const struct reference *ref, json_t **out)
{
	autojson *document = NULL, *config = NULL;
	autofree char *type = NULL;

	TRY(remote_inspect_config(session, ref, &type, &document));
	if (strcmp(type, MEDIA_DOCKER_PLUGIN) != 0)
		return no_plugin(ref);
	TRY(managed_plugin_config_read(document, &config));
	*out = managed_plugin_config_privileges(config);
	return NULL;
}

static fallible fetch(const struct managed_plugin_order *order, struct digest *digest)
{
	const struct remote_pull_order pull = {
		.session = order->session,
		.store = images,
		.ref = order->ref,
		.tell = order->tell,
		.context = order->context,
	};
	bool changed;
	autoerror e = remote_pull(&pull, digest, &changed);

	return e && e->class == ERROR_NOT_EXECUTABLE ? no_plugin(order->ref) : steal(&e);
}

/* The image that a pull has brought. */
static fallible find_pulled(const struct reference *ref, struct image **image)
{
	autofree char *name = reference_normalized(ref);

	return image_resolve(images, name, image);
}

static fallible install(struct engine *engine, const struct managed_plugin_order *order,
			const char *name)
{
	autofree char *reference = reference_familiar(order->ref);
	autoimage *image = NULL;

	TRY(find_pulled(order->ref, &image));
	struct error *e = make_plugin(engine, image, name, reference, order->privileges);
	if (e)
		drop_image(image->id.text);
	return e;
}

/* Docker tells it of the reference, not of the plugin. */
static void tell_pull(struct engine *engine, const struct reference *ref, const char *name)
{
	autofree char *reference = reference_familiar(ref);

	event_emit(engine->events, "plugin", "pull", reference, json_pack("{s:s}", "name", name));
}

fallible managed_plugin_order_name(const struct managed_plugin_order *order, char **name)
{
	autoreference ref = {0};
	autofree char *repository = reference_familiar_repository(order->ref);
	const char *tag = order->ref->tag;
	autofree char *own = format("%s:%s", repository, tag ? tag : "latest");

	TRY(read_name(order->name && *order->name ? order->name : own, &ref));
	*name = reference_familiar(&ref);
	return NULL;
}

fallible managed_plugin_pull(struct engine *engine, const struct managed_plugin_order *order,
			     struct digest *digest)
{
	autofree char *name = NULL;

	TRY(managed_plugin_order_name(order, &name));
	TRY(managed_plugin_check_name(name));
	TRY(fetch(order, digest));
	pthread_mutex_lock(&taking);
	struct error *e = install(engine, order, name);
	pthread_mutex_unlock(&taking);
	TRY(e);
	tell_pull(engine, order->ref, name);
	return NULL;
}

/* ---- upgrade ---- */

/* "NAME.member=value" for each that has a value. */
static void add_changes(json_t *changes, const json_t *list, const char *field, const char *member)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		autofree char *text = format("%s.%s=%s", json_string_at(one, "Name", NULL), field,
					     json_string_at(one, member, NULL));

		if (json_is_string(json_object_get(one, member)))
			json_array_append_new(changes, json_text_value(text, strlen(text)));
	}
}

/* What the other version has not, or lets nobody set, is not kept. */
static void keep_settings(const json_t *old, json_t *config, json_t *settings)
{
	autojson *changes = json_deep_copy(json_object_get(old, "Env"));
	json_t *change;
	size_t i;

	add_changes(changes, json_object_get(old, "Mounts"), "source", "Source");
	add_changes(changes, json_object_get(old, "Devices"), "path", "Path");
	json_array_foreach (changes, i, change) {
		autojson *one = json_pack("[O]", change);

		error_free(managed_plugin_config_set(config, settings, one));
	}
}

/* The new files take the place of the old ones at once; these go. */
static fallible exchange_files(struct managed_plugin *plugin, struct image *image)
{
	struct engine *engine = plugin->engine;
	autofree char *now = managed_plugin_folder(plugin, MANAGED_PLUGIN_ROOTFS);
	autofree char *fresh = managed_plugin_folder(plugin, MANAGED_PLUGIN_ROOTFS ".new");

	TRY(tree_remove(engine->data_root, fresh));
	TRY(copy_files(image, engine->data_root, fresh));
	if (renameat2(engine->data_root, fresh, engine->data_root, now, RENAME_EXCHANGE) < 0)
		return error_system("cannot exchange the files of plugin %s", plugin->name);
	return trash_put(engine->trash, engine->data_root, fresh);
}

static fallible become(struct managed_plugin *plugin, const struct managed_plugin_order *order,
		       struct image *image)
{
	autofree char *reference = reference_familiar(order->ref);
	autojson *document = NULL;

	TRY(make_document(image, plugin->name, reference, plugin->id, &document));
	TRY(managed_plugin_config_grant(json_object_get(document, "Config"), order->privileges));
	json_object_del(document, "Name"); /* stays what it is */
	TRY(exchange_files(plugin, image));
	keep_settings(json_object_get(plugin->document, "Settings"),
		      json_object_get(document, "Config"), json_object_get(document, "Settings"));
	pthread_mutex_lock(&plugin->lock);
	json_object_update(plugin->document, document);
	struct error *e = managed_plugin_save(plugin);
	pthread_mutex_unlock(&plugin->lock);
	return e;
}

static fallible replace(struct managed_plugin *plugin, const struct managed_plugin_order *order)
{
	autofree char *before = duplicate(json_string_at(plugin->document, "Image", NULL));
	autoimage *image = NULL;

	TRY(find_pulled(order->ref, &image));
	struct error *e = become(plugin, order, image);
	drop_image(e ? image->id.text : before);
	return e;
}

static fallible upgrade(struct managed_plugin *plugin, const struct managed_plugin_order *order,
			struct digest *digest)
{
	const char *name = plugin->name;

	if (plugin->removed)
		return error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found", name);
	if (managed_plugin_is_enabled(plugin))
		return error_new(ERROR_CONFLICT,
				 "plugin must be disabled before upgrading: plugin %s is enabled",
				 name);
	TRY(fetch(order, digest));
	pthread_mutex_lock(&taking);
	struct error *e = replace(plugin, order);
	pthread_mutex_unlock(&taking);
	TRY(e);
	managed_plugin_announce(plugin, false);
	tell_pull(plugin->engine, order->ref, name);
	return NULL;
}

fallible managed_plugin_upgrade(struct managed_plugin *plugin,
				const struct managed_plugin_order *order, struct digest *digest)
{
	pthread_mutex_lock(&plugin->operation);
	struct error *e = upgrade(plugin, order, digest);
	pthread_mutex_unlock(&plugin->operation);
	return e;
}

/* ---- push ---- */

fallible managed_plugin_push(struct managed_plugin *plugin,
			     const struct managed_plugin_order *order, struct descriptor *pushed)
{
	const char *name = plugin->name;
	autoreference ref = {0};

	TRY(reference_parse(name, &ref));
	pthread_mutex_lock(&plugin->lock);
	autofree char *id = duplicate(json_string_at(plugin->document, "Image", NULL));
	pthread_mutex_unlock(&plugin->lock);
	TRY(image_tag(images, id, name)); /* it may be here under another one */
	const struct remote_push_order push = {
		.session = order->session,
		.store = images,
		.ref = &ref,
		.tell = order->tell,
		.context = order->context,
	};
	return remote_push(&push, pushed);
}
