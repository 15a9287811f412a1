#include "template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "template_function.h"

#define ARGUMENTS_MOST 16
#define VARIABLES_MOST 32
#define DEPTH_MOST     32 /* of blocks and parentheses: the recursion is bounded */

struct variable {
	char name[32];
	json_t *value; /* owned */
};

struct run {
	const char *start, *at;
	struct buffer *out;
	json_t *dot, *root;
	struct variable variables[VARIABLES_MOST];
	size_t variable_count;
	bool live;   /* false: read, do nothing (the branch not taken, or a check) */
	bool header; /* a missing field stands for its own name */
	bool trim;   /* the last action ended with "-}}" */
	int depth;
};

static fallible syntax(const struct run *run, const char *what)
{
	int line = 1;

	for (const char *at = run->start; at < run->at; at++)
		line += *at == '\n';
	return error_new(ERROR_INVALID, "template: :%d: %s", line, what);
}

/* -- variables -- */

static fallible set_variable(struct run *run, const char *name, json_t *value)
{
	if (run->variable_count == VARIABLES_MOST)
		return syntax(run, "too many variables");
	struct variable *variable = &run->variables[run->variable_count++];
	snprintf(variable->name, sizeof(variable->name), "%s", name);
	variable->value = json_incref(value);
	return NULL;
}

static void drop_variables(struct run *run, size_t count)
{
	while (run->variable_count > count)
		json_decref(run->variables[--run->variable_count].value);
}

static json_t *get_variable(const struct run *run, const char *name)
{
	if (!*name)
		return run->root;
	for (size_t i = run->variable_count; i > 0; i--)
		if (strcmp(run->variables[i - 1].name, name) == 0)
			return run->variables[i - 1].value;
	return NULL;
}

/* -- words -- */

static void skip_blanks(struct run *run)
{
	run->at += strspn(run->at, " \t\r\n");
}

static bool at_end(struct run *run)
{
	skip_blanks(run);
	return strncmp(run->at, "}}", 2) == 0 || strncmp(run->at, "-}}", 3) == 0;
}

static size_t name_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	return n;
}

/* Takes the word if it is next. */
static bool accept(struct run *run, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(run);
	if (strncmp(run->at, word, length) != 0 || name_length(run->at) != length)
		return false;
	run->at += length;
	return true;
}

static fallible expect_end(struct run *run)
{
	if (!at_end(run))
		return syntax(run, *run->at ? "unexpected text in an action" : "unclosed action");
	run->trim = *run->at == '-';
	run->at += run->trim ? 3 : 2;
	return NULL;
}

/* -- operands -- */

static fallible pipeline(struct run *run, json_t **out);

/* Follows ".A.B" from a value, which it consumes. */
static fallible fields(struct run *run, json_t *value, json_t **out)
{
	autojson *here = value;

	while (*run->at == '.' && name_length(run->at + 1)) {
		size_t length = name_length(run->at + 1);
		autofree char *name = duplicate_range(run->at + 1, length);
		json_t *member = json_object_get(here, name);
		long column = run->at - run->start;

		run->at += 1 + length;
		if (!member && run->live && !run->header)
			return error_new(ERROR_INVALID,
					 "template: :1:%ld: executing \"\" at <.%s>: map has no "
					 "entry for key \"%s\"",
					 column, name, name);
		json_t *next = member ? json_incref(member) : json_string_or_null(name);
		json_decref(here);
		here = next;
	}
	*out = steal(&here);
	return NULL;
}

static fallible quoted(struct run *run, json_t **out)
{
	char quote = *run->at++;
	autobuffer text = {0};

	buffer_append_string(&text, "");
	for (; *run->at && *run->at != quote; run->at++) {
		static const char from[] = "ntr\"\\'", to[] = "\n\t\r\"\\'";
		const char *escape = quote == '"' && *run->at == '\\' && run->at[1]
					     ? strchr(from, run->at[1])
					     : NULL;

		buffer_append(&text, escape ? &to[escape - from] : run->at, 1);
		run->at += escape ? 1 : 0;
	}
	if (!*run->at)
		return syntax(run, "unterminated quoted string");
	run->at++;
	*out = json_text_value(text.data, text.length);
	return NULL;
}

