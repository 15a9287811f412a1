#include "bundle.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "file.h"
#include "json.h"
#include "memory.h"

#define CONFIG_LIMIT (4 << 20)
#define DEPTH_LIMIT  64 /* of brackets; the parser's is 2048, and the state nests it deeper */

static bool is_big(const char *digits, size_t length, uint64_t *number)
{
	errno = 0;
	*number = length < 19 ? 0 : strtoull(digits, NULL, 10);
	return *number > INT64_MAX && !strchr(".eE", digits[length] ? digits[length] : ' ');
}

/* How deep the brackets are nested that are open behind `c`. */
static int depth_after(char c, int depth)
{
	return c == '[' || c == '{' ? depth + 1 : c == ']' || c == '}' ? depth - 1 : depth;
}

/* The parser has signed numbers only. One of 64 bits that is larger becomes the negative number of
 * the same bits; what is larger than all of them is -1, which is no limit. What is not in `out` yet
 * begins at *rest, as a rule all of it. False when it is nested too deeply. */
static bool replace_big_numbers(const char **rest, struct buffer *out)
{
	bool quoted = false;
	int depth = 0;
	uint64_t number;

	for (const char *at = *rest; *at && depth <= DEPTH_LIMIT;) {
		size_t length = quoted && *at == '\\' && at[1] ? 2 : 1;

		if (*at == '"')
			quoted = !quoted;
		if (!quoted) {
			depth = depth_after(*at, depth);
			if (isdigit((unsigned char)*at))
				length = strspn(at, "0123456789");
			if (is_big(at, length, &number)) {
				buffer_append(out, *rest, at - *rest);
				buffer_printf(out, "%" PRId64, errno ? -1 : (int64_t)number);
				*rest = at + length;
			}
		}
		at += length;
	}
	return depth <= DEPTH_LIMIT;
}

fallible bundle_read_json(const char *path, json_t **value)
{
	autobuffer text = {0}, parsed = {0};

	TRY(file_read(AT_FDCWD, path, CONFIG_LIMIT, &text));
	const char *rest = text.data ? text.data : "";
	if (!replace_big_numbers(&rest, &parsed))
		return error_new(ERROR_INVALID, "'%s' is nested more than %d brackets deep", path,
				 DEPTH_LIMIT);
	if (!parsed.length)
		return json_parse(rest, text.length, path, value);
	buffer_append(&parsed, rest, text.data + text.length - rest);
	return json_parse(parsed.data, parsed.length, path, value);
}

fallible bundle_load(const char *dir, const char *config, json_t **spec, char **path)
{
	autofree char *absolute = realpath(dir, NULL);

	if (!absolute)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot find the bundle '%s'", dir);
	autofree char *usual = format("%s/config.json", absolute);
	TRY(error_wrap(bundle_read_json(config ? config : usual, spec),
		       "'%s' is no bundle (`mini-runc spec` writes a config.json)", dir));
	*path = steal(&absolute);
	return NULL;
}
