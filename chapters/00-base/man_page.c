#include "man_page.h"

#include <stdbool.h>

#include "memory.h"
#include "version.h"

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

void man_page_begin(FILE *to, const char *name, int section, const char *about)
{
	autofree char *line = format("%s - %s", name, about);

	fprintf(to, ".TH \"%s\" %d \"\" \"mini-docker " MINI_VERSION "\" \"\"\n", name, section);
	man_page_section(to, "NAME", line);
}

void man_page_title(FILE *to, const char *title)
{
	fprintf(to, ".SH %s\n", title);
}

void man_page_section(FILE *to, const char *title, const char *words)
{
	man_page_title(to, title);
	text(to, words);
	fputc('\n', to);
}

void man_page_term(FILE *to, const char *term, const char *words)
{
	fputs(".TP\n\\fB", to);
	text(to, term);
	fputs("\\fR\n", to);
	text(to, words);
	fputc('\n', to);
}

void man_page_options(FILE *to, const struct option_row *rows)
{
	if (!rows || !rows->name)
		return;
	man_page_title(to, "OPTIONS");
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

static void terms(FILE *to, const char *title, const struct man_term *term)
{
	man_page_title(to, title);
	for (; term->term; term++)
		man_page_term(to, term->term, term->words);
}

void man_page_daemon(FILE *to, const struct man_daemon *daemon)
{
	static const struct man_term exit_status[] = {
		{"0", "It was told to end."},
		{"1", "It could not start, and said why."},
		{"125", "The command line is wrong."},
		{0},
	};
	autofree char *synopsis = format("%s [OPTIONS]", daemon->name);

	man_page_begin(to, daemon->name, 8, daemon->about);
	man_page_section(to, "SYNOPSIS", synopsis);
	man_page_section(to, "DESCRIPTION", daemon->description);
	man_page_options(to, daemon->options);
	if (daemon->own_title)
		terms(to, daemon->own_title, daemon->own);
	terms(to, "SIGNALS", daemon->signals);
	terms(to, "ENVIRONMENT", daemon->environment);
	terms(to, "FILES", daemon->files);
	terms(to, "EXIT STATUS", exit_status);
	man_page_section(to, "SEE ALSO", daemon->see_also);
}
