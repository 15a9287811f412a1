#include "log_info.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "template.h"
#include "text.h"

const char *log_info_option(const struct log_info *info, const char *name)
{
	return json_string_at(info->options, name, NULL);
}

const char *log_info_id(const struct log_info *info)
{
	return json_string_at(info->document, "Id", NULL);
}

const char *log_info_name(const struct log_info *info)
{
	const char *name = json_string_at(info->document, "Name", NULL);

	return name + (*name == '/');
}

const char *log_info_image(const struct log_info *info)
{
	return json_string_at(info->document, "Config", "Image", NULL);
}

/* ---- tags ---- */

static char *command_of(const json_t *document)
{
	autobuffer text = {0};
	const json_t *word;
	size_t i;

	buffer_append_string(&text, json_string_at(document, "Path", NULL));
	json_array_foreach (json_object_get(document, "Args"), i, word)
		buffer_printf(&text, " %s", json_string_value(word));
	return buffer_take(&text);
}

/* The fields and methods of Docker's logger.Info that a template may name. */
static json_t *template_value(const struct log_info *info)
{
	const json_t *config = json_object_get(info->document, "Config");
	const char *image = json_string_at(info->document, "Image", NULL);
	autofree char *short_id = format("%.12s", log_info_id(info));
	autofree char *short_image = format("%.12s", image);
	autofree char *command = command_of(info->document);
	char host[65] = "";

	gethostname(host, sizeof(host) - 1);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:O*, "
			 "s:O*, s:O*, s:s}",
			 "ID", short_id, "FullID", log_info_id(info), "Name", log_info_name(info),
			 "ImageID", short_image, "ImageFullID", image, "ImageName",
			 log_info_image(info), "Command", json_text_value(command, strlen(command)),
			 "Hostname", json_text_value(host, strlen(host)), "DaemonName", "docker",
			 "ContainerID", log_info_id(info), "ContainerName",
			 json_string_at(info->document, "Name", NULL), "ContainerImageID", image,
			 "ContainerImageName", log_info_image(info), "ContainerEnv",
			 json_object_get(config, "Env"), "ContainerLabels",
			 json_object_get(config, "Labels"), "ContainerArgs",
			 json_object_get(info->document, "Args"), "ContainerEntrypoint",
			 json_string_at(info->document, "Path", NULL));
}

fallible log_info_tag(const struct log_info *info, const char *fallback, char **out)
{
	const char *given = log_info_option(info, "tag");
	autojson *value = template_value(info);
	autobuffer text = {0};

	TRY(error_wrap(template_execute(*given ? given : fallback, value, &text),
		       "template: log-tag"));
	*out = buffer_take(&text);
	return NULL;
}

/* ---- labels and variables ---- */

/* {"A": "1"} of ["A=1"]. */
static json_t *variables_of(const json_t *config)
{
	json_t *all = json_object();
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(config, "Env"), i, entry) {
		const char *text = json_string_value(entry), *equals = strchr(text, '=');
		autofree char *name = equals ? duplicate_range(text, equals - text) : NULL;

		if (name)
			json_object_set_new(all, name, json_string(equals + 1));
	}
	return all;
}

/* names: "a,b". */
static void take_named(const json_t *from, const char *names, json_t *to)
{
	autofree char *list = duplicate(names);
	char *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		json_t *value = json_object_get(from, name);

		if (value)
			json_object_set(to, name, value);
	}
}

static fallible take_matching(json_t *from, const char *expression, json_t *to)
{
	const char *name;
	json_t *value;
	regex_t regex;
	char why[128];

	if (!*expression)
		return NULL;
	int problem = regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB);
	if (problem) {
		regerror(problem, NULL, why, sizeof(why));
		return error_new(ERROR_INVALID, "error parsing regexp: %s: `%s`", why, expression);
	}
	json_object_foreach (from, name, value)
		if (regexec(&regex, name, 0, NULL, 0) == 0)
			json_object_set(to, name, value);
	regfree(&regex);
	return NULL;
}

fallible log_info_attributes(const struct log_info *info, json_t **out)
{
	const json_t *config = json_object_get(info->document, "Config");
	json_t *labels = json_object_get(config, "Labels");
	autojson *variables = variables_of(config);
	autojson *attributes = json_object();

	take_named(labels, log_info_option(info, "labels"), attributes);
	TRY(take_matching(labels, log_info_option(info, "labels-regex"), attributes));
	take_named(variables, log_info_option(info, "env"), attributes);
	TRY(take_matching(variables, log_info_option(info, "env-regex"), attributes));
	*out = steal(&attributes);
	return NULL;
}

/* ---- numbers and flags ---- */

fallible log_info_integer(const struct log_info *info, const char *name, int64_t fallback,
			  int64_t *out)
{
	const char *text = log_info_option(info, name);
	char *end;

	*out = fallback;
	if (!*text)
		return NULL;
	*out = strtoll(text, &end, 10);
	if (*end || end == text || *out != (int32_t)*out)
		return error_new(ERROR_INVALID, "strconv.Atoi: parsing \"%s\": invalid syntax",
				 text);
	return NULL;
}

fallible log_info_flag(const struct log_info *info, const char *name, bool fallback, bool *out)
{
	static const char *const words[] = {"0", "f", "F", "false", "FALSE", "False",
					    "1", "t", "T", "true",  "TRUE",  "True"};
	const char *text = log_info_option(info, name);

	*out = fallback;
	if (!*text)
		return NULL;
	for (size_t i = 0; i < countof(words); i++) {
		*out = i >= countof(words) / 2;
		if (strcmp(text, words[i]) == 0)
			return NULL;
	}
	return error_new(ERROR_INVALID, "strconv.ParseBool: parsing \"%s\": invalid syntax", text);
}
