#include "container_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "path.h"
#include "text.h"

#define FILE_LIMIT (1024 * 1024)

static void append_text(json_t *array, const char *text)
{
	json_array_append_new(array, json_string_or_null(text));
}

/* Splits at the first `separator`: *rest is what follows, or NULL. The caller frees *first. */
static void split(const char *text, char separator, char **first, const char **rest)
{
	const char *at = strchr(text, separator);

	*first = at ? duplicate_range(text, at - text) : duplicate(text);
	*rest = at ? at + 1 : NULL;
}

static bool is_device_mode(const char *text)
{
	return *text && strspn(text, "rwm") == strlen(text) && strlen(text) <= 3;
}

fallible container_value_device(const char *text, json_t *devices, json_t *requests)
{
	autofree char *host = NULL;
	autofree char *inside = NULL;
	const char *rest, *mode = NULL;

	if (*text != '/' && strchr(text, '/') && strchr(text, '=')) {
		json_array_append_new(requests, json_pack("{s:s, s:i, s:[s], s:n, s:n}", "Driver",
							  "cdi", "Count", 0, "DeviceIDs", text,
							  "Capabilities", "Options"));
		return NULL;
	}
	split(text, ':', &host, &rest);
	if (rest && is_device_mode(rest)) {
		mode = rest;
		rest = NULL;
	}
	split(rest ? rest : host, ':', &inside, &rest);
	if (rest && !is_device_mode(rest))
		return error_new(ERROR_INVALID, "invalid mode for device: %s", rest);
	if (*inside != '/')
		return error_new(ERROR_INVALID, "%s is not an absolute path", inside);
	mode = mode ? mode : rest ? rest : "rwm";
	json_array_append_new(devices,
			      json_pack("{s:s, s:s, s:s}", "PathOnHost", host, "PathInContainer",
					inside, "CgroupPermissions", mode));
	return NULL;
}

fallible container_value_restart(const char *text, json_t *policy)
{
	autofree char *name = NULL;
	const char *count_text;
	int64_t count = 0;

	split(text, ':', &name, &count_text);
	if (!*name)
		return error_new(ERROR_INVALID,
				 "invalid restart policy format: no policy provided before colon");
	autoerror e =
		count_text ? integer_parse(count_text, "", INT32_MIN, INT32_MAX, &count) : NULL;
	if (e)
		return error_new(ERROR_INVALID,
				 "invalid restart policy format: maximum retry count must be an "
				 "integer");
	json_object_set_new(policy, "Name", json_string(name));
	json_object_set_new(policy, "MaximumRetryCount", json_integer(count));
	return NULL;
}

fallible container_value_capability(const char *text, json_t *array)
{
	autofree char *name = format(
		"%s%s",
		strcasecmp(text, "all") == 0 || strncasecmp(text, "CAP_", 4) == 0 ? "" : "CAP_",
		text);

	for (char *at = name; *at; at++)
		*at = toupper((unsigned char)*at);
	append_text(array, name);
	return NULL;
}

/* The profile travels as its text: the daemon may be on another machine. */
static fallible append_profile(const char *path, json_t *array)
{
	autobuffer profile = {0};
	autojson *value = NULL;
	autoerror e = file_read(AT_FDCWD, path, FILE_LIMIT, &profile);

	if (e)
		return error_new(ERROR_INVALID, "opening seccomp profile (%s) failed: %s", path,
				 e->class == ERROR_NOT_FOUND ? "no such file or directory"
							     : e->message);
	TRY(error_wrap(json_parse(profile.data, profile.length, path, &value),
		       "compacting json for seccomp profile (%s) failed", path));
	autofree char *compact = json_text(value);
	autofree char *option = format("seccomp=%s", compact);
	append_text(array, option);
	return NULL;
}

fallible container_value_security(const char *text, json_t *array)
{
	const char *value = strpbrk(text, "=:");

	if (!value && strcmp(text, "no-new-privileges") != 0)
		return text_refuse("Invalid --security-opt", text);
	if (text_has_prefix(text, "seccomp=") && strcmp(value + 1, "unconfined") != 0 &&
	    strcmp(value + 1, "builtin") != 0)
		return append_profile(value + 1, array);
	append_text(array, text);
	return NULL;
}