static fallible number(struct run *run, json_t **out)
{
	char *rest;
	long long integer = strtoll(run->at, &rest, 0);

	if (*rest == '.') {
		*out = json_real(strtod(run->at, &rest));
		run->at = rest;
		return NULL;
	}
	run->at = rest;
	*out = json_integer(integer);
	return NULL;
}

static fallible variable(struct run *run, json_t **out)
{
	size_t length = name_length(run->at + 1);
	autofree char *name = duplicate_range(run->at + 1, length);
	json_t *value = get_variable(run, name);

	if (!value && run->live)
		return syntax(run, "undefined variable");
	run->at += 1 + length;
	return fields(run, value ? json_incref(value) : json_null(), out);
}

static fallible parenthesized(struct run *run, json_t **out)
{
	json_t *value = NULL;

	run->at++;
	TRY(pipeline(run, &value));
	skip_blanks(run);
	if (*run->at != ')') {
		json_decref(value);
		return syntax(run, "unclosed left paren");
	}
	run->at++;
	return fields(run, value, out);
}

static fallible constant(struct run *run, json_t **out)
{
	if (accept(run, "true"))
		*out = json_true();
	else if (accept(run, "false"))
		*out = json_false();
	else if (accept(run, "nil"))
		*out = json_null();
	else
		return syntax(run, *run->at ? "unexpected text in an operand" : "unclosed action");
	return NULL;
}

static fallible operand(struct run *run, json_t **out)
{
	skip_blanks(run);
	if (*run->at == '.' && !name_length(run->at + 1)) {
		run->at++;
		*out = json_incref(run->dot);
		return NULL;
	}
	if (*run->at == '.')
		return fields(run, json_incref(run->dot), out);
	if (*run->at == '$')
		return variable(run, out);
	if (*run->at == '(')
		return parenthesized(run, out);
	if (*run->at == '"' || *run->at == '`')
		return quoted(run, out);
	if (isdigit((unsigned char)*run->at) ||
	    (*run->at == '-' && isdigit((unsigned char)run->at[1])))
		return number(run, out);
	return constant(run, out);
}

/* -- commands and pipelines -- */

struct arguments {
	json_t *items[ARGUMENTS_MOST]; /* owned */
	size_t count;
};

static void arguments_finish(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		json_decref(arguments->items[i]);
}

static fallible call(struct run *run, const struct template_function *function,
		     struct arguments *arguments, json_t **out)
{
	if (arguments->count < function->least || arguments->count > function->most) {
		autofree char *what = format("wrong number of args for %s: want %zu got %zu",
					     function->name, function->least, arguments->count);
		return syntax(run, what);
	}
	if (!run->live) {
		*out = json_null();
		return NULL;
	}
	return function->call(arguments->items, arguments->count, out);
}

/* A function with its arguments, or one operand. `piped` is the last argument, consumed. */
static fallible command(struct run *run, json_t *piped, json_t **out)
{
	__attribute__((cleanup(arguments_finish))) struct arguments arguments = {0};
	autojson *last = piped;
	skip_blanks(run);
	size_t length = name_length(run->at);
	const struct template_function *function = template_function_find(run->at, length);

	if (!function && length && isalpha((unsigned char)*run->at) && length != 3 &&
	    strncmp(run->at, "true", 4) != 0 && strncmp(run->at, "false", 5) != 0) {
		autofree char *what = format("function \"%.*s\" not defined", (int)length, run->at);
		return syntax(run, what);
	}
	if (!function)
		return last ? syntax(run, "a value cannot be piped into a value")
			    : operand(run, out);
	run->at += length;
	while (!at_end(run) && *run->at != '|' && *run->at != ')') {
		if (arguments.count == ARGUMENTS_MOST - 1)
			return syntax(run, "too many arguments");
		TRY(operand(run, &arguments.items[arguments.count]));
		arguments.count++;
	}
	if (last)
		arguments.items[arguments.count++] = steal(&last);
	return call(run, function, &arguments, out);
}

static fallible commands(struct run *run, json_t **out)
{
	autojson *value = NULL;

	for (;;) {
		json_t *next = NULL;

		TRY(command(run, steal(&value), &next));
		value = next;
		skip_blanks(run);
		if (*run->at != '|')
			break;
		run->at++;
	}
	*out = steal(&value);
	return NULL;
}

