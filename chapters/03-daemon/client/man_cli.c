#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion_cli.h"
#include "file.h"
#include "man_page.h"
#include "memory.h"

static void children(FILE *to, const struct command_name *rows)
{
	if (!rows)
		return;
	man_page_title(to, "COMMANDS");
	for (; rows->names; rows++) {
		autofree char *name = duplicate_range(rows->names, strcspn(rows->names, " "));

		if (!rows->command->hidden)
			man_page_term(to, name, rows->command->summary);
	}
}

/* "mini-docker container ls" is the page mini-docker-container-ls. */
static char *page_name(const char *path)
{
	char *name = duplicate(path);

	for (char *at = name; *at; at++)
		if (*at == ' ')
			*at = '-';
	return name;
}

static fallible write_page(int folder, const char *path, const struct command *command,
			   const struct option_row *rows)
{
	autofree char *name = page_name(path);
	autofree char *file = format("%s.1", name);
	autofree char *usage =
		format("%s %s", path, command->children ? "COMMAND" : command->usage);
	autofree char *bytes = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&bytes, &length);

	if (!to)
		return error_system("cannot make the page '%s'", file);
	man_page_begin(to, name, 1, command->summary);
	man_page_section(to, "SYNOPSIS", usage);
	children(to, command->children);
	man_page_options(to, rows);
	fclose(to);
	return file_write_atomic(folder, file, bytes, length, 0644, NOT_DURABLE);
}

static fallible write_all(int folder, const char *path, const struct command_name *rows)
{
	for (; rows->names; rows++) {
		const struct command *command = rows->command;
		autofree char *own =
			format("%s %.*s", path, (int)strcspn(rows->names, " "), rows->names);

		if (command->hidden)
			continue;
		TRY(write_page(folder, own, command, command->options));
		if (command->children)
			TRY(write_all(folder, own, command->children));
	}
	return NULL;
}

static fallible man_run(struct client *client, int argc, char **argv)
{
	const struct command self = {
		.summary = "containers, built up in C, layer by layer",
		.children = client->table,
	};
	autoclose int folder = -1;
	bool none = false, done;
	int first;

	TRY(client_options(client, &none, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(directory_create(AT_FDCWD, argv[first], 0755, &folder));
	TRY(write_page(folder, client->program, &self, client_global_rows));
	return write_all(folder, client->program, client->table);
}

static const struct option_row no_rows[] = {{0}};

const struct command man_command = {
	.usage = "FOLDER",
	.summary = "Write the manual pages of all commands",
	.hidden = true,
	.options = no_rows,
	.least = 1,
	.most = 1,
	.run = man_run,
};
