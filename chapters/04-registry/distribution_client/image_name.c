#include "image_name.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static bool is_domain(const char *text, size_t length)
{
	autofree char *word = duplicate_range(text, length);

	return strpbrk(word, ".:ABCDEFGHIJKLMNOPQRSTUVWXYZ") || strcmp(word, "localhost") == 0;
}

static void set_domain(struct image_name *name)
{
	const char *slash = strchr(name->repository, '/');
	const char *path = name->repository;
	size_t length = slash ? slash - path : 0;
	bool given = slash && is_domain(path, length);

	name->domain = given ? duplicate_range(path, length) : duplicate("docker.io");
	if (given)
		path = slash + 1;
	name->normalized =
		format("%s/%s%s", name->domain, !given && !slash ? "library/" : "", path);
}

void image_name_split(const char *text, struct image_name *name)
{
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);
	autofree char *rest = duplicate_range(text, length);
	char *slash = strrchr(rest, '/');
	char *colon = strchr(slash ? slash : rest, ':');

	*name = (struct image_name){.digest = at ? duplicate(at + 1) : NULL};
	if (colon) {
		name->tag = duplicate(colon + 1);
		*colon = '\0';
	}
	name->repository = duplicate(rest);
	set_domain(name);
}

void image_name_finish(struct image_name *name)
{
	free(name->domain);
	free(name->repository);
	free(name->normalized);
	free(name->tag);
	free(name->digest);
	*name = (struct image_name){0};
}

char *image_name_text(const struct image_name *name)
{
	if (name->digest)
		return format("%s@%s", name->normalized, name->digest);
	return format("%s:%s", name->normalized, name->tag ? name->tag : "latest");
}
