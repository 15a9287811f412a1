#include "mount_mode.h"

#include <string.h>

#include "memory.h"

enum mode_kind {
	MODE_ACCESS,
	MODE_PROPAGATION,
	MODE_COPY,
	MODE_LABEL,
	MODE_CONSISTENCY,
};

static const struct {
	const char *word;
	enum mode_kind kind;
} words[] = {
	{"rw", MODE_ACCESS},
	{"ro", MODE_ACCESS},
	{"rprivate", MODE_PROPAGATION},
	{"private", MODE_PROPAGATION},
	{"rshared", MODE_PROPAGATION},
	{"shared", MODE_PROPAGATION},
	{"rslave", MODE_PROPAGATION},
	{"slave", MODE_PROPAGATION},
	{"nocopy", MODE_COPY},
	{"z", MODE_LABEL},
	{"Z", MODE_LABEL},
	{"consistent", MODE_CONSISTENCY},
	{"cached", MODE_CONSISTENCY},
	{"delegated", MODE_CONSISTENCY},
};

static size_t find(const char *word, size_t length)
{
	size_t i = 0;

	while (i < countof(words) &&
	       (strlen(words[i].word) != length || strncmp(words[i].word, word, length) != 0))
		i++;
	return i;
}

const char *mount_mode_propagation(const char *word, size_t length)
{
	size_t i = find(word, length);

	return i < countof(words) && words[i].kind == MODE_PROPAGATION ? words[i].word : NULL;
}

static void apply(struct mount_mode *mode, size_t i)
{
	if (words[i].kind == MODE_ACCESS)
		mode->read_only = strcmp(words[i].word, "ro") == 0;
	else if (words[i].kind == MODE_PROPAGATION)
		mode->propagation = words[i].word;
	else if (words[i].kind == MODE_COPY)
		mode->no_copy = true;
}

fallible mount_mode_read(const char *text, struct mount_mode *mode)
{
	unsigned int seen = 0;

	*mode = (struct mount_mode){0};
	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ",");
		size_t i = find(at, length);

		if (i == countof(words) || seen & 1U << words[i].kind)
			return error_new(ERROR_INVALID, "invalid mode: %s", text);
		seen |= 1U << words[i].kind;
		apply(mode, i);
		at += length;
		if (*at && !*++at)
			return error_new(ERROR_INVALID, "invalid mode: %s", text);
	}
	return NULL;
}

bool mount_mode_is_valid(const char *text)
{
	struct mount_mode mode;
	autoerror e = mount_mode_read(text, &mode);

	return !e;
}
