#include "file_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"

#define LINKS_MAX 40 /* as the kernel has it */

struct walk {
	int root;
	struct buffer done; /* "/a/b": no links; "" is the root */
	char *rest;         /* "c/../d" */
	int links;
};

static void walk_finish(struct walk *walk)
{
	buffer_finish(&walk->done);
	free(walk->rest);
}
#define autowalk __attribute__((cleanup(walk_finish))) struct walk

static void truncate_to(struct buffer *text, size_t length)
{
	text->length = length;
	if (text->data)
		text->data[length] = '\0';
}

static void go_up(struct buffer *done)
{
	const char *slash = done->length ? strrchr(done->data, '/') : NULL;

	truncate_to(done, slash ? (size_t)(slash - done->data) : 0);
}

/* The text of a link; false: it is something else, or nothing. */
static bool read_link(const struct walk *walk, const char *name, char text[static PATH_MAX])
{
	autoclose int parent = -1;
	autoerror e = file_open_in_root(walk->root, walk->done.length ? walk->done.data : "/",
					O_PATH | O_DIRECTORY, 0, &parent);
	ssize_t n = e ? -1 : readlinkat(parent, name, text, PATH_MAX - 1);

	if (n > 0)
		text[n] = '\0';
	return n > 0;
}

static fallible follow(struct walk *walk, const char *target)
{
	char *rest = format("%s/%s", target, walk->rest);

	free(walk->rest);
	walk->rest = rest;
	if (*target == '/')
		truncate_to(&walk->done, 0);
	if (++walk->links > LINKS_MAX)
		return error_errno(ERROR_SYSTEM, ELOOP, "too many links on the way");
	return NULL;
}

static fallible step(struct walk *walk, const char *name)
{
	char target[PATH_MAX];

	if (!*name || strcmp(name, ".") == 0)
		return NULL;
	if (strcmp(name, "..") == 0) {
		go_up(&walk->done);
		return NULL;
	}
	if (read_link(walk, name, target))
		return follow(walk, target);
	buffer_printf(&walk->done, "/%s", name);
	return NULL;
}

fallible file_resolve_in_root(int rootfd, const char *path, char **resolved)
{
	autowalk walk = {.root = rootfd, .rest = duplicate(path)};

	*resolved = NULL;
	while (*walk.rest) {
		size_t length = strcspn(walk.rest, "/");
		autofree char *name = duplicate_range(walk.rest, length);
		char *rest = duplicate(walk.rest + length + (walk.rest[length] == '/'));

		free(walk.rest);
		walk.rest = rest;
		TRY(error_wrap(step(&walk, name), "cannot follow '%s' inside the root", path));
	}
	*resolved = walk.done.length ? buffer_take(&walk.done) : duplicate("/");
	return NULL;
}
