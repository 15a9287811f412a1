#include "registry_access.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"

#define FILE_LIMIT (4 << 20)

struct rule {
	char *who, *pattern;
	unsigned actions;
};

struct registry_access {
	struct rule *rules;
	size_t count;
};

static void add(struct registry_access *access, const char *who, const char *pattern,
		unsigned actions)
{
	access->rules = reallocate(access->rules, access->count + 1, sizeof(*access->rules));
	access->rules[access->count++] = (struct rule){duplicate(who), duplicate(pattern), actions};
}

/* "pull,push": words that are not known are faults here, not in a token. */
static bool parse_actions(char *text, unsigned *actions)
{
	char *rest;

	*actions = 0;
	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		unsigned action = auth_action_of(word);

		if (!action)
			return false;
		*actions |= action;
	}
	return *actions;
}

static fallible parse_line(struct registry_access *access, const char *path, size_t number,
			   char *line)
{
	char *rest, *words[4] = {NULL};
	unsigned actions;

	line[strcspn(line, "#")] = '\0';
	for (size_t i = 0; i < countof(words); i++)
		words[i] = strtok_r(i ? NULL : line, " \t\r", &rest);
	if (!words[0])
		return NULL;
	if (!words[2] || words[3] || !parse_actions(words[2], &actions))
		return error_new(ERROR_INVALID,
				 "line %zu of the access file '%s' is not: WHO REPOSITORIES "
				 "ACTIONS, with pull, push, delete or * joined by commas",
				 number, path);
	add(access, words[0], words[1], actions);
	return NULL;
}

static fallible read_file(struct registry_access *access, const char *path)
{
	autobuffer text = {0};
	char *rest;
	size_t number = 0;

	TRY(file_read(AT_FDCWD, path, FILE_LIMIT, &text));
	if (!text.length)
		return NULL;
	for (char *line = text.data; line; line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		TRY(parse_line(access, path, ++number, line));
	}
	return NULL;
}

fallible registry_access_read(const char *path, bool anonymous_pull, struct registry_access **out)
{
	struct registry_access *access = allocate(sizeof(*access));
	struct error *e = path ? read_file(access, path) : NULL;

	if (!path)
		add(access, "*", "*", AUTH_ALL);
	if (anonymous_pull)
		add(access, "-", "*", AUTH_PULL);
	if (e)
		registry_access_destroy(access);
	else
		*out = access;
	return e;
}

void registry_access_destroy(struct registry_access *access)
{
	if (!access)
		return;
	for (size_t i = 0; i < access->count; i++) {
		free(access->rules[i].who);
		free(access->rules[i].pattern);
	}
	free(access->rules);
	free(access);
}

static bool is_meant(const struct rule *rule, const char *user)
{
	if (strcmp(rule->who, "-") == 0)
		return true;
	return user && (strcmp(rule->who, "*") == 0 || strcmp(rule->who, user) == 0);
}

unsigned registry_access_of(const struct registry_access *access, const char *user,
			    const char *repository)
{
	unsigned actions = 0;

	for (size_t i = 0; i < access->count; i++) {
		const struct rule *rule = &access->rules[i];

		if (is_meant(rule, user) && fnmatch(rule->pattern, repository, 0) == 0)
			actions |= rule->actions;
	}
	return actions;
}
