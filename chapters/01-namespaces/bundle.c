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

/* The parser has signed numbers only. One of 64 bits that is larger becomes the negative number of
 * the same bits; what is larger than all of them is -1, which is no limit. */
static void append_number(struct buffer *out, const char *digits, size_t length)
{
	errno = 0;
	uint64_t number = strtoull(digits, NULL, 10);

	if (!strchr(".eE", digits[length] ? digits[length] : ' ') && number > INT64_MAX)
		buffer_printf(out, "%" PRId64, errno == ERANGE ? -1 : (int64_t)number);
	else
		buffer_append(out, digits, length);
}

/* How deep the brackets are nested that are open behind `c`. */
static int depth_after(char c, int depth)
{
	return c == '[' || c == '{' ? depth + 1 : c == ']' || c == '}' ? depth - 1 : depth;
}

/* False when it is nested too deeply. */
static bool replace_big_numbers(const char *text, struct buffer *out)
{
	bool quoted = false;
	int depth = 0;

	for (size_t length; *text && depth <= DEPTH_LIMIT; text += length) {
		length = quoted && *text == '\\' && text[1] ? 2 : 1;
		if (*text == '"')
			quoted = !quoted;
		depth = quoted ? depth : depth_after(*text, depth);
		if (!quoted && isdigit((unsigned char)*text)) {
			length = strspn(text, "0123456789");
			append_number(out, text, length);
		} else {
			buffer_append(out, text, length);
		}
	}
	return depth <= DEPTH_LIMIT;
}

fallible bundle_read_json(const char *path, json_t **value)
{
	autobuffer text = {0}, parsed = {0};

	TRY(file_read(AT_FDCWD, path, CONFIG_LIMIT, &text));
	if (text.data) {
		size_t length = strlen(text.data);

		if (!replace_big_numbers(text.data, &parsed))
			return error_new(ERROR_INVALID, "'%s' is nested more than %d brackets deep",
					 path, DEPTH_LIMIT);
		buffer_append(&parsed, text.data + length, text.length - length);
	}
	return json_parse(parsed.data ? parsed.data : "", parsed.length, path, value);
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
