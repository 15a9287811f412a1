#include "ulimit.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "text.h"

static bool is_known(const char *name)
{
	static const char *const names[] = {
		"core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
		"nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack",
	};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int64_t integer(const json_t *limit, const char *name)
{
	return json_integer_value(json_object_get(limit, name));
}

fallible ulimit_check(const json_t *limit)
{
	const char *name = json_string_at(limit, "Name", NULL);
	int64_t soft = integer(limit, "Soft"), hard = integer(limit, "Hard");

	if (!is_known(name))
		return error_new(ERROR_INVALID, "invalid ulimit type: %s", name);
	if (hard != -1 && (soft > hard || soft == -1))
		return error_new(ERROR_INVALID,
				 "ulimit soft limit must be less than or equal to hard limit: %lld "
				 "> %lld",
				 (long long)soft, (long long)hard);
	return NULL;
}

fallible ulimit_parse(const char *text, json_t *array)
{
	const char *limits = strchr(text, '=');
	const char *colon = limits ? strchr(limits, ':') : NULL;
	int64_t soft, hard;

	if (!limits || !limits[1] || strchr(limits + 1, '='))
		return error_new(ERROR_INVALID, "invalid ulimit argument: %s", text);
	autofree char *name = duplicate_range(text, limits - text);
	autofree char *soft_text =
		colon ? duplicate_range(limits + 1, colon - limits - 1) : duplicate(limits + 1);
	if (!is_known(name))
		return error_new(ERROR_INVALID, "invalid ulimit type: %s", name);
	TRY(integer_parse(soft_text, "the soft limit", -1, INT64_MAX, &soft));
	hard = soft;
	if (colon)
		TRY(integer_parse(colon + 1, "the hard limit", -1, INT64_MAX, &hard));
	autojson *limit = json_pack("{s:s, s:I, s:I}", "Name", name, "Hard", (json_int_t)hard,
				    "Soft", (json_int_t)soft);
	TRY(ulimit_check(limit));
	json_array_append(array, limit);
	return NULL;
}
