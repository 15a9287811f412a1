/*
 * man_page.h - manual pages, made of what a program says of itself
 *
 * Standard: man(7). Book: 0.4
 */
#ifndef MINI_MAN_PAGE_H
#define MINI_MAN_PAGE_H

#include <stdio.h>

#include "options.h"

/* The head and the line NAME. section: 1 for commands, 8 for daemons. */
void man_page_begin(FILE *to, const char *name, int section, const char *about);
void man_page_section(FILE *to, const char *title, const char *words);
/* A section of paragraphs with a term each; begun by a title alone. */
void man_page_title(FILE *to, const char *title);
void man_page_term(FILE *to, const char *term, const char *words);
/* The section OPTIONS; nothing for a table without rows, which may be NULL. */
void man_page_options(FILE *to, const struct option_row *rows);

struct man_term {
	const char *term, *words; /* the last of several has none */
};

/* The page of a daemon, in section 8. Its flags are its only arguments, and its exit codes those of
 * all our daemons. */
struct man_daemon {
	const char *name, *about;
	const char *description; /* paragraphs */
	const struct option_row *options;
	const char *own_title; /* of a section that only it has; NULL: none */
	const struct man_term *own, *signals, *environment, *files;
	const char *see_also;
};
void man_page_daemon(FILE *to, const struct man_daemon *daemon);

#endif
