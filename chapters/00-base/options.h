/*
 * options.h - command lines behind const tables
 *
 * A program's options are a const array of struct option_row that point, by offset, into a struct
 * of its own; options_parse() fills it. The grammar is that of the programs we stand for (pflag):
 * `--name value`, `--name=value`, `-n value`, `-nvalue`, `-abc` for flags, `--flag=false`, `--`.
 * No abbreviations. Messages are pflag's too ("unknown flag: --x").
 *
 *	struct run_options { bool detach; const char *name; struct words env; };
 *	static const struct option_row run_rows[] = {
 *		{'d', "detach", OPTION_FLAG, offsetof(struct run_options, detach), NULL,
 *		 "Run container in background and print container ID"},
 *		{'e', "env", OPTION_LIST, offsetof(struct run_options, env), "list", "Set ..."},
 *		{0},
 *	};
 *
 * All strings are borrowed from argv.
 */
#ifndef MINI_OPTIONS_H
#define MINI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/* A list of borrowed strings, NULL-terminated once it has any. */
struct words {
	const char **items;
	size_t count;
};
#define autowords __attribute__((cleanup(words_finish))) struct words
void words_append(struct words *words, const char *text);
void words_finish(struct words *words);

enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char * */
	OPTION_INTEGER,  /* int64_t */
	OPTION_SIZE,     /* int64_t bytes: "5m" (text.h: size_parse); -1 as given is kept */
	OPTION_LIST,     /* struct words: every occurrence is appended */
	OPTION_OPTIONAL, /* const char *: `--name` alone gives "", `--name=value` the value */
};

struct option_row {
	char letter;      /* 0: none */
	const char *name; /* NULL ends the table */
	enum option_kind kind;
	size_t offset;
	const char *value; /* what help calls the value: "string", "list", "bytes" */
	const char *help;
};

enum options_order {
	OPTIONS_ANYWHERE, /* options may follow arguments, as in `docker ps` */
	OPTIONS_FIRST,    /* the first argument ends the options, as in `docker run IMAGE -x` */
};

/* Fills *into; the arguments that are no options are left at argv[*first] to argv[argc - 1] (argv
 * is reordered for OPTIONS_ANYWHERE). argv[0] is skipped. ERROR_INVALID for a wrong line.
 * `--help` and, where no row takes the letter, `-h` set *help and end the parse. */
fallible options_parse(const struct option_row *rows, void *into, enum options_order order,
		       int argc, char **argv, int *first, bool *help);

/* What is wrong with the value of an option, told as pflag does: `flag` is "-e, --env". NULL stays
 * NULL. */
fallible options_wrap(struct error *e, const char *text, const char *flag);

/* The "Options:" part of a help page, in table order, columns aligned, wrapped before column
 * 80 as pflag does it.
 */
void options_help(const struct option_row *rows, FILE *to);

#endif
