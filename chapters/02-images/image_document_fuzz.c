/*
 * Any bytes as a manifest, an index or a config: each is refused or read, and what it leads to is
 * followed to an end. The store lies on a tmpfs of its own.
 */
#include <assert.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "image_reach.h"
#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct image_store *store;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=0755") < 0) {
		perror("a tmpfs of its own (this needs root)");
		exit(77);
	}
	log_set_level(LOG_LEVEL_FATAL);
	autoclose int root = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoerror e = image_store_open(root, NOT_DURABLE, &store);
	assert(!e);
	return 0;
}

static json_t *put(const char *type, const void *bytes, size_t size, struct digest *digest)
{
	autoerror e = content_put(store->content, bytes, size, digest);
	struct descriptor descriptor = {type, *digest, size};

	assert(!e);
	return descriptor_json(&descriptor);
}

static void drop(const struct digest *digest)
{
	autoerror e = content_remove(store->content, digest);

	assert(!e);
}

static void read_one(json_t *descriptor)
{
	autoimage_reach reach = {.store = store};
	autoimage *image = NULL;
	autoerror unusable = image_read_listed(store, descriptor, NULL, &image);
	autoerror unreadable = image_reach(&reach, descriptor);

	assert(unusable || (image && image->target && !unreadable));
}

static void read_as(const char *type, const void *bytes, size_t size)
{
	struct digest digest;
	autojson *descriptor = put(type, bytes, size, &digest);

	read_one(descriptor);
	drop(&digest);
}

/* As the config of a manifest that is right. */
static void read_as_config(const void *bytes, size_t size)
{
	struct digest config, manifest;
	autojson *descriptor = put(MEDIA_CONFIG, bytes, size, &config);
	autojson *document =
		json_pack("{s:i, s:O, s:[]}", "schemaVersion", 2, "config", descriptor, "layers");
	autofree char *text = json_text(document);
	autojson *listed = put(MEDIA_MANIFEST, text, strlen(text), &manifest);

	read_one(listed);
	drop(&manifest);
	drop(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(MEDIA_MANIFEST, data, size);
	read_as(MEDIA_INDEX, data, size);
	read_as(MEDIA_DOCKER_LIST, data, size);
	read_as_config(data, size);
	return 0;
}
