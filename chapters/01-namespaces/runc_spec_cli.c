#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "spec.h"

struct spec_cli_options {
	const char *bundle;
	bool rootless;
};

static const struct option_row rows[] = {
	{'b', "bundle", OPTION_TEXT, offsetof(struct spec_cli_options, bundle), "folder",
	 "write config.json there (default: the current folder)"},
	{0, "rootless", OPTION_FLAG, offsetof(struct spec_cli_options, rootless), NULL,
	 "for a container of somebody who is not root"},
	{0},
};

fallible runc_spec(const struct runc *runc, int argc, char **argv, int *code)
{
	struct spec_cli_options options = {.bundle = "."};
	autoclose int dir = -1;
	bool help = false;
	int first;

	(void)runc;
	(void)code;
	TRY(options_parse(rows, &options, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help) {
		runc_usage("spec [options]", rows);
		return NULL;
	}
	TRY(directory_open(AT_FDCWD, options.bundle, &dir));
	if (faccessat(dir, "config.json", F_OK, 0) == 0)
		return error_new(ERROR_CONFLICT, "file config.json exists. Remove it first");
	autojson *spec = spec_default();
	if (options.rootless)
		spec_make_rootless(spec);
	autofree char *text = json_dumps(spec, JSON_INDENT(4));
	return file_write_atomic(dir, "config.json", text, strlen(text), 0644, NOT_DURABLE);
}
