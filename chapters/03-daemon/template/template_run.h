/*
 * template_run.h - a template while it is carried out: its words, variables and expressions
 *
 * Used by template.c only, which has the blocks (if, with, range).
 *
 * Book: 3.11
 */
#ifndef MINI_TEMPLATE_RUN_H
#define MINI_TEMPLATE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"
#include "json.h"

#define TEMPLATE_DEPTH_MOST 32 /* of blocks and parentheses: the recursion is bounded */
#define VARIABLES_MOST      32

struct template_variable {
	char name[32];
	json_t *value; /* owned */
};

struct template_run {
	const char *start, *at;
	struct buffer *out;
	json_t *dot, *root;
	struct template_variable variables[VARIABLES_MOST];
	size_t variable_count;
	bool live;   /* false: read, do nothing (the branch not taken, or a check) */
	bool header; /* a missing field stands for its own name */
	bool trim;   /* the last action ended with "-}}" */
	int depth;
};

fallible template_syntax(const struct template_run *run, const char *what);
fallible template_set_variable(struct template_run *run, const char *name, json_t *value);
/* Down to the first `count`. */
void template_drop_variables(struct template_run *run, size_t count);

void template_skip_blanks(struct template_run *run);
/* Takes the word if it is next. */
bool template_accept(struct template_run *run, const char *word);
/* Takes "}}" or "-}}". */
fallible template_expect_end(struct template_run *run);

/* A value, with functions that it goes through. The caller owns *out. */
fallible template_pipeline(struct template_run *run, json_t **out);
/* "$a :=" or "$a, $b :=", if that is next. */
fallible template_declaration(struct template_run *run, char names[2][32], size_t *count);

#endif
