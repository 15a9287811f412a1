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

/* A whole page, as data: the options stand between the two. */
struct man_term {
	const char *term, *words;
};
struct man_section {
	const char *title;
	const char *words;            /* or, where that is NULL: */
	const struct man_term *terms; /* the last has no term */
};
struct man_page {
	const char *name;
	int section;
	const char *about;
	const struct man_section *before; /* the last has no title, as with `after` */
	const struct option_row *options;
	const struct man_section *after;
};
void man_page_write(FILE *to, const struct man_page *page);

#endif
