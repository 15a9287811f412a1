#include "init_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "image.h"
#include "layer.h"
#include "log.h"
#include "memory.h"
#include "overlay.h"
#include "text.h"
#include "tree_walk.h"

#define FOLDER "init"
#define NEW    "new-"

/* Docker's list. */
static const struct furniture {
	const char *path;
	mode_t type;
	const char *target; /* of a link */
} furniture[] = {
	{"/dev/pts", S_IFDIR, NULL},     {"/dev/shm", S_IFDIR, NULL},
	{"/proc", S_IFDIR, NULL},        {"/sys", S_IFDIR, NULL},
	{"/.dockerenv", S_IFREG, NULL},  {"/etc/resolv.conf", S_IFREG, NULL},
	{"/etc/hosts", S_IFREG, NULL},   {"/etc/hostname", S_IFREG, NULL},
	{"/dev/console", S_IFREG, NULL}, {"/etc/mtab", S_IFLNK, "/proc/mounts"},
};

static fallible make_one(int root, const struct furniture *item)
{
	autoclose int parent = -1;
	autofree char *folder = duplicate(item->path);
	char *name = strrchr(folder, '/');
	int made;

	*name++ = 0;
	TRY(directory_create_in_root(root, *folder ? folder : "/", 0755, &parent));
	switch (item->type) {
	case S_IFDIR:
		made = mkdirat(parent, name, 0755);
		break;
	case S_IFLNK:
		made = symlinkat(item->target, parent, name);
		break;
	default:
		made = mknodat(parent, name, S_IFREG | 0755, 0);
	}
	if (made < 0 && errno != EEXIST)
		return error_system("cannot make '%s'", item->path);
	return NULL;
}

/* Through an overlay of the layers below: what the image has, also by links, is left as it is, and
 * a folder that gets a new name keeps its owner and mode. */
static fallible make_all(int folder, const int *below, size_t count)
{
	const struct overlay overlay = {.layers = below, .layer_count = count, .folder = folder};
	autoclose int root = -1;

	TRY(overlay_open(&overlay, &root));
	for (size_t i = 0; i < sizeof(furniture) / sizeof(*furniture); i++)
		TRY(make_one(root, &furniture[i]));
	return NULL;
}

/* Another start may do the same at the same time: whose is whole first is taken. */
static fallible make_layer(int layers, const int *below, size_t count, const char *name)
{
	static atomic_uint made;
	autofree char *temporary = format(NEW "%d-%u", getpid(), atomic_fetch_add(&made, 1));
	autoclose int folder = -1;

	TRY(directory_create(layers, temporary, 0700, &folder));
	struct error *e = make_all(folder, below, count);
	if (!e)
		e = tree_remove(folder, "work"); /* overlayfs's, and done with */
	if (!e && renameat(layers, temporary, layers, name) < 0 && errno != ENOTEMPTY &&
	    errno != EEXIST)
		e = error_system("cannot name the layer '%s'", name);
	log_dropped(LOG_LEVEL_WARN, tree_remove(layers, temporary), "'%s' stays", temporary);
	return e;
}

fallible init_layer_open(int data_root, const int *below, size_t count, const struct digest *top,
			 int *fd)
{
	const char *name = top ? digest_hex(top) : "empty";
	autofree char *upper = format("%s/upper", name);
	uint64_t began = explain_clock();
	autoclose int layers = -1;

	TRY(directory_create(data_root, FOLDER, 0700, &layers));
	*fd = openat(layers, upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0)
		return NULL;
	TRY(error_wrap(make_layer(layers, below, count, name),
		       "cannot make the names that containers mount on"));
	explain(began, "3.4", "what the image lacks of /proc, /sys, /dev, /etc: a layer of its own",
		"mkdirat(\"%s/%s\", ...)", FOLDER, name);
	return directory_open(layers, upper, fd);
}

/* ---- those that nobody needs ---- */

static bool is_needed(struct image_store *images, const char *name)
{
	autofree char *text = format("sha256:%s", name);
	struct digest chain;

	if (strcmp(name, "empty") == 0)
		return true;
	autoerror e = digest_parse(text, &chain);
	return !e && layer_exists(image_store_layers(images), &chain);
}

fallible init_layer_sweep(int data_root, struct image_store *images)
{
	autoclose int layers = -1;
	struct error *e = NULL;
	char **names;
	size_t count;

	TRY(directory_create(data_root, FOLDER, 0700, &layers));
	TRY(tree_names(layers, FOLDER, &names, &count));
	for (size_t i = 0; !e && i < count; i++)
		if (!is_needed(images, names[i]))
			e = tree_remove(layers, names[i]);
	tree_names_free(names, count);
	return e;
}
