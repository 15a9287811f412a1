#include "erofs_tree.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "erofs_format.h"
#include "erofs_xattrs.h"
#include "memory.h"
#include "whiteout.h"

#define LINK_LIMIT   40 /* the kernel's own */
#define MEMORY_LIMIT (768ull << 20)
#define NAME_COST    64 /* what malloc(3) and tsearch(3) have of it */

void erofs_tree_init(struct erofs_tree *tree)
{
	struct erofs_node *root = allocate(sizeof(*root));

	*root = (struct erofs_node){
		.mode = S_IFDIR | 0755, .parent = root, .name = "", .unmentioned = true};
	*tree = (struct erofs_tree){.root = root, .newest = root, .limit = MEMORY_LIMIT};
}

void erofs_tree_finish(struct erofs_tree *tree)
{
	for (struct erofs_node *node = tree->newest, *older; node; node = older) {
		older = node->older;
		tdestroy(node->names, free);
		buffer_finish(&node->xattrs);
		free(node->target);
		free(node->sorted);
		free(node);
	}
	*tree = (struct erofs_tree){0};
}

fallible erofs_tree_count(struct erofs_tree *tree, uint64_t bytes)
{
	tree->bytes += bytes;
	if (tree->bytes <= tree->limit)
		return NULL;
	return error_new(ERROR_TOO_LARGE,
			 "the names of the layer take more than %llu MB of memory; as a folder it "
			 "can be larger (--storage-driver overlay2)",
			 (unsigned long long)tree->limit >> 20);
}

/* -- names -- */

static int compare_names(const void *a, const void *b)
{
	const struct erofs_name *one = a, *other = b;

	return strcmp(one->text, other->text);
}

struct erofs_node *erofs_tree_find(const struct erofs_node *folder, const char *name)
{
	const struct erofs_name key = {.text = name};
	struct erofs_name *const *found = tfind(&key, &folder->names, compare_names);

	return found ? (*found)->node : NULL;
}

fallible erofs_tree_make(struct erofs_tree *tree, mode_t mode, struct erofs_node **node)
{
	TRY(erofs_tree_count(tree, sizeof(**node) + NAME_COST));
	*node = allocate(sizeof(**node));
	(*node)->mode = mode;
	(*node)->older = tree->newest;
	tree->newest = *node;
	return NULL;
}

/* One piece of memory: the name and its text. */
static struct erofs_name *make_name(const char *text, struct erofs_node *node)
{
	size_t size = strlen(text) + 1;
	struct erofs_name *name = allocate(sizeof(*name) + size);

	*name = (struct erofs_name){memcpy(name + 1, text, size), node};
	return name;
}

fallible erofs_tree_link(struct erofs_tree *tree, struct erofs_node *folder, const char *text,
			 struct erofs_node *node)
{
	if (strlen(text) > EROFS_NAME_LIMIT)
		return error_errno(ERROR_INVALID, ENAMETOOLONG, "cannot create '%s'", text);
	TRY(erofs_tree_count(tree, strlen(text) + NAME_COST + 2 * sizeof(struct erofs_name)));
	struct erofs_name *name = make_name(text, node);
	if (!tsearch(name, &folder->names, compare_names))
		abort(); /* no memory */
	folder->count++;
	if (S_ISDIR(node->mode)) {
		node->parent = folder;
		node->name = name->text;
	}
	return NULL;
}

void erofs_tree_unlink(struct erofs_node *folder, const char *text)
{
	const struct erofs_name key = {.text = text};
	struct erofs_name *const *found = tfind(&key, &folder->names, compare_names);
	struct erofs_name *name = *found;

	if (S_ISDIR(name->node->mode))
		name->node->name = NULL;
	tdelete(&key, &folder->names, compare_names);
	folder->count--;
	free(name);
}

/* -- looking up -- */

struct walk {
	struct erofs_tree *tree;
	struct erofs_node *at;
	const char *path;  /* for messages */
	char *rest, *part; /* what is still to be gone, owned; the component that is next, in it */
	int links;
	bool make;
};

static char *next_part(struct walk *walk)
{
	walk->part += strspn(walk->part, "/");
	char *part = walk->part;
	walk->part += strcspn(part, "/");
	if (*walk->part)
		*walk->part++ = '\0';
	return part;
}

static fallible follow(struct walk *walk, const char *target)
{
	if (++walk->links > LINK_LIMIT)
		return error_errno(ERROR_INVALID, ELOOP, "cannot follow the link '%s'", walk->path);
	char *rest = format("%s/%s", target, walk->part);

	free(walk->rest);
	walk->rest = walk->part = rest;
	if (*target == '/')
		walk->at = walk->tree->root;
	return NULL;
}

