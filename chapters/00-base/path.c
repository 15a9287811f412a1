#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"

#define LINKS_MOST 40 /* the kernel's own limit */

/* Where the link leads; NULL when it is none. The caller frees. */
static char *read_link(int root, const char *path)
{
	char target[PATH_MAX];
	autoclose int fd = -1;
	autoerror missing = file_open_in_root(root, path, O_PATH | O_NOFOLLOW, 0, &fd);
	ssize_t length = missing ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

	return length < 0 ? NULL : duplicate_range(target, length);
}

static void drop_last(struct buffer *path)
{
	char *slash = path->length ? strrchr(path->data, '/') : NULL;

	path->length = slash ? slash - path->data : 0;
	if (path->data)
		path->data[path->length] = '\0';
}

char *path_clean(const char *path)
{
	struct buffer clean = {0};
	size_t length;

	buffer_append(&clean, "", 0);
	for (const char *at = path; *at; at += length + (at[length] == '/')) {
		length = strcspn(at, "/");
		if (length == 2 && strncmp(at, "..", 2) == 0)
			drop_last(&clean);
		else if (length && !(length == 1 && *at == '.'))
			buffer_printf(&clean, "/%.*s", (int)length, at);
	}
	if (!clean.length)
		buffer_append_string(&clean, "/");
	return buffer_take(&clean);
}

const char *path_ending(const char *path)
{
	size_t length = strlen(path);

	if (strcmp(path, ".") == 0 || (length > 1 && strcmp(path + length - 2, "/.") == 0))
		return "/.";
	return length && path[length - 1] == '/' ? "/" : "";
}

char *path_clean_but_end(const char *path)
{
	autofree char *clean = path_clean(path);
	const char *end = path_ending(path);

	if (strcmp(clean, "/") == 0)
		return duplicate(*end ? end : "/");
	return format("%s%s", clean, end);
}

char *path_base(const char *path)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	return end > start ? duplicate_range(path + start, end - start) : duplicate("/");
}

/* One more name of `rest`: it is either a name on the way, or a link that is put in its place. */
static void step(int root, struct buffer *done, const char *name, char **rest, int *links)
{
	size_t before = done->length;

	if (!*name || strcmp(name, ".") == 0)
		return;
	if (strcmp(name, "..") == 0) {
		drop_last(done);
		return;
	}
	buffer_printf(done, "/%s", name);
	autofree char *target = read_link(root, done->data);
	if (!target)
		return;
	done->length = *target == '/' ? 0 : before;
	done->data[done->length] = '\0';
	char *longer = format("%s/%s", target, *rest);
	free(*rest);
	*rest = longer;
	++*links;
}

fallible path_resolve(int root, const char *path, char **resolved)
{
	autofree char *rest = duplicate(path);
	struct buffer done = {0};
	int links = 0;

	buffer_append(&done, "", 0);
	while (*rest && links <= LINKS_MOST) {
		size_t length = strcspn(rest, "/");
		autofree char *name = duplicate_range(rest, length);

		memmove(rest, rest + length + (rest[length] == '/'),
			strlen(rest + length + (rest[length] == '/')) + 1);
		step(root, &done, name, &rest, &links);
	}
	if (!done.length)
		buffer_append_string(&done, "/");
	*resolved = buffer_take(&done);
	if (links <= LINKS_MOST)
		return NULL;
	free(steal(resolved));
	return error_errno(ERROR_INVALID, ELOOP, "cannot follow the links of '%s'", path);
}

char *path_beside_program(const char *name)
{
	char self[PATH_MAX] = "";
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash = length > 0 ? strrchr(self, '/') : NULL;

	if (slash)
		*slash = '\0';
	return slash ? format("%s/%s", self, name) : duplicate(name);
}
