#include <string.h>

#include "memory.h"
#include "resctrl.h"
#include "spec_parts.h"
#include "text.h"

/* Folders of the kernel's own in the file system. */
static bool is_class(const char *name)
{
	static const char *const others[] = {".", "..", "info", "mon_groups", "mon_data"};

	for (size_t i = 0; i < countof(others); i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return strcmp(name, "/") == 0 || !strchr(name, '/');
}

static fallible add_line(const char *line, const char *prefix, struct buffer *lines)
{
	if (!text_has_prefix(line, prefix) || !strchr(line, ':') || strchr(line, '\n'))
		return error_new(ERROR_INVALID, "'%s' is no line like '%s0=ff;1=f'", line,
				 *prefix ? prefix : "L3:");
	buffer_printf(lines, "%s\n", line);
	return NULL;
}

static fallible read_schemata(const json_t *rdt, struct buffer *lines)
{
	static const struct {
		const char *member, *prefix;
	} single[] = {{"l3CacheSchema", "L3"}, {"memBwSchema", "MB:"}};
	const json_t *line;
	const char *text;
	json_t *list;
	size_t i;

	for (i = 0; i < countof(single); i++) {
		TRY(json_get_string(rdt, single[i].member, "", &text));
		if (*text)
			TRY(error_wrap(add_line(text, single[i].prefix, lines), "%s",
				       single[i].member));
	}
	TRY(json_get_array(rdt, "schemata", &list));
	json_array_foreach (list, i, line) {
		text = json_is_string(line) ? json_string_value(line) : "";
		TRY(error_wrap(add_line(text, "", lines), "schemata[%zu]", i));
	}
	return NULL;
}

static fallible add(struct spec_build *build, const json_t *rdt)
{
	autofree char *root = NULL;
	autobuffer lines = {0};
	const char *class;
	bool monitored;

	TRY(json_get_string(rdt, "closID", "", &class));
	if (!is_class(class))
		return error_new(ERROR_INVALID, "closID: '%s' is no name of a class", class);
	TRY(read_schemata(rdt, &lines));
	TRY(json_get_boolean(rdt, "enableMonitoring", false, &monitored));
	if (!build->options->id)
		return error_new(ERROR_INVALID, "it needs a container with an id");
	TRY(resctrl_root(&root));
	plan_step(build->plan, STEP_RESCTRL, .number = {monitored},
		  .text = {root, class, build->options->id, lines.data});
	return NULL;
}

fallible spec_add_resctrl(struct spec_build *build)
{
	json_t *rdt;

	TRY(error_wrap(json_get_object(build->linux, "intelRdt", &rdt), "linux"));
	return rdt ? error_wrap(add(build, rdt), "linux.intelRdt") : NULL;
}

fallible spec_compile_resctrl(const json_t *spec, const struct spec_options *options,
			      struct plan *plan)
{
	struct spec_build build = {.spec = spec,
				   .linux = json_object_get(spec, "linux"),
				   .options = options,
				   .plan = plan};

	return error_wrap(spec_add_resctrl(&build), "config.json");
}
