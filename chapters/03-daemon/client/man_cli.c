#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion_cli.h"
#include "file.h"
#include "memory.h"
#include "version.h"

/* A page is made of what its command says of itself; its form is that of man(7). */

/* Text of ours may begin with a dot and have dashes and backslashes, which troff reads. */
static void text(FILE *to, const char *words)
{
	bool first = true;

	for (const char *at = words; *at; at++) {
		if (first && (*at == '.' || *at == '\''))
			fputs("\\&", to);
		first = *at == '\n';
		if (*at == '\\')
			fputs("\\e", to);
		else if (*at == '-')
			fputs("\\-", to);
		else if (*at == '\n')
			fputs("\n.br\n", to);
		else
			fputc(*at, to);
	}
}

static void section(FILE *to, const char *title, const char *words)
{
	fprintf(to, ".SH %s\n", title);
	text(to, words);
	fputc('\n', to);
}

static void options(FILE *to, const char *title, const struct option_row *rows)
{
	if (!rows || !rows->name)
		return;
	fprintf(to, ".SH %s\n", title);
	for (; rows->name; rows++) {
		fputs(".TP\n", to);
		if (rows->letter)
			fprintf(to, "\\fB\\-%c\\fR, ", rows->letter);
		fputs("\\fB\\-\\-", to);
		text(to, rows->name);
		fprintf(to, "\\fR%s%s%s\n", rows->value ? " \\fI" : "",
			rows->value ? rows->value : "", rows->value ? "\\fR" : "");
		text(to, rows->help);
		fputc('\n', to);
	}
}

static void children(FILE *to, const struct command_name *rows)
{
	if (!rows)
		return;
	fputs(".SH COMMANDS\n", to);
	for (; rows->names; rows++) {
		if (rows->command->hidden)
			continue;
		fprintf(to, ".TP\n\\fB%.*s\\fR\n", (int)strcspn(rows->names, " "), rows->names);
		text(to, rows->command->summary);
		fputc('\n', to);
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
	autofree char *about = format("%s - %s", name, command->summary);
	autofree char *usage =
		format("%s %s", path, command->children ? "COMMAND" : command->usage);
	autofree char *bytes = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&bytes, &length);

	if (!to)
		return error_system("cannot make the page '%s'", file);
	fprintf(to, ".TH \"%s\" 1 \"\" \"mini-docker " MINI_VERSION "\" \"\"\n", name);
	section(to, "NAME", about);
	section(to, "SYNOPSIS", usage);
	children(to, command->children);
	options(to, "OPTIONS", rows);
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
