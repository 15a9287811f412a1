#include "bundle.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "file.h"
#include "json.h"
#include "memory.h"

#define CONFIG_LIMIT (4 << 20)

static bool is_too_big(const char *digits)
{
	errno = 0;
	strtoll(digits, NULL, 10);
	return errno == ERANGE;
}

/* Blanks out numbers that do not fit, outside of strings: the text keeps its length. */
static void replace_big_numbers(char *text)
{
	bool quoted = false;

	for (char *at = text; *at; at++) {
		if (quoted && *at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (!quoted && isdigit((unsigned char)*at)) {
			size_t length = strspn(at, "0123456789");

			if (length >= 19 && !strchr(".eE", at[length] ? at[length] : ' ') &&
			    is_too_big(at)) {
				memset(at, ' ', length);
				at[0] = '-';
				at[1] = '1';
			}
			at += length - 1;
		}
	}
}

fallible bundle_read_json(const char *path, json_t **value)
{
	autobuffer text = {0};

	TRY(file_read(AT_FDCWD, path, CONFIG_LIMIT, &text));
	if (text.data)
		replace_big_numbers(text.data);
	return json_parse(text.data ? text.data : "", text.length, path, value);
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