static fallible make_folder(struct walk *walk, const char *name, bool unmentioned)
{
	struct erofs_node *folder;

	TRY(erofs_tree_make(walk->tree, S_IFDIR | 0755, &folder));
	TRY(erofs_tree_link(walk->tree, walk->at, name, folder));
	folder->unmentioned = unmentioned;
	walk->at = folder;
	return NULL;
}

/* A whiteout that is to become a folder hides what lies below all the same. */
static fallible make_over(struct walk *walk, const char *name)
{
	erofs_tree_unlink(walk->at, name);
	TRY(make_folder(walk, name, false));
	return erofs_tree_make_opaque(walk->tree, walk->at);
}

static fallible enter(struct walk *walk, const char *name)
{
	struct erofs_node *node = erofs_tree_find(walk->at, name);

	if (node && S_ISLNK(node->mode))
		return follow(walk, node->target);
	if (node && S_ISDIR(node->mode)) {
		walk->at = node;
		return NULL;
	}
	if (!walk->make)
		return error_new(ERROR_NOT_FOUND, "the archive has no folder '%s'", walk->path);
	if (!node)
		return make_folder(walk, name, true);
	if (erofs_tree_is_whiteout(node))
		return make_over(walk, name);
	return error_new(ERROR_INVALID, "the archive uses '%s' as a folder and as a file",
			 walk->path);
}

static fallible walk_all(struct walk *walk)
{
	while (*walk->part) {
		const char *part = next_part(walk);

		if (strcmp(part, "..") == 0)
			walk->at = walk->at->parent;
		else if (*part && strcmp(part, ".") != 0)
			TRY(enter(walk, part));
	}
	return NULL;
}

fallible erofs_tree_walk(struct erofs_tree *tree, const char *path, bool make,
			 struct erofs_node **folder)
{
	struct walk walk = {.tree = tree, .at = tree->root, .path = path, .make = make};

	walk.rest = walk.part = duplicate(path);
	struct error *e = walk_all(&walk);
	free(walk.rest);
	*folder = walk.at;
	return e;
}

/* -- whiteouts -- */

bool erofs_tree_is_whiteout(const struct erofs_node *node)
{
	return S_ISCHR(node->mode) && node->device == 0;
}

fallible erofs_tree_make_opaque(struct erofs_tree *tree, struct erofs_node *folder)
{
	TRY(erofs_tree_count(tree, 64));
	return erofs_xattrs_set(&folder->xattrs, folder->mode, WHITEOUT_OPAQUE_XATTR, "y", 1,
				folder->name);
}

fallible erofs_tree_hide(struct erofs_tree *tree, struct erofs_node *folder, const char *name)
{
	struct erofs_node *there = erofs_tree_find(folder, name), *whiteout;

	if (there)
		return S_ISDIR(there->mode) ? erofs_tree_make_opaque(tree, there) : NULL;
	TRY(erofs_tree_make(tree, S_IFCHR, &whiteout));
	return erofs_tree_link(tree, folder, name, whiteout);
}

/* -- all of a folder -- */

static _Thread_local struct erofs_name *next; /* twalk(3) hands on nothing of its caller's */

static void collect(const void *tree_node, VISIT order, int depth)
{
	struct erofs_name *const *name = tree_node;

	(void)depth;
	if (order == postorder || order == leaf)
		*next++ = **name;
}

struct erofs_name *erofs_tree_sorted(struct erofs_node *folder, size_t *count)
{
	struct erofs_name *sorted = allocate((folder->count + 2) * sizeof(*sorted));

	next = sorted;
	*next++ = (struct erofs_name){".", folder};
	*next++ = (struct erofs_name){"..", folder->parent};
	twalk(folder->names, collect);
	*count = next - sorted;
	qsort(sorted, *count, sizeof(*sorted), compare_names); /* some names are before "." */
	return sorted;
}

char *erofs_tree_path(const struct erofs_node *folder)
{
	char path[PATH_MAX], *at = path + sizeof(path) - 1;

	*at = '\0';
	for (; folder->parent != folder; folder = folder->parent) {
		size_t length = folder->name ? strlen(folder->name) : 0;

		if (!length || (size_t)(at - path) < length + 1)
			return NULL;
		at = memcpy(at - length, folder->name, length);
		*--at = '/';
	}
	return duplicate(*at ? at + 1 : ".");
}
