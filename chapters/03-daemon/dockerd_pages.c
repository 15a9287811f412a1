#include "dockerd_pages.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "dockerd_config.h"
#include "dockerd_settings.h"
#include "man_page.h"
#include "memory.h"

/* -- the manual -- */

static const struct {
	const char *title, *words;
} before[] = {
	{"SYNOPSIS", "mini-dockerd [OPTIONS]"},
	{"DESCRIPTION",
	 "The daemon that containers are asked of: it answers the Docker Engine API, versions 1.24 "
	 "to 1.50, to docker(1), to mini-docker(1) and to every other client. Containers are not "
	 "its children: they run on, and their exit codes are kept, while it is stopped, killed or "
	 "replaced by a newer one.\n\n"
	 "It needs root. Everything can be said by flags or in the configuration file, but not in "
	 "both at once."},
};

struct term {
	const char *term, *words;
};

static const struct {
	const char *title;
	struct term terms[8];
} after[] = {
	{"SIGNALS",
	 {{"SIGTERM, SIGINT", "Ends the daemon; containers go on running."},
	  {"SIGHUP", "Reads the configuration file again, all of it or, where it has a mistake, "
		     "nothing."}}},
	{"ENVIRONMENT",
	 {{"MINI_EXPLAIN", "Set to 1: each step at a kernel interface is told on standard error."},
	  {"LISTEN_FDS, LISTEN_PID", "Sockets of systemd, for -H fd://."},
	  {"NOTIFY_SOCKET", "Where systemd is told that the daemon is ready."}}},
	{"FILES",
	 {{DOCKERD_DEFAULT_CONFIG_FILE, "The configuration file: JSON, with the names of the flags "
					"as keys. --validate tells whether it is right."},
	  {"/var/lib/mini-docker", "Images, containers and their logs."},
	  {"/run/mini-docker", "What means nothing after a reboot."},
	  {"/var/run/docker.sock", "Where clients ask, unless -H says otherwise."}}},
	{"EXIT STATUS",
	 {{"0", "It was told to end."},
	  {"1", "It could not start, and said why."},
	  {"125", "The command line is wrong."}}},
};

void dockerd_pages_man(const char *program, FILE *to)
{
	man_page_begin(to, program, 8, "a self-sufficient runtime for containers");
	for (size_t i = 0; i < countof(before); i++)
		man_page_section(to, before[i].title, before[i].words);
	man_page_options(to, dockerd_flags);
	for (size_t i = 0; i < countof(after); i++) {
		man_page_title(to, after[i].title);
		for (const struct term *term = after[i].terms; term->term; term++)
			man_page_term(to, term->term, term->words);
	}
	man_page_section(to, "SEE ALSO", "mini-docker(1), docker(1), systemd.socket(5)");
}

/* -- the shells -- */

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

static void for_bash(const char *program, FILE *to)
{
	fprintf(to,
		"# bash completion for %s: in ~/.bashrc, `source <(%s --completion bash)`\n"
		"_mini_dockerd() {\n"
		"\tlocal words='' flags=1\n"
		"\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n",
		program, program);
	for (const struct option_row *row = dockerd_flags; row->name; row++) {
		autofree char *choices = choices_of(row, " ");

		if (row->kind == OPTION_FLAG)
			continue;
		fprintf(to, "\t--%s", row->name);
		if (row->letter)
			fprintf(to, " | -%c", row->letter);
		fprintf(to, ") flags='' words='%s' ;;\n", choices);
	}
	fprintf(to, "\tesac\n\t[ -z \"$flags\" ] || words='");
	for (const struct option_row *row = dockerd_flags; row->name; row++)
		fprintf(to, "%s--%s", row == dockerd_flags ? "" : " ", row->name);
	fprintf(to,
		"'\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
		"\"${COMP_WORDS[COMP_CWORD]}\")\n"
		"}\n"
		"complete -o default -F _mini_dockerd %s\n",
		program);
}

static void for_zsh(const char *program, FILE *to)
{
	fprintf(to,
		"#compdef %s\n"
		"# zsh completion for %s: `%s --completion zsh` into a folder of $fpath\n"
		"_arguments -S",
		program, program, program);
	for (const struct option_row *row = dockerd_flags; row->name; row++) {
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

static void for_fish(const char *program, FILE *to)
{
	fprintf(to,
		"# fish completion for %s: `%s --completion fish "
		">~/.config/fish/completions/%s.fish`\n",
		program, program, program);
	for (const struct option_row *row = dockerd_flags; row->name; row++) {
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

fallible dockerd_pages_completion(const char *program, const char *shell, FILE *to)
{
	static const struct {
		const char *shell;
		void (*print)(const char *program, FILE *to);
	} shells[] = {{"bash", for_bash}, {"zsh", for_zsh}, {"fish", for_fish}};

	for (size_t i = 0; i < countof(shells); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].print(program, to);
		return NULL;
	}
	return error_new(ERROR_INVALID, "there is no completion for '%s': use bash, zsh or fish",
			 shell);
}