static fallible pipeline(struct run *run, json_t **out)
{
	if (run->depth++ == DEPTH_MOST)
		return syntax(run, "nested too deep");
	struct error *e = commands(run, out);
	run->depth--;
	return e;
}

/* "$a" or "$a, $b" before ":="; none if there is no ":=" in this action. */
static fallible declaration(struct run *run, char names[2][32], size_t *count)
{
	const char *before = run->at;

	*count = 0;
	skip_blanks(run);
	while (*run->at == '$' && *count < 2) {
		size_t length = name_length(run->at + 1);

		snprintf(names[(*count)++], 32, "%.*s", (int)length, run->at + 1);
		run->at += 1 + length;
		skip_blanks(run);
		if (*run->at == ',')
			run->at++;
		skip_blanks(run);
	}
	size_t length = strncmp(run->at, ":=", 2) == 0 ? 2 : *run->at == '=' ? 1 : 0;
	if (!length || !*count) {
		*count = 0;
		run->at = before;
		return NULL;
	}
	run->at += length;
	return NULL;
}

/* -- blocks -- */

enum stop { STOP_EOF, STOP_END, STOP_ELSE };

static fallible block(struct run *run, enum stop *stop);

/* The rest of an if or with, after its condition: both branches are read, one is live. */
static fallible branches(struct run *run, bool taken, json_t *dot);

static fallible condition(struct run *run, bool with)
{
	char names[2][32];
	size_t count, outer = run->variable_count;
	autojson *value = NULL;

	TRY(declaration(run, names, &count));
	TRY(pipeline(run, &value));
	TRY(expect_end(run));
	if (count)
		TRY(set_variable(run, names[0], value));
	TRY(branches(run, run->live && template_truth(value), with ? value : run->dot));
	drop_variables(run, outer);
	return NULL;
}

/* After "{{else": another condition, or the end of the action and the other branch. */
static fallible otherwise(struct run *run)
{
	enum stop stop;

	if (accept(run, "if"))
		return condition(run, false);
	if (accept(run, "with"))
		return condition(run, true);
	TRY(expect_end(run));
	TRY(block(run, &stop));
	return stop == STOP_END ? NULL : syntax(run, "unexpected EOF: an {{end}} is missing");
}

static fallible branches(struct run *run, bool taken, json_t *dot)
{
	json_t *outer_dot = run->dot;
	bool outer_live = run->live;
	enum stop stop;

	run->dot = dot;
	run->live = taken;
	TRY(block(run, &stop));
	run->dot = outer_dot;
	run->live = outer_live && !taken;
	if (stop == STOP_ELSE)
		TRY(otherwise(run));
	run->live = outer_live;
	return stop == STOP_EOF ? syntax(run, "unexpected EOF: an {{end}} is missing") : NULL;
}

struct loop {
	char names[2][32];
	size_t name_count;
	const char *body; /* where the body begins */
	enum stop stop;   /* how the last turn ended */
};

