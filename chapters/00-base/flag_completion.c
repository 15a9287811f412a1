#include "flag_completion.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "memory.h"

/* The words that a flag's help offers in quotation marks: `("debug"|"info")`. The caller frees. */
static char *choices_of(const struct option_row *row, const char *between)
{
	const char *at = strstr(row->help, "(\"");
	struct buffer words = {0};

	buffer_append_string(&words, "");
	while (at && *at && *at != ')') {
		size_t length = strcspn(at, "\"");
		size_t word = at[length] ? strcspn(at + length + 1, "\"") : 0;

		if (!at[length] || memchr(at, ')', length))
			break;
		buffer_printf(&words, "%s%.*s", words.length ? between : "", (int)word,
			      at + length + 1);
		at += length + word + 2;
	}
	return buffer_take(&words);
}

/* Of a help text, what may stand between a script's quotation marks. */
static char *plain(const char *text)
{
	char *line = duplicate(text), *end = line;

	for (const char *at = line; *at; at++)
		if (!strchr("'\"[]:\\`$", *at))
			*end++ = *at;
	*end = '\0';
	return line;
}

/* A name for a function of the shell. The caller frees. */
static char *identifier(const char *program)
{
	char *name = duplicate(program);

	for (char *at = name; *at; at++)
		if (*at == '-' || *at == '.')
			*at = '_';
	return name;
}

static void for_bash(const struct option_row *rows, const char *program, FILE *to)
{
	autofree char *function = identifier(program);

	fprintf(to,
		"# bash completion for %s: in ~/.bashrc, `source <(%s --completion bash)`\n"
		"_%s() {\n"
		"\tlocal words='' flags=1\n"
		"\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n",
		program, program, function);
	for (const struct option_row *row = rows; row->name; row++) {
		autofree char *choices = choices_of(row, " ");

		if (row->kind == OPTION_FLAG)
			continue;
		fprintf(to, "\t--%s", row->name);
		if (row->letter)
			fprintf(to, " | -%c", row->letter);
		fprintf(to, ") flags='' words='%s' ;;\n", choices);
	}
	fprintf(to, "\tesac\n\t[ -z \"$flags\" ] || words='");
	for (const struct option_row *row = rows; row->name; row++)
		fprintf(to, "%s--%s", row == rows ? "" : " ", row->name);
	fprintf(to,
		"'\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
		"\"${COMP_WORDS[COMP_CWORD]}\")\n"
		"}\n"
		"complete -o default -F _%s %s\n",
		function, program);
}

static void for_zsh(const struct option_row *rows, const char *program, FILE *to)
{
	fprintf(to,
		"#compdef %s\n"
		"# zsh completion for %s: `%s --completion zsh` into a folder of $fpath\n"
		"_arguments -S",
		program, program, program);
	for (const struct option_row *row = rows; row->name; row++) {
		autofree char *help = plain(row->help), *choices = choices_of(row, " ");

		fprintf(to, " \\\n\t'*--%s%s[%s]%s%s%s%s%s'", row->name,
			row->kind == OPTION_FLAG ? "" : "=", help,
			row->kind == OPTION_FLAG ? "" : ":", row->value ? row->value : "",
			row->kind == OPTION_FLAG ? ""
			: *choices               ? ":("
						 : ":_files",
			choices, *choices && row->kind != OPTION_FLAG ? ")" : "");
	}
	fprintf(to, "\n");
}

static void for_fish(const struct option_row *rows, const char *program, FILE *to)
{
	fprintf(to,
		"# fish completion for %s: `%s --completion fish "
		">~/.config/fish/completions/%s.fish`\n",
		program, program, program);
	for (const struct option_row *row = rows; row->name; row++) {
		autofree char *help = plain(row->help), *choices = choices_of(row, " ");

		fprintf(to, "complete -c %s -l %s", program, row->name);
		if (row->letter)
			fprintf(to, " -s %c", row->letter);
		if (row->kind != OPTION_FLAG && *choices)
			fprintf(to, " -x -a '%s'", choices);
		else if (row->kind != OPTION_FLAG)
			fputs(" -r", to);
		fprintf(to, " -d '%s'\n", help);
	}
}

fallible flag_completion(const struct option_row *rows, const char *program, const char *shell,
			 FILE *to)
{
	static const struct {
		const char *shell;
		void (*print)(const struct option_row *rows, const char *program, FILE *to);
	} shells[] = {{"bash", for_bash}, {"zsh", for_zsh}, {"fish", for_fish}};

	for (size_t i = 0; i < countof(shells); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].print(rows, program, to);
		return NULL;
	}
	return error_new(ERROR_INVALID, "there is no completion for '%s': use bash, zsh or fish",
			 shell);
}
