#include "event_filter.h"

#include <string.h>

#include "memory.h"
#include "text.h"

/* "exec_start: sh -c ..." is found by "exec_start" too. */
static bool matches_action(const struct filters *filters, const char *action)
{
	size_t length = strcspn(action, ":");
	autofree char *first = duplicate_range(action, length);

	return filters_match_exact(filters, "event", action) ||
	       (action[length] && filters_match_exact(filters, "event", first));
}

/* "a/b:1" and "a/b@sha256:..." without what follows the name. */
static char *without_tag(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash : name;

	return duplicate_range(name, last + strcspn(last, ":@") - name);
}

static bool matches_image(const struct filters *filters, const json_t *event)
{
	bool is_image = strcmp(json_string_at(event, "Type", NULL), "image") == 0;
	const char *id = json_string_at(event, "Actor", "ID", NULL);
	const char *name =
		json_string_at(event, "Actor", "Attributes", is_image ? "name" : "image", NULL);
	autofree char *short_id = without_tag(id), *short_name = without_tag(name);
	const char *texts[] = {id, name, short_id, short_name};

	for (size_t i = 0; i < countof(texts); i++)
		if (filters_match_exact(filters, "image", texts[i]))
			return true;
	return false;
}

/* An object is told by a prefix of its id or its name. */
static bool matches_object(const struct filters *filters, const char *type, const json_t *event)
{
	const char *id = json_string_at(event, "Actor", "ID", NULL);
	const char *name = json_string_at(event, "Actor", "Attributes", "name", NULL);

	if (!filters_values(filters, type))
		return true;
	return strcmp(json_string_at(event, "Type", NULL), type) == 0 &&
	       (filters_match_prefix(filters, type, id) ||
		filters_match_prefix(filters, type, name));
}

bool event_filter_matches(const struct filters *filters, const json_t *event)
{
	static const char *const objects[] = {"container", "daemon",  "network", "node",  "plugin",
					      "secret",    "service", "volume",  "config"};

	for (size_t i = 0; i < countof(objects); i++)
		if (!matches_object(filters, objects[i], event))
			return false;
	return matches_action(filters, json_string_at(event, "Action", NULL)) &&
	       matches_image(filters, event) &&
	       filters_match_exact(filters, "type", json_string_at(event, "Type", NULL)) &&
	       filters_match_exact(filters, "scope", json_string_at(event, "scope", NULL)) &&
	       filters_match_labels(filters, "label", json_at(event, "Actor", "Attributes", NULL));
}
