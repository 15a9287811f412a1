#include "managed_plugin_context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compressor.h"
#include "explain.h"
#include "file.h"
#include "hashed_sink.h"
#include "json.h"
#include "managed_plugin_config.h"
#include "memory.h"
#include "packer.h"
#include "unpack.h"
#include "version.h"

#define CONTEXT "context" /* in the folder, while it is read */

static fallible unpack(int root, const struct source *context)
{
	const struct unpack_order order = {.root = root, .lowest = true};
	struct unpack_result result;
	autounpack_tree tree = {0};

	unpack_tree_init(&tree, root, true);
	TRY(unpack_layer(&order, context, &result, &tree));
	return unpack_tree_settle(&tree, NULL, 0);
}

/* ---- config.json ---- */

/* A pipe or a device of that name is not waited for. */
static fallible read_config(int root, json_t **config)
{
	autoclose int fd = openat(root, "config.json",
				  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	autojson *document = NULL;
	autobuffer text = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_new(ERROR_INVALID, "config not found: the archive must have a file "
						"config.json beside its folder rootfs");
	TRY(file_read_fd(fd, "config.json", MANAGED_PLUGIN_CONFIG_LIMIT, &text));
	TRY(error_wrap(json_parse(text.data ? text.data : "", text.length, "config.json",
				  &document),
		       "failed to parse config"));
	return managed_plugin_config_read(document, config);
}

/* ---- rootfs ---- */

static fallible write_blob(void *context, const void *bytes, size_t length)
{
	return content_writer_write(context, bytes, length);
}

static fallible pack(int rootfs, struct content_writer *w, struct digest *diff_id)
{
	const struct sink blob = {write_blob, w};
	autocompressor *compressor = NULL;

	TRY(compressor_open(COMPRESSION_GZIP, &blob, &compressor));
	const struct sink packed = compressor_sink(compressor);
	auto_hashed_sink hashed = {.out = &packed, .hasher = hasher_create(NULL)};
	const struct sink tar = {hashed_sink_write, &hashed};
	TRY(packer_tree(rootfs, &tar));
	hasher_finish(hashed.hasher, diff_id);
	return compressor_finish(compressor);
}

/* layer->media_type is a constant, not to be freed. */
static fallible store_layer(struct image_store *store, int root, struct image_layer *layer)
{
	autoclose int rootfs =
		openat(root, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autowriter *w = NULL;

	if (rootfs < 0)
		return error_new(ERROR_INVALID, "rootfs not found: the archive must have a folder "
						"rootfs beside its config.json");
	TRY(content_writer_open(image_store_content(store), &w));
	TRY(pack(rootfs, w, &layer->diff_id));
	TRY(content_writer_seal(w, NULL, -1));
	TRY(content_writer_commit(w));
	layer->blob = *content_writer_digest(w);
	layer->blob_size = content_writer_size(w);
	layer->media_type = (char *)MEDIA_DOCKER_LAYER_GZIP;
	return NULL;
}

/* ---- together ---- */

static fallible create(struct image_store *store, int root, const char *name, struct image **image)
{
	struct image_layer layer = {0};
	autojson *config = NULL;

	TRY(read_config(root, &config));
	TRY(store_layer(store, root, &layer));
	json_object_set_new(config, "rootfs",
			    json_pack("{s:[s], s:s}", "diff_ids", layer.diff_id.text, "type",
				      "layers"));
	json_object_set_new(config, "DockerVersion", json_string(MINI_VERSION));
	autofree char *text = json_text(config);
	const struct image_recipe recipe = {
		.config = text,
		.config_length = strlen(text),
		.layers = &layer,
		.layer_count = 1,
		.name = name,
	};
	return image_create(store, &recipe, image);
}

/* The tree need not be made a second time: it is there. */
static fallible keep_rootfs(int folder)
{
	if (renameat(folder, CONTEXT "/rootfs", folder, "rootfs") < 0)
		return error_system("cannot keep the plugin's files");
	return tree_remove(folder, CONTEXT);
}

fallible managed_plugin_context_read(struct image_store *store, int data_root, const char *path,
				     const struct source *context, const char *name,
				     struct image **image)
{
	autoclose int folder = -1, root = -1, lease = -1;
	uint64_t began = explain_clock();

	TRY(directory_create(data_root, path, 0700, &folder));
	TRY(directory_create(folder, CONTEXT, 0755, &root));
	TRY(unpack(root, context));
	TRY(image_lease(store, &lease));
	TRY(create(store, root, name, image));
	explain(began, "5.12",
		"a plugin is packed as an image is; its config has a type of its own",
		"tar -C rootfs -c . | gzip # %s", MEDIA_DOCKER_PLUGIN);
	return keep_rootfs(folder);
}
