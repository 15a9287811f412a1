#include "auth_scope.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "memory.h"

static const struct {
	const char *word;
	enum auth_action action;
} words[] = {{"pull", AUTH_PULL}, {"push", AUTH_PUSH}, {"delete", AUTH_DELETE}, {"*", AUTH_ALL}};

unsigned auth_action_of(const char *word)
{
	for (size_t i = 0; i < countof(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].action;
	return 0;
}

char *auth_actions_text(unsigned actions)
{
	struct buffer text = {0};

	for (size_t i = 0; i < countof(words); i++)
		if (actions & words[i].action)
			buffer_printf(&text, "%s%s", text.length ? "," : "", words[i].word);
	return buffer_take(&text);
}

bool auth_actions_cover(unsigned granted, unsigned asked)
{
	return granted & AUTH_ALL || (granted & asked) == asked;
}

static unsigned parse_actions(const char *text)
{
	unsigned actions = 0;

	while (*text) {
		size_t length = strcspn(text, ",");
		autofree char *word = duplicate_range(text, length);

		actions |= auth_action_of(word);
		text += length + (text[length] == ',');
	}
	return actions;
}

fallible auth_scope_parse(const char *text, struct auth_scope *out)
{
	const char *first = strchr(text, ':'), *last = strrchr(text, ':');
	size_t type = strcspn(text, "(:");

	*out = (struct auth_scope){0};
	if (!first || first == last || !type || last - first == 1)
		return error_new(ERROR_INVALID, "'%.300s' is not a scope: it is TYPE:NAME:ACTIONS",
				 text);
	out->type = duplicate_range(text, type);
	out->name = duplicate_range(first + 1, last - first - 1);
	out->actions = parse_actions(last + 1);
	return NULL;
}

void auth_scope_finish(struct auth_scope *scope)
{
	free(scope->type);
	free(scope->name);
	*scope = (struct auth_scope){0};
}

char *auth_scope_text(const struct auth_scope *scope)
{
	autofree char *actions = auth_actions_text(scope->actions);

	return format("%s:%s:%s", scope->type, scope->name, actions);
}
