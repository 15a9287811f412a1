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

#endif