fallible container_value_cpus(const char *text, int64_t *nano)
{
	char *rest;
	double cpus = strtod(text, &rest);
	const char *point = strchr(text, '.');

	if (rest == text || *rest || !isfinite(cpus) || cpus < 0 || cpus > 1e9)
		return error_new(ERROR_INVALID, "failed to parse %s as a rational number", text);
	if (point && strlen(point + 1) > 9)
		return error_new(ERROR_INVALID, "value is too precise");
	*nano = llround(cpus * 1e9);
	return NULL;
}

static fallible refused_duration(const char *text)
{
	autofree char *quoted = text_quoted(text);

	return error_new(ERROR_INVALID, "time: invalid duration %s", quoted);
}

fallible container_value_duration(const char *text, int64_t *nanoseconds)
{
	static const struct {
		const char *unit;
		double nanoseconds;
	} units[] = {{"ns", 1},  {"us", 1e3}, {"\u00b5s", 1e3}, {"ms", 1e6},
		     {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	const char *at = text + (*text == '-');
	double total = 0;

	if (strcmp(at, "0") == 0) {
		*nanoseconds = 0;
		return NULL;
	}
	do {
		char *rest = NULL;
		double number = isdigit((unsigned char)*at) || *at == '.' ? strtod(at, &rest) : -1;
		size_t length = number < 0 ? 0 : strcspn(rest, "0123456789."), i;

		for (i = 0; i < countof(units); i++)
			if (length == strlen(units[i].unit) &&
			    strncmp(rest, units[i].unit, length) == 0)
				break;
		if (number < 0 || i == countof(units) || total > 9e18)
			return refused_duration(text);
		total += number * units[i].nanoseconds;
		at = rest + length;
	} while (*at);
	*nanoseconds = llround(*text == '-' ? -total : total);
	return NULL;
}

fallible container_value_device_rate(const char *text, const char *key, bool sized, json_t *array)
{
	autofree char *path = NULL;
	const char *rate_text;
	int64_t rate;

	split(text, ':', &path, &rate_text);
	if (!rate_text)
		return error_new(ERROR_INVALID, "bad format: %s", text);
	if (!text_has_prefix(path, "/dev/"))
		return error_new(ERROR_INVALID, "bad format for device path: %s", text);
	autoerror e = sized ? size_parse(rate_text, &rate)
			    : integer_parse(rate_text, "the rate", 0, INT64_MAX, &rate);
	if (e)
		return error_new(ERROR_INVALID,
				 "invalid rate for device: %s. The correct format is "
				 "<device-path>:<number>%s",
				 text, sized ? "[<unit>]. Number must be a positive integer" : "");
	json_array_append_new(array, json_pack("{s:s, s:I}", "Path", path, key, (json_int_t)rate));
	return NULL;
}

static bool is_address(const char *text)
{
	unsigned char binary[16];

	return inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1;
}

fallible container_value_address(const char *text, json_t *array)
{
	if (!is_address(text))
		return error_new(ERROR_INVALID, "IP address is not correctly formatted: %s", text);
	append_text(array, text);
	return NULL;
}

fallible container_value_host(const char *text, json_t *array)
{
	const char *separator = strpbrk(text, "=:");

	if (!separator || separator == text)
		return text_refuse("bad format for add-host", text);
	autofree char *name = duplicate_range(text, separator - text);
	autofree char *ip = duplicate(separator + 1);
	size_t length = strlen(ip);
	if (length > 2 && ip[0] == '[' && ip[length - 1] == ']') {
		memmove(ip, ip + 1, length - 2);
		ip[length - 2] = '\0';
	}
	if (strcmp(ip, "host-gateway") != 0 && !is_address(ip))
		return text_refuse("invalid IP address in add-host", ip);
	autofree char *entry = format("%s:%s", name, ip);
	append_text(array, entry);
	return NULL;
}

/* -- variables and labels -- */

fallible container_value_variable(const char *text, json_t *array)
{
	const char *value = strchr(text, '=') ? NULL : getenv(text);

	if (!*text || *text == '=')
		return error_new(ERROR_INVALID, "invalid environment variable: %s", text);
	autofree char *whole = value ? format("%s=%s", text, value) : duplicate(text);
	append_text(array, whole);
	return NULL;
}

static char *trim_left(char *line)
{
	return line + strspn(line, " \t\r\v\f");
}

/* Calls `each` for every line that is neither empty nor a comment. */
static fallible each_line(const char *kind, const char *path,
			  fallible (*each)(char *line, json_t *into), json_t *into)
{
	autobuffer bytes = {0};
	autoerror e = file_read(AT_FDCWD, path, FILE_LIMIT, &bytes);
	char *rest = NULL;

	if (e && e->class == ERROR_NOT_FOUND)
		return error_new(ERROR_INVALID, "open %s: no such file or directory", path);
	if (e)
		return steal(&e);
	for (char *line = strtok_r(bytes.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		size_t length = strlen(line);

		if (length && line[length - 1] == '\r')
			line[length - 1] = '\0';
		line = trim_left(line);
		if (*line && *line != '#')
			TRY(error_wrap(each(line, into), "invalid %s file (%s)", kind, path));
	}
	return NULL;
}

static fallible check_name(const char *line)
{
	size_t length = strcspn(line, "=");

	if (length == 0)
		return error_new(ERROR_INVALID, "no variable name on line '%s'", line);
	if (strcspn(line, " \t") < length)
		return error_new(ERROR_INVALID, "variable '%.*s' contains whitespaces", (int)length,
				 line);
	return NULL;
}

/* A bare name takes our value; one that we do not have either is left out. */
static fallible variable_line(char *line, json_t *array)
{
	TRY(check_name(line));
	if (!strchr(line, '=') && !getenv(line))
		return NULL;
	return container_value_variable(line, array);
}

/* Unlike variables, a label without a value is not taken at all from a file: the docker CLI looks
 * it up in our environment. */
static fallible label_line(char *line, json_t *object)
{
	char *equals = strchr(line, '=');
	const char *value = equals ? equals + 1 : getenv(line);

	TRY(check_name(line));
	if (equals)
		*equals = '\0';
	if (value)
		json_object_set_new(object, line, json_string_or_null(value));
	return NULL;
}

fallible container_value_variables_file(const char *path, json_t *array)
{
	return each_line("env", path, variable_line, array);
}

fallible container_value_check_labels(const struct words *labels, const char *flag)
{
	for (size_t i = 0; i < labels->count; i++) {
		const char *text = labels->items[i];

		if (!*text || *text == '=')
			return options_wrap(error_new(ERROR_INVALID,
						      "invalid label '%s': empty name", text),
					    text, flag);
	}
	return NULL;
}

fallible container_value_labels_file(const char *path, json_t *object)
{
	return each_line("label", path, label_line, object);
}

/* -- volumes -- */

fallible container_value_path(const char *path, char **out)
{
	autofree char *folder = getcwd(NULL, 0);

	if (!folder)
		return error_system("cannot tell the working directory");
	autofree char *whole = format("%s/%s", folder, path);
	*out = path_clean(whole);
	return NULL;
}

fallible container_value_volume(const char *text, json_t *binds, json_t *volumes)
{
	autofree char *source = NULL;
	autofree char *path = NULL;
	const char *rest;

	if (!*text)
		return error_new(ERROR_INVALID, "invalid empty volume spec");
	if (*text == ':')
		return error_new(ERROR_INVALID, "invalid spec: %s: empty section between colons",
				 text);
	split(text, ':', &source, &rest);
	if (!rest || !*rest) {
		json_object_set_new(volumes, text, json_object());
		return NULL;
	}
	/* A name is a volume; a path is a folder here, which the daemon needs as a whole path. */
	if (*source == '.') {
		TRY(container_value_path(source, &path));
		autofree char *bind = format("%s:%s", path, rest);
		append_text(binds, bind);
		return NULL;
	}
	append_text(binds, text);
	return NULL;
}
