#include <inttypes.h>
#include <string.h>

#include "hook.h"
#include "memory.h"
#include "runtime.h"
#include "spec_parts.h"

/* The state as every hook reads it, without what differs, and without its outer braces. */
static fallible add_state(const json_t *spec, const struct spec_options *options, struct plan *plan)
{
	const char *bundle = options->bundle ? options->bundle : "";
	autojson *state = json_pack("{s:s, s:s, s:s, s:O*}", "ociVersion",
				    json_string_at(spec, "ociVersion", NULL), "id",
				    options->id ? options->id : "", "bundle", bundle, "annotations",
				    json_object_get(spec, "annotations"));

	if (!state)
		return error_new(ERROR_INVALID, "hooks: the bundle's path is not UTF-8, so the "
						"state cannot be told to them");
	autofree char *text = json_text(state);
	text[strlen(text) - 1] = '\0';
	plan_step(plan, STEP_STATE, .text = {text + 1, bundle});
	return NULL;
}

static fallible add_words(const json_t *row, const char *member, struct buffer *words,
			  int64_t *count)
{
	const json_t *word;
	json_t *list;
	size_t i;

	TRY(json_get_array(row, member, &list));
	*count = json_array_size(list);
	json_array_foreach (list, i, word) {
		if (!json_is_string(word))
			return error_new(ERROR_INVALID, "%s[%zu] must be a string", member, i);
		buffer_append(words, json_string_value(word), json_string_length(word) + 1);
	}
	return NULL;
}

static fallible add_hook(const json_t *row, enum hook_point point, struct plan *plan)
{
	const json_t *timeout = json_object_get(row, "timeout");
	int64_t seconds, arguments, variables;
	const char *path;
	autobuffer words = {0};

	TRY(json_get_string(row, "path", "", &path));
	if (*path != '/')
		return error_new(ERROR_INVALID, "path: '%s' is not an absolute path", path);
	TRY(json_get_integer(row, "timeout", 0, &seconds));
	if (json_is_integer(timeout) && (seconds <= 0 || seconds > INT32_MAX))
		return error_new(ERROR_INVALID, "timeout: %" PRId64 " is not a number above 0",
				 seconds);
	TRY(add_words(row, "args", &words, &arguments));
	TRY(add_words(row, "env", &words, &variables));
	plan_step(plan, STEP_HOOK,
		  .number = {point, seconds, arguments, json_is_array(json_object_get(row, "env"))},
		  .text = {path}, .bytes = words.data, .bytes_length = words.length);
	return NULL;
}

static fallible add_point(const json_t *hooks, enum hook_point point, struct plan *plan,
			  unsigned int *present)
{
	const json_t *row;
	json_t *list;
	size_t i;

	TRY(json_get_array(hooks, hook_names[point], &list));
	json_array_foreach (list, i, row)
		TRY(error_wrap(add_hook(row, point, plan), "%s[%zu]", hook_names[point], i));
	if (json_array_size(list))
		*present |= 1u << point;
	return NULL;
}

/* Names that the specification does not have are ignored, as it says. */
static fallible add_all(const json_t *spec, const struct spec_options *options, struct plan *plan,
			unsigned int *present)
{
	json_t *hooks;

	TRY(json_get_object(spec, "hooks", &hooks));
	if (!hooks)
		return NULL;
	TRY(add_state(spec, options, plan));
	for (enum hook_point point = 0; point < HOOK_POINT_COUNT; point++)
		TRY(error_wrap(add_point(hooks, point, plan, present), "hooks"));
	return NULL;
}

fallible spec_compile_hooks(const json_t *spec, const struct spec_options *options,
			    struct plan *plan)
{
	unsigned int present = 0;

	return error_wrap(add_all(spec, options, plan, &present), "config.json");
}

fallible spec_add_hooks(struct spec_build *build)
{
	return add_all(build->spec, build->options, build->plan, &build->hooks);
}

void spec_add_creation_hooks(struct spec_build *build)
{
	if (build->hooks & (1u << HOOK_PRESTART | 1u << HOOK_CREATE_RUNTIME))
		plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_HOOKS_RUN});
	if (build->hooks & 1u << HOOK_CREATE_CONTAINER)
		plan_step(build->plan, STEP_RUN_HOOKS, .number = {HOOK_CREATE_CONTAINER});
}

void spec_add_start_hooks(struct spec_build *build)
{
	if (build->hooks & 1u << HOOK_START_CONTAINER)
		plan_step(build->plan, STEP_RUN_HOOKS, .number = {HOOK_START_CONTAINER});
}