static fallible loop_turn(struct run *run, struct loop *loop, json_t *key, json_t *value)
{
	size_t outer = run->variable_count;

	run->at = loop->body;
	run->dot = value;
	if (loop->name_count == 2)
		TRY(set_variable(run, loop->names[0], key));
	if (loop->name_count)
		TRY(set_variable(run, loop->names[loop->name_count - 1], value));
	TRY(block(run, &loop->stop));
	drop_variables(run, outer);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Over a map Go goes in the order of the keys. */
static fallible loop_object(struct run *run, struct loop *loop, json_t *object)
{
	size_t count = 0;
	autofree const char **keys = allocate(json_object_size(object) * sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value)
		keys[count++] = key;
	qsort(keys, count, sizeof(*keys), by_text);
	for (size_t i = 0; i < count; i++) {
		autojson *name = json_string(keys[i]);

		TRY(loop_turn(run, loop, name, json_object_get(object, keys[i])));
	}
	return NULL;
}

static fallible loop_over(struct run *run, struct loop *loop, json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		return loop_object(run, loop, value);
	json_array_foreach (value, i, item) {
		autojson *index = json_integer((json_int_t)i);

		TRY(loop_turn(run, loop, index, item));
	}
	return NULL;
}

static fallible range(struct run *run)
{
	struct loop loop = {0};
	json_t *outer_dot = run->dot;
	bool outer_live = run->live;
	autojson *value = NULL;

	TRY(declaration(run, loop.names, &loop.name_count));
	TRY(pipeline(run, &value));
	TRY(expect_end(run));
	loop.body = run->at;
	bool trim = run->trim;
	bool some = run->live && template_truth(value);
	if (some) {
		TRY(loop_over(run, &loop, value));
	} else {
		run->live = false;
		run->trim = trim;
		autojson *nothing = json_null();

		TRY(loop_turn(run, &loop, nothing, run->dot));
	}
	run->dot = outer_dot;
	run->live = outer_live && !some;
	if (loop.stop == STOP_ELSE)
		TRY(otherwise(run));
	run->live = outer_live;
	return loop.stop == STOP_EOF ? syntax(run, "unexpected EOF: an {{end}} is missing") : NULL;
}

static fallible print_action(struct run *run)
{
	char names[2][32];
	size_t count;
	autojson *value = NULL;

	TRY(declaration(run, names, &count));
	TRY(pipeline(run, &value));
	TRY(expect_end(run));
	if (count)
		return set_variable(run, names[0], value);
	if (run->live)
		template_print(run->out, value);
	return NULL;
}

static fallible comment(struct run *run)
{
	const char *end = strstr(run->at, "*/");

	if (!end)
		return syntax(run, "unclosed comment");
	run->at = end + 2;
	return expect_end(run);
}

/* What is between "{{" and "}}"; *stop is set for "end" and "else". */
static fallible action(struct run *run, bool *stopped, enum stop *stop)
{
	*stopped = true;
	skip_blanks(run);
	if (accept(run, "end")) {
		*stop = STOP_END;
		return expect_end(run);
	}
	*stop = STOP_ELSE;
	if (accept(run, "else"))
		return NULL;
	*stopped = false;
	if (strncmp(run->at, "/*", 2) == 0)
		return comment(run);
	if (accept(run, "if"))
		return condition(run, false);
	if (accept(run, "with"))
		return condition(run, true);
	if (accept(run, "range"))
		return range(run);
	return print_action(run);
}

/* The text up to the next action, or to the end. */
static void plain_text(struct run *run)
{
	if (run->trim)
		skip_blanks(run);
	run->trim = false;
	const char *end = strstr(run->at, "{{");
	size_t length = end ? (size_t)(end - run->at) : strlen(run->at);
	size_t shown = length;
	/* "{{- " takes the blanks before it away; "{{-3" is a number. */
	if (end && end[2] == '-' && isspace((unsigned char)end[3]))
		while (shown && isspace((unsigned char)run->at[shown - 1]))
			shown--;
	if (run->live)
		buffer_append(run->out, run->at, shown);
	run->at += length;
}

static fallible actions(struct run *run, enum stop *stop)
{
	for (bool stopped = false; !stopped;) {
		plain_text(run);
		*stop = STOP_EOF;
		if (!*run->at)
			return NULL;
		run->at += 2;
		if (*run->at == '-' && isspace((unsigned char)run->at[1]))
			run->at++;
		TRY(action(run, &stopped, stop));
	}
	return NULL;
}

static fallible block(struct run *run, enum stop *stop)
{
	size_t outer = run->variable_count;

	if (run->depth++ == DEPTH_MOST)
		return syntax(run, "nested too deep");
	TRY(actions(run, stop));
	run->depth--;
	drop_variables(run, outer);
	return NULL;
}

static fallible execute(const char *text, json_t *value, struct buffer *out, bool live, bool header)
{
	struct run run = {
		.start = text,
		.at = text,
		.out = out,
		.dot = value,
		.root = value,
		.live = live,
		.header = header,
	};
	enum stop stop;
	struct error *e = block(&run, &stop);

	if (!e && stop != STOP_EOF)
		e = syntax(&run, stop == STOP_END ? "unexpected {{end}}" : "unexpected {{else}}");
	drop_variables(&run, 0);
	return e;
}

fallible template_execute(const char *text, json_t *value, struct buffer *out)
{
	return execute(text, value, out, true, false);
}

fallible template_execute_header(const char *text, json_t *headers, struct buffer *out)
{
	return execute(text, headers, out, true, true);
}

fallible template_check(const char *text)
{
	autobuffer none = {0};
	autojson *nothing = json_null();

	return execute(text, nothing, &none, false, false);
}
