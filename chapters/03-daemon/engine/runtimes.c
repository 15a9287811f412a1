#include "runtimes.h"

#include <string.h>

#include "json.h"
#include "memory.h"

bool runtimes_is_own(const char *name)
{
	static const char *const names[] = {"runc", "io.containerd.runc.v2", "mini-runc"};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

bool runtimes_has(const json_t *runtimes, const char *name)
{
	return runtimes_is_own(name) || json_object_get(runtimes, name);
}

static fallible check_one(const char *name, const json_t *runtime)
{
	const char *path;
	json_t *arguments;
	autofree const char **items = NULL;

	if (runtimes_is_own(name))
		return error_new(ERROR_INVALID, "runtime name '%s' is reserved", name);
	if (!json_is_object(runtime))
		return error_new(ERROR_INVALID, "the runtime '%s' must be an object with a path",
				 name);
	if (json_object_get(runtime, "runtimeType") || json_object_get(runtime, "options"))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "the runtime '%s' has a runtimeType: shims of containerd are not "
				 "built into this mini-docker; give the path of the program",
				 name);
	TRY(json_get_string(runtime, "path", "", &path));
	if (!*path)
		return error_new(ERROR_INVALID, "the runtime '%s' has no path", name);
	TRY(json_get_array(runtime, "runtimeArgs", &arguments));
	return arguments ? json_string_array(arguments, "runtimeArgs", &items) : NULL;
}

fallible runtimes_check(const json_t *runtimes, const char *default_runtime)
{
	const char *name;
	json_t *runtime;

	json_object_foreach ((json_t *)runtimes, name, runtime)
		TRY(check_one(name, runtime));
	if (!runtimes_has(runtimes, default_runtime))
		return error_new(ERROR_INVALID, "specified default runtime '%s' does not exist",
				 default_runtime);
	return NULL;
}
